"""Whether what Azure answered has the shape of a resource, or of the rows of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.base import escape
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError

_OBJECTS = ("properties", "tags", "identity")


def check_rows(rows: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    """The rows; AzureError when one is no object: the rest of the page is Azure's, so no proxy is waited for."""
    for row in rows:
        if not isinstance(row, dict):
            raise _senseless(what, f"a row of the list is {escape.value(row)} where an object is expected")
    return rows


def check_resource(body: Mapping[str, Any], what: str) -> None:
    """Raise AzureError unless a resource's id has the requested name, and its fields have the right shape."""
    own = body.get("id")
    if not isinstance(own, str) or not own:
        raise _senseless(what, "it has no id")
    if _name(own) != _name(what):
        raise _senseless(what, f"its id is {own}")
    check_shape(body, what)


def _name(text: str) -> str:
    """The last segment of an id or a URL, case-folded, since lists spell names differently."""
    return text.partition("?")[0].rstrip("/").rpartition("/")[2].casefold()


def check_shape(body: Mapping[str, Any], what: str) -> None:
    """Raise AzureError when `properties`, `tags` or `identity` is neither an object nor absent."""
    for key in _OBJECTS:
        if body.get(key) is not None and not isinstance(body[key], dict):
            raise _senseless(what, f"its {key} is {escape.value(body[key])} where an object is expected")


def _senseless(what: str, why: str) -> AzureError:
    return AzureError(
        f"Could not understand Azure's answer about {what}: {why}.",
        code=error_codes.UNREADABLE_ANSWER,
        target=what,
        hint="run it again; if this persists, report it with the id",
    )
