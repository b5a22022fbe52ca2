"""The parts of resource ids, regions, and the case that Azure ignores in them.

Nothing here knows a provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache


def lower(text: str) -> str:
    """The text for comparing: letter by letter, so that its length stays and no letter turns into one of ASCII.

    That is how .NET, and so Azure, compares without case; `ß` stays what it is.
    """
    return text.lower() if text.isascii() else "".join(map(_folded, text))


def upper(text: str, *, beyond_ascii: bool) -> str:
    """The text in capitals, letter by letter; letters beyond ASCII only where that is asked for."""
    if text.isascii():
        return text.upper()
    return "".join(
        letter.upper() if letter.isascii() else _capital(letter) if beyond_ascii else letter for letter in text
    )


@cache
def _capital(letter: str) -> str:
    found = letter.upper()
    return found if len(found) == 1 and not found.isascii() else letter


@cache
def _folded(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    found = _capital(letter).lower()
    return found if len(found) == 1 and not found.isascii() else letter


def region(location: str) -> str:
    """A region's short name: `West US` and `westus` are one."""
    return lower(location).replace(" ", "")


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
