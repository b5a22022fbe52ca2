"""The entries of `drills`: which protected disks are restored as a test, where to, and how fresh the proof must be."""

from __future__ import annotations

from reconciler.base import durations
from reconciler.base.escape import shortened
from reconciler.manifest.entries import Context
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.manifest.selectors import exclusions, selector
from reconciler.model.codes import manifest as codes
from reconciler.model.ids import lower
from reconciler.model.manifest import DrillSpec, Manifest


def read(section: Section, context: Context) -> DrillSpec:
    """The drill that the mapping states."""
    chosen, notes = section.get("select"), context.notes
    return DrillSpec(
        place=section.here,
        name=section["name"],
        group=section["targetResourceGroup"],
        subscription=lower(section["subscription"]) if "subscription" in section else None,
        select=None if chosen is None else selector(chosen, notes),
        exclude=() if chosen is None else exclusions(chosen, notes),
        sample=section.get("sample", 1),
        max_age_hours=_hours(section, notes),
        keep=section.get("keep", "none"),
    )


def _hours(section: Section, notes: Notes) -> int | None:
    text = section.get("maxAge")
    if text is None:
        return None
    found = durations.hours(text)
    if not found:
        notes.add(
            codes.DRILL_AGE,
            f"`maxAge` is {shortened(text)}, which is not a number of whole hours",
            section.place("maxAge"),
        )
    return found


def check_targets(declared: Manifest, notes: Notes) -> None:
    """Find drills whose disks would be created and deleted in resource groups that the manifest needs."""
    taken = {
        lower(spec.azure_name or spec.name): f"the snapshot resource group {spec.name}"
        for spec in declared.snapshot_groups.values()
    }
    taken |= {
        lower(spec.resource_group): f"the resource group of the vault {spec.name}" for spec in declared.vaults.values()
    }
    taken |= {
        lower(disk.group): f"the resource group of the disk {disk.name}"
        for rule in declared.disks
        for disk, _ in rule.ids
    }
    for spec in declared.drills:
        other = taken.get(lower(spec.group))
        if other:
            notes.add(codes.DRILL_TARGET, f"the drill {spec.name} would restore into {other}", spec.place)
