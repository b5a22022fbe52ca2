"""What a selector that takes no disk may have meant: one value of it, spelled as disks have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, NamedTuple

from reconciler.base.plurals import counted
from reconciler.model.globs import is_pattern
from reconciler.model.ids import lower
from reconciler.model.resources import Disk
from reconciler.model.selectors import Selector

Takes = Callable[[Selector], Iterable[Disk]]
_NEAR, _SHORTEST, _LONGEST = 0.75, 3, 100
_PARTS: Sequence[tuple[str, str, Callable[[Disk], str]]] = (
    ("names", "name", lambda disk: lower(disk.id.name)),
    ("resource_groups", "resource group", lambda disk: lower(disk.id.group)),
    ("locations", "location", lambda disk: disk.location),
)


class Miss(NamedTuple):
    """What would be in place of what, and how many disks that would take."""

    what: str
    meant: str
    said: str
    disks: int


def near(select: Selector, takes: Takes) -> str:
    """A clause that names the nearest miss: `with the tag … in place of … it would match 12 disks`; empty without one.

    `takes` are the disks of a selector, without those that its entry leaves out.
    """
    misses = [*_tags(select, takes), *_values(select, takes)]
    if not misses:
        return ""
    best = max(misses, key=lambda one: one.disks)
    return f"with the {best.what} `{best.meant}` in place of `{best.said}` it would match {counted(best.disks, 'disk')}"


def _tags(select: Selector, takes: Takes) -> Iterator[Miss]:
    for key, accepted in (select.tags or {}).items():
        others = {other: values for other, values in (select.tags or {}).items() if other != key}
        disks = list(takes(replace(select, tags=others or None)))
        counts = Counter((name, value) for disk in disks for name, value in disk.tags.items())
        for (name, value), number in counts.items():
            said = _meant(key, accepted, name, value)
            if said is not None:
                yield Miss("tag", f"{name}: {value}", f"{key}: {said}", number)


def _meant(key: str, accepted: Sequence[str], name: str, value: str) -> str | None:
    """Which of the accepted values a tag may be meant by; None: by none, or it matches already."""
    is_same = lower(name) == key
    if not is_same and not _is_near(name, key):
        return None
    if not is_same and ("*" in accepted or value in accepted):
        return value if value in accepted else "*"
    return next((one for one in accepted if one not in ("*", value) and _is_near(one, value)), None)


def _values(select: Selector, takes: Takes) -> Iterator[Miss]:
    for attribute, what, part in _PARTS:
        wanted = getattr(select, attribute)
        if wanted is None or all(map(is_pattern, wanted)):
            continue
        without: dict[str, Any] = {attribute: None}
        for value, number in Counter(map(part, takes(replace(select, **without)))).items():
            said = next((one for one in wanted if not is_pattern(one) and _is_near(one, value)), None)
            if said is not None:
                yield Miss(what, value, said, number)


@lru_cache(maxsize=4096)
def _is_near(one: str, other: str) -> bool:
    """Whether two texts differ by case and punctuation only, or by little."""
    first, second = (lower("".join(filter(str.isalnum, text)))[:_LONGEST] for text in (one, other))
    if first == second:
        return bool(first)
    return min(len(first), len(second)) >= _SHORTEST and SequenceMatcher(None, first, second).ratio() >= _NEAR
