"""A name, or one per region: how disks are told their vault, policy and snapshot resource group."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.manifest.names import region
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Place
from reconciler.model.ids import lower
from reconciler.model.manifest import Choice


@dataclass(frozen=True, slots=True)
class Use:
    """A name that must be declared: `key` is `vault`, `policy` or `snapshotResourceGroup`; `name` is as written."""

    key: str
    name: str
    place: Place
    region: str = ""


def choice(section: Section, key: str, uses: list[Use], notes: Notes) -> Choice | None:
    """The choice under `key`, names lower-cased and regions normalised; None when it isn't there."""
    value = section.get(key)
    if value is None:
        return None
    if not isinstance(value, Section):
        uses.append(Use(key, value, section.place(key)))
        return lower(value)
    by_region: dict[str, str] = {}
    for location, name in value.items():
        normal = region(location)
        if normal in by_region:
            message = f"the region {location} stands twice: names of regions are compared without case and spaces"
            notes.add(codes.DUPLICATE_KEY, message, value.key_place(location))
            continue
        by_region[normal] = lower(name)
        uses.append(Use(key, name, value.place(location), normal))
    return by_region
