"""The `$filter` of lists of groups and resources: `tagName eq 'a' and tagValue eq 'b'`, `resourceType eq '…'`, `name eq '…'`."""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.sandbox.arm import ArmError, lower
from reconciler.sandbox.tables import Record

_PART = re.compile(r"(tagName|tagValue|resourceType|name|location|resourceGroup)\s+eq\s+'([^']*)'", re.IGNORECASE)


def group_filter(text: str) -> Callable[[Record], bool]:
    """What a filter keeps; ArmError 400 for one that this list doesn't understand."""
    wanted: dict[str, str] = {}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ArmError(
                400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string."
            )
        wanted[lower(match[1])] = match[2]
    return lambda record: all(_fits(record, key, value, wanted) for key, value in wanted.items())


def _fits(record: Record, key: str, value: str, wanted: dict[str, str]) -> bool:
    tags = {lower(name): text for name, text in (record.get("tags") or {}).items()}
    if key == "tagname":
        return lower(value) in tags
    if key == "tagvalue":
        return tags.get(lower(wanted.get("tagname", ""))) == value if "tagname" in wanted else value in tags.values()
    if key == "resourcetype":
        return lower(str(record.get("type", ""))) == lower(value)
    if key == "resourcegroup":
        return lower(record["id"]).split("/")[4:5] == [lower(value)]
    return lower(str(record.get(key, ""))) == lower(value)
