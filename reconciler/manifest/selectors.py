"""Selectors: which disks, by their properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.base.escape import shortened
from reconciler.manifest.names import region
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.model.codes import manifest as codes
from reconciler.model.ids import lower
from reconciler.model.selectors import Exclusion, Selector


def selector(section: Section, notes: Notes, *, places: tuple[str, ...] | None = None) -> Selector:
    """The selector that the mapping states; `places` are the subscriptions to look in when it names no place."""
    attached = section.get("attachedTo", Section())
    return Selector(
        place=section.here,
        subscriptions=_lowered(section, "subscriptions") or (None if "managementGroups" in section else places),
        management_groups=_lowered(section, "managementGroups"),
        resource_groups=_lowered(section, "resourceGroups"),
        names=_lowered(section, "names"),
        locations=_regions(section),
        skus=_lowered(section, "skus"),
        tags=_tags(section, notes),
        attached_names=_lowered(attached, "names"),
        attached_tags=_tags(attached, notes),
    )


def selection(section: Section, notes: Notes, places: tuple[str, ...]) -> tuple[Selector, tuple[Exclusion, ...]]:
    """The selector of an entry, and its exclusions; a finding when neither it nor `places` says where to look."""
    select = selector(section, notes, places=places or None)
    if not (select.subscriptions or select.management_groups):
        notes.add(codes.NO_PLACE, "the selector names no subscription", section.here)
    return select, exclusions(section, notes)


def exclusions(section: Section, notes: Notes) -> tuple[Exclusion, ...]:
    """The selector's exclusions."""
    found: list[Exclusion] = []
    for entry in section.get("exclude", ()):
        if len(entry) == 1:
            notes.add(codes.EXCLUDES_ALL, "this excludes every disk: it has a reason, but no condition", entry.here)
        found.append(Exclusion(selector(entry, notes), entry["reason"]))
    return tuple(found)


def _lowered(section: Section, key: str) -> tuple[str, ...] | None:
    values = section.get(key)
    return None if values is None else tuple(dict.fromkeys(lower(value) for value in values))


def _regions(section: Section) -> tuple[str, ...] | None:
    values = section.get("locations")
    return None if values is None else tuple(dict.fromkeys(region(value) for value in values))


def _tags(section: Section, notes: Notes) -> Mapping[str, tuple[str, ...]] | None:
    """The accepted values by lower-cased key."""
    values: Any = section.get("tags")
    if values is None:
        return None
    found: dict[str, tuple[str, ...]] = {}
    for key, accepted in values.items():
        if lower(key) in found:
            message = f"the tag `{shortened(key)}` appears twice: Azure ignores the case of tag keys"
            notes.add(codes.DUPLICATE_KEY, message, values.key_place(key))
        found[lower(key)] = (accepted,) if isinstance(accepted, str) else tuple(accepted)
    return found
