"""Checks references between entries: names are defined once and exist, disks are claimed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.base.escape import shortened
from reconciler.manifest.entries import SectionKind, Use
from reconciler.manifest.kinds import KINDS
from reconciler.manifest.merging import Merged
from reconciler.manifest.notes import Notes, suggestion
from reconciler.manifest.sections import Section
from reconciler.model import addresses
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import GroupSpec, Manifest, VaultSpec


def check(manifest: Manifest, uses: Iterable[Use], merged: Merged, notes: Notes) -> None:
    """Find undeclared names, objects that are declared twice, and disks that appear twice."""
    _check_uses(uses, merged, notes)
    _check_vaults(manifest.vaults, notes)
    _check_groups(manifest.snapshot_groups, notes)
    _check_disks(manifest, notes)


def check_names(merged: Merged, notes: Notes) -> None:
    """Find names that are defined twice, ignoring case."""
    for kind in KINDS:
        first: dict[str, Place] = {}
        for name, entry in _named(merged, kind) if kind.noun else ():
            place = entry.place("name")
            known = first.setdefault(lower(name), place)
            if known is not place:
                notes.add(
                    codes.DEFINED_TWICE,
                    f"the {kind.noun} {shortened(name)} is defined twice; the first is at {known}",
                    place,
                )


def _check_uses(uses: Iterable[Use], merged: Merged, notes: Notes) -> None:
    declared = {kind.used_as: (kind, [name for name, _ in _named(merged, kind)]) for kind in KINDS if kind.unknown}
    known = {used_as: {lower(name) for name in names} for used_as, (_, names) in declared.items()}
    for use in uses:
        kind, names = declared[use.key]
        if kind.unknown and lower(use.name) not in known[use.key]:
            meant = suggestion(use.name, names)
            hint = f"did you mean {meant}?" if meant else f"declare it under `{kind.key}`"
            notes.add(kind.unknown, f"no {kind.noun} is named {shortened(use.name)}", use.place, hint=hint)


def _named(merged: Merged, kind: SectionKind) -> list[tuple[str, Section]]:
    """Names and entries of a list, including entries with the wrong shape."""
    entries = [*merged.lists[kind.key], *merged.broken[kind.key]]
    return [(entry["name"], entry) for entry in entries if isinstance(entry.get("name"), str)]


def _check_vaults(vaults: Mapping[str, VaultSpec], notes: Notes) -> None:
    first: dict[ArmId, VaultSpec] = {}
    for spec in vaults.values():
        other = first.setdefault(spec.id, spec)
        if other is not spec:
            message = (
                f"the vaults {other.name} and {spec.name} are the same vault in Azure; the first is at {other.place}"
            )
            notes.add(codes.SAME_IN_AZURE, message, spec.place, address=addresses.vault(spec.name))


def _check_groups(groups: Mapping[str, GroupSpec], notes: Notes) -> None:
    """Find two snapshot resource groups that are the same in Azure."""
    first: dict[str, GroupSpec] = {}
    for spec in groups.values():
        other = first.setdefault(lower(spec.azure_name or spec.name), spec)
        if other is not spec:
            message = (
                f"{other.name} and {spec.name} are the same resource group in Azure; the first is at {other.place}"
            )
            notes.add(codes.SAME_IN_AZURE, message, spec.place)


def _check_disks(manifest: Manifest, notes: Notes) -> None:
    """Find disks that appear twice, in one list or in two of `disks`, `excluded` and `removed`."""
    first: dict[str, tuple[str, Place]] = {}
    for where, disk, place in _claims(manifest):
        known = first.setdefault(disk.key, (where, place))
        if known[1] is not place:
            lists = f"twice in `{where}`" if known[0] == where else f"in both `{known[0]}` and `{where}`"
            message = f"the disk {disk.name} appears {lists}; the first is at {known[1]}"
            notes.add(codes.DISK_TWICE, message, place, address=addresses.disk(disk))


def _claims(manifest: Manifest) -> Iterable[tuple[str, ArmId, Place]]:
    for rule in manifest.disks:
        for disk, place in rule.ids:
            yield "disks", disk, place
    for excluded in manifest.excluded:
        yield "excluded", excluded.id, excluded.place
    for removed in manifest.removed:
        for disk, place in removed.named:
            yield "removed", disk, place
