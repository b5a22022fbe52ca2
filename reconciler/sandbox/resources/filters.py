"""The `$filter` and `$top` of lists of groups and resources, as Resource Manager describes them.

Comparisons with `eq` and `ne`, `substringof('…', name)`, `startswith(tagName, '…')`, joined by `and` and `or`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import ArmError, Request
from reconciler.sandbox.arm.paging import DEFAULT_SIZE
from reconciler.sandbox.tables import Record

_WORD = "tagName|tagValue|resourceType|name|location|resourceGroup|identity/principalId"
_PART = re.compile(
    rf"(?P<word>{_WORD})\s+(?P<verb>eq|ne)\s+'(?P<value>[^']*)'"
    r"|(?P<inside>substringof)\(\s*'(?P<piece>[^']*)'\s*,\s*(?P<of>name|resourceGroup)\s*\)"
    r"|(?P<begins>startswith)\(\s*tagName\s*,\s*'(?P<prefix>[^']*)'\s*\)",
    re.IGNORECASE,
)


class _Part(NamedTuple):
    word: str
    verb: str
    value: str


def group_filter(text: str) -> Callable[[Record], bool]:
    """What a filter keeps; ArmError 400 for one that this list doesn't understand."""
    choices = [_parts(choice, text) for choice in _split(text, "or")]
    return lambda record: not choices or any(_fits(record, parts) for parts in choices)


def names_tag_and_value(text: str) -> bool:
    """Whether a filter names a tag and its value: the rows of resources then come without their tags."""
    words = {part.word for choice in _split(text, "or") for part in _parts(choice, text)}
    return {"tagname", "tagvalue"} <= words


def top(request: Request) -> int:
    """How many rows a page has at most: what `$top` says, else as many as ever."""
    asked = request.query.get("$top", "")
    return min(int(asked), DEFAULT_SIZE) if asked.isdecimal() and int(asked) else DEFAULT_SIZE


def _split(text: str, word: str) -> list[str]:
    return re.split(rf"\s+{word}\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else []


def _parts(choice: str, text: str) -> list[_Part]:
    return [_part(part, text) for part in _split(choice, "and")]


def _part(part: str, text: str) -> _Part:
    match = _PART.fullmatch(part.strip())
    if match is None:
        raise ArmError(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")
    if match["inside"]:
        return _Part(lower(match["of"]), "substringof", match["piece"])
    if match["begins"]:
        return _Part("tagname", "startswith", match["prefix"])
    return _Part(lower(match["word"]), lower(match["verb"]), match["value"])


def _fits(record: Record, parts: list[_Part]) -> bool:
    tag = next((part.value for part in parts if (part.word, part.verb) == ("tagname", "eq")), "")
    return all(_holds(record, part, tag) for part in parts)


def _holds(record: Record, part: _Part, tag: str) -> bool:
    if part.word in {"tagname", "tagvalue"}:
        return _tagged(record, part, tag) != (part.verb == "ne")
    wanted = region(part.value) if part.word == "location" else lower(part.value)
    found = _value(record, part.word)
    if part.verb == "substringof":
        return wanted in found
    return (found == wanted) != (part.verb == "ne")


def _tagged(record: Record, part: _Part, tag: str) -> bool:
    tags = {lower(name): text for name, text in (record.get("tags") or {}).items()}
    if part.word == "tagvalue":
        return tags.get(lower(tag)) == part.value if tag else part.value in tags.values()
    if part.verb == "startswith":
        return any(name.startswith(lower(part.value)) for name in tags)
    return lower(part.value) in tags


def _value(record: Record, word: str) -> str:
    if word == "location":
        return region(str(record.get("location", "")))
    if word == "resourcegroup":
        return "".join(lower(record["id"]).split("/")[4:5])
    if word == "identity/principalid":
        return lower(str((record.get("identity") or {}).get("principalId", "")))
    return lower(str(record.get("type" if word == "resourcetype" else word, "")))
