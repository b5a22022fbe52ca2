"""What a 404 proves: a resource is gone only when Resource Manager itself says so of that very resource.

A proxy's page says nothing about Azure, and Resource Manager also answers 404 for subscriptions that the caller can't
see, for types that it doesn't know, and for other things that a request names. The codes are those of recorded traffic
and of Microsoft's documentation; providers add more of the same form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.model.ids import lower

_NOT_FOUND = "notfound"
_PREFIX = re.compile(r"^(bms)?(usererror)?(dpp)?")
_ANY = frozenset({"", "resource", "genericresource", "entity", "object", "item"})
"""Words for the requested resource, of any type."""

_UNSEEN = frozenset({"subscription", "tenant"})
"""Resource Manager also answers with these when the caller lacks access."""

_ROOT = re.compile(r"/(subscriptions|providers)/.*[^/]")
_NAMED = re.compile(r"(?<!\w)['\"]([^'\"\s]+)['\"]|(/subscriptions/[^\s'\"?]+)", re.IGNORECASE)


def absent(code: str, message: str, path: str) -> str:
    """The lower-cased id of what a 404 proves to be gone: `path` or a resource that encloses it; empty when neither.

    `code` and `message` are those of Resource Manager's error, `path` that of the request.
    """
    word = lower(code)
    parts = _parts(path)
    if not parts or not word.endswith(_NOT_FOUND):
        return ""
    word = _PREFIX.sub("", word.removesuffix(_NOT_FOUND))
    names = list(_names(message))
    if word == "resourcegroup":
        is_own = parts[2:3] == ["resourcegroups"] and all(name in (parts[3:4], parts[:4]) for name in names)
        return _id(parts[:4]) if is_own else ""
    if word == "parentresource":
        return _id(parts[:-2])
    ends = [_end(parts, name) for name in names]
    if None in ends or word in _UNSEEN:
        return ""
    named = max((end for end in ends if end is not None), default=0)
    is_meant = word in _ANY or named == len(parts) or _is_type(word, parts)
    return _id(parts[: named or len(parts)]) if is_meant else ""


def subscription_listed(path: str) -> str:
    """The lower-cased subscription that a request of this path lists as a whole; else empty."""
    parts = _parts(path)
    is_whole = parts[:1] == ["subscriptions"] and (parts[2:3] != ["resourcegroups"] or len(parts) == 3)  # noqa: PLR2004
    return parts[1] if is_whole and len(parts) > 1 else ""


def _parts(path: str) -> list[str]:
    """The segments of a request's path, without a prefix that belongs to the endpoint."""
    found = _ROOT.search(lower(path))
    return found[0].split("/")[1:] if found else []


def _id(parts: Sequence[str]) -> str:
    return "/" + "/".join(parts)


def _names(message: str) -> Iterator[list[str]]:
    """What a message names, as path segments: quoted words without a space, and ids."""
    for quoted, plain in _NAMED.findall(lower(message)):
        yield (quoted or plain.rstrip(".,;:)")).strip("/").split("/")


def _end(parts: Sequence[str], name: Sequence[str]) -> int | None:
    """The index after the segment of the path that a name stands for; None when it names something else.

    Names such as `Microsoft.Compute/disks/d` skip segments; role assignments are named without their hyphens.
    """
    at = len(parts)
    found = 0
    for segment in reversed(name):
        at = next((index for index in range(at - 1, -1, -1) if _is_same(parts[index], segment)), -1)
        if at < 0:
            return None
        found = found or at + 1
    return found


def _is_same(one: str, other: str) -> bool:
    return one == other or one.replace("-", "") == other


def _is_type(word: str, parts: Sequence[str]) -> bool:
    """Whether a code's word is the type of the requested resource: `roleassignment` for `roleassignments`."""
    if len(parts) < 2:  # noqa: PLR2004
        return False
    kind = parts[-2]
    singular = f"{kind[:-3]}y" if kind.endswith("ies") else kind.removesuffix("s")
    return singular.endswith(word) or word.endswith(singular) or kind.startswith(word)
