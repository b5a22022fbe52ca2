"""Azure Resource Manager's words: requests, responses, errors, and the parts of resource ids.

Ids are compared without ASCII case. Nothing here knows a provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """Lower-case ASCII letters only, as Azure compares ids and names."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def region(location: str) -> str:
    """A region's short name: `West US` and `westus` are one."""
    return lower(location).replace(" ", "")


class Caller(NamedTuple):
    """Who sends a request: `everywhere` callers may do anything, others what their role assignments allow."""

    object_id: str
    app_id: str
    everywhere: bool = True


@dataclass(slots=True)
class Request:
    """One request, parsed: `segments` of the path as written, `query` and `headers` by lower-cased name.

    `base` is the address that links start with (`https://management.azure.com`), `body` the decoded JSON.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    base: str
    caller: Caller

    @property
    def api_version(self) -> str:
        """The api-version asked for; empty when none was."""
        return self.query.get("api-version", "")


@dataclass(slots=True)
class Response:
    """One response: `body` is JSON-able, or bytes sent as they are, or None for an empty one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class ArmError(Exception):
    """An answer that is an error: `body` replaces the plain `{"error": {code, message}}`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.body = error_body(code, message) if body is None else body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The response that tells the error."""
        return Response(self.status, self.body, self.headers)


def error_body(code: str, message: str) -> dict[str, Any]:
    """Resource Manager's own error envelope."""
    return {"error": {"code": code, "message": message}}


def not_found(resource_id: str) -> ArmError:
    """Resource Manager's 404 for a resource that isn't there."""
    kind, group, name = resource_type(resource_id, keep_case=True), group_of(resource_id), name_of(resource_id)
    place = f" under resource group '{group}'" if group else ""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}'{place} was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


def invalid_body(message: str) -> ArmError:
    """Resource Manager's 400 for a body that it cannot use."""
    return ArmError(
        400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{message}'."
    )


def name_of(resource_id: str) -> str:
    """The last segment of an id, as written."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def subscription_of(resource_id: str) -> str:
    """The subscription's id within an id, lower-cased; empty when the id lies in none."""
    parts = resource_id.split("/", 3)
    return lower(parts[2]) if len(parts) > 2 and lower(parts[1]) == "subscriptions" else ""  # noqa: PLR2004


def group_of(resource_id: str) -> str:
    """The resource group's name within an id, as written; empty when the id has none."""
    parts = resource_id.split("/", 5)
    return parts[4] if len(parts) > 4 and lower(parts[3]) == "resourcegroups" else ""  # noqa: PLR2004


def group_id_of(resource_id: str) -> str:
    """The id of the resource group that an id lies in, lower-cased; empty when it lies in none."""
    return lower("/".join(resource_id.split("/", 5)[:5])) if group_of(resource_id) else ""


def resource_type(resource_id: str, *, keep_case: bool = False) -> str:
    """The type of what an id names, lower-cased unless told otherwise; groups and subscriptions have types as well."""
    text = resource_id.rstrip("/")
    at = lower(text).rfind("/providers/")
    if at < 0:
        parts = text.split("/")
        found = "Microsoft.Resources/subscriptions" if len(parts) <= 3 else "Microsoft.Resources/resourceGroups"  # noqa: PLR2004
    else:
        namespace, *rest = text[at + len("/providers/") :].split("/")
        found = "/".join([namespace, *rest[::2]])
    return found if keep_case else lower(found)


def enclosing(scope: str) -> Iterator[str]:
    """The lower-cased id itself, then each id that encloses it, nearest first, up to the subscription or provider."""
    key = lower(scope).rstrip("/")
    while key:
        yield key
        before, found, after = key.rpartition("/providers/")
        if found and after.count("/") <= 2:  # noqa: PLR2004  # namespace/type/name: what it lies in is next
            key = before
            continue
        key = key.rsplit("/", 2)[0] if key.count("/") > 2 else ""  # noqa: PLR2004


def public(record: Mapping[str, Any]) -> dict[str, Any]:
    """What Azure shows of a record: all but the sandbox's own keys, which start with an underscore."""
    return {key: value for key, value in record.items() if key[0] != "_"}
