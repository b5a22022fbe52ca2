"""Declared tags against live ones: which differ, and what a write has to hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.changes import FieldChange
from reconciler.model.ids import lower


def tag_differences(declared: Mapping[str, str | None], live: Mapping[str, str]) -> list[FieldChange]:
    """The declared tags that differ, key by key; keys compare without case, a declared None removes."""
    have = {lower(key): value for key, value in live.items()}
    return [
        FieldChange.of_tag(key, have.get(lower(key)), value)
        for key, value in sorted(declared.items())
        if have.get(lower(key)) != value
    ]


def laid_over(defaults: Mapping[str, str], own: Mapping[str, str | None]) -> dict[str, str | None]:
    """The default tags, overridden by an object's own; keys compare without case, as in Azure."""
    replaced = set(map(lower, own))
    return {**{key: value for key, value in defaults.items() if lower(key) not in replaced}, **own}


def merged_tags(live: Mapping[str, str], fields: Iterable[FieldChange]) -> dict[str, str]:
    """The live tags with the differing ones of `fields` laid over; the live spelling of a key stays."""
    spelled = {lower(key): key for key in live}
    merged = dict(live)
    for change in fields:
        if not change.tag:
            continue
        name = spelled.get(lower(change.tag), change.tag)
        if change.after is None:
            merged.pop(name, None)
        else:
            merged[name] = change.after
    return merged
