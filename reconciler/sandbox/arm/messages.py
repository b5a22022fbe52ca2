"""Azure Resource Manager's words: requests, responses, its own errors, and what is shown of a record.

Nothing here knows a provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reconciler.sandbox.arm.ids import group_of, name_of, resource_type


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


def public(record: Mapping[str, Any]) -> dict[str, Any]:
    """What Azure shows of a record: all but the sandbox's own keys, which start with an underscore."""
    return {key: value for key, value in record.items() if key[0] != "_"}
