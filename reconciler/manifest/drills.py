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
from reconciler.model.manifest import DrillSpec, Manifest, VerifySpec

_LONGEST = 24 * 3600


def read(section: Section, context: Context) -> DrillSpec:
    """The drill that the mapping states."""
    chosen, notes = section.get("select"), context.notes
    percent = _percent(section.get("sample"))
    return DrillSpec(
        place=section.here,
        name=section["name"],
        group=section["targetResourceGroup"],
        subscription=lower(section["subscription"]) if "subscription" in section else None,
        select=None if chosen is None else selector(chosen, notes),
        exclude=() if chosen is None else exclusions(chosen, notes),
        sample=1 if percent else section.get("sample", 1),
        max_age_hours=_hours(section, notes),
        keep=section.get("keep", "none"),
        percent=percent,
        verify=_verify(section.get("verify"), notes),
    )


def _verify(section: Section | None, notes: Notes) -> VerifySpec | None:
    """The program that the mapping names."""
    if section is None:
        return None
    text = section.get("timeout", "10m")
    found = durations.time_limit(text) or 0
    if not 0 < found <= _LONGEST:
        notes.add(
            codes.DRILL_TIMEOUT,
            f"`timeout` is {shortened(text)}, which is not a time from 1 second to 24 hours",
            section.place("timeout"),
        )
    return VerifySpec(section.here, tuple(section["command"]), found)


def _percent(sample: object) -> int | None:
    return int(sample.removesuffix("%")) if isinstance(sample, str) else None


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


def check_programs(declared: Manifest, notes: Notes) -> None:
    """Find programs named outside the manifest's own folder: whoever may write those files could run anything.

    Teams fill in files of subfolders, and included files serve several manifests.
    """
    for spec in declared.drills:
        if spec.verify and "/" in spec.verify.place.file:
            message = f"the drill {spec.name} names a program to run, which only files directly in the manifest's folder may do"
            notes.add(codes.VERIFY_ELSEWHERE, message, spec.verify.place)
