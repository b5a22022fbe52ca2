"""What entries say of each other: names defined once, names that exist, disks claimed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.manifest.choices import Use
from reconciler.manifest.merging import Merged
from reconciler.manifest.notes import Notes, suggestion
from reconciler.manifest.sections import Section
from reconciler.model import addresses
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import DiskRule, Excluded, GroupSpec, PolicySpec, Removed, VaultSpec

_NOUNS = {
    "vaults": "vault", "policies": "policy", "snapshotResourceGroups": "snapshot resource group", "drills": "drill",
}  # fmt: skip
_DECLARED = {
    "vault": ("vaults", codes.UNKNOWN_VAULT),
    "policy": ("policies", codes.UNKNOWN_POLICY),
    "snapshotResourceGroup": ("snapshotResourceGroups", codes.UNKNOWN_GROUP),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything that is declared and usable; the mappings are keyed by lower-cased name."""

    vaults: Mapping[str, VaultSpec]
    policies: Mapping[str, PolicySpec]
    groups: Mapping[str, GroupSpec]
    disks: Sequence[DiskRule]
    excluded: Sequence[Excluded]
    removed: Sequence[Removed]


def check_names(merged: Merged, notes: Notes) -> None:
    """Find names that are defined twice; they are compared without ASCII case."""
    for key, noun in _NOUNS.items():
        first: dict[str, Place] = {}
        for name, entry in _named(merged, key):
            place = entry.place("name")
            known = first.setdefault(lower(name), place)
            if known is not place:
                notes.add(codes.DEFINED_TWICE, f"the {noun} {name} is defined twice; the first is at {known}", place)


def check_uses(uses: Iterable[Use], merged: Merged, notes: Notes) -> None:
    """Find names that are used but declared nowhere."""
    declared = {key: [name for name, _ in _named(merged, key)] for key, _ in _DECLARED.values()}
    known = {key: {lower(name) for name in names} for key, names in declared.items()}
    for use in uses:
        key, code = _DECLARED[use.key]
        if lower(use.name) not in known[key]:
            meant = suggestion(use.name, declared[key])
            hint = f"did you mean {meant}?" if meant else f"declare it under `{key}`"
            notes.add(code, f"no {_NOUNS[key]} is named {use.name}", use.place, hint=hint)


def _named(merged: Merged, key: str) -> list[tuple[str, Section]]:
    """Names and entries of a list, those of the wrong shape included."""
    entries = [*merged.lists[key], *merged.broken[key]]
    return [(entry["name"], entry) for entry in entries if isinstance(entry.get("name"), str)]


def check_vaults(vaults: Mapping[str, VaultSpec], notes: Notes) -> None:
    """Find two vaults that are one in Azure."""
    first: dict[ArmId, VaultSpec] = {}
    for spec in vaults.values():
        other = first.setdefault(spec.id, spec)
        if other is not spec:
            message = f"the vaults {other.name} and {spec.name} are one vault in Azure; the first is at {other.place}"
            notes.add(codes.SAME_IN_AZURE, message, spec.place, address=addresses.vault(spec.name))


def check_groups(groups: Mapping[str, GroupSpec], notes: Notes) -> None:
    """Find two snapshot resource groups that are one in Azure."""
    first: dict[str, GroupSpec] = {}
    for spec in groups.values():
        other = first.setdefault(lower(spec.azure_name or spec.name), spec)
        if other is not spec:
            message = f"{other.name} and {spec.name} are one resource group in Azure; the first is at {other.place}"
            notes.add(codes.SAME_IN_AZURE, message, spec.place)


def check_disks(declared: Declared, notes: Notes) -> None:
    """Find disks that stand twice, in one list or in two of `disks`, `excluded` and `removed`."""
    first: dict[str, tuple[str, Place]] = {}
    for where, disk, place in _claims(declared):
        known = first.setdefault(disk.key, (where, place))
        if known[1] is not place:
            lists = f"twice in `{where}`" if known[0] == where else f"in both `{known[0]}` and `{where}`"
            message = f"the disk {disk.name} stands {lists}; the first is at {known[1]}"
            notes.add(codes.DISK_TWICE, message, place, address=addresses.disk(disk))


def _claims(declared: Declared) -> Iterable[tuple[str, ArmId, Place]]:
    for rule in declared.disks:
        for disk, place in rule.ids:
            yield "disks", disk, place
    for excluded in declared.excluded:
        yield "excluded", excluded.id, excluded.place
    for removed in declared.removed:
        yield "removed", removed.id, removed.place
