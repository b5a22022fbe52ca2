"""Azure's support rules that can be checked with the manifest alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.manifest.entries import Use
from reconciler.manifest.notes import Notes, suggestion
from reconciler.model import addresses
from reconciler.model.codes import manifest as codes
from reconciler.model.ids import lower
from reconciler.model.limits import SLOW_HOURS, SLOW_SKUS
from reconciler.model.manifest import DiskRule, Manifest, VaultSpec, chosen, names_in
from reconciler.model.selectors import Selector


def check(declared: Manifest, uses: Iterable[Use], notes: Notes) -> None:
    """Find rules whose disks Azure would refuse, and those against Azure's advice."""
    _check_regions(uses, declared.vaults, notes)
    for rule in declared.disks:
        _check_snapshot_group(rule, declared, notes)
        if rule.select:
            _check_selected_regions(rule, rule.select, declared, notes)
            _check_skus(rule, rule.select, declared, notes)


def _check_regions(uses: Iterable[Use], vaults: Mapping[str, VaultSpec], notes: Notes) -> None:
    """Find entries for one region that name a vault in another: a vault only protects disks in its own region."""
    for use in uses:
        spec = vaults.get(lower(use.name)) if use.key == "vault" and use.region else None
        if spec and spec.location and spec.location != use.region:
            message = f"the entry for {use.region} names the vault {spec.name}, which is in {spec.location}"
            notes.add(codes.REGION_MISMATCH, message, use.place)


def _check_selected_regions(rule: DiskRule, select: Selector, declared: Manifest, notes: Notes) -> None:
    """Find selected regions that the entry's vault, policy or snapshot resource group doesn't serve."""
    for location in select.locations or ():
        name = chosen(rule.vault, location)
        spec = declared.vaults.get(name) if name else None
        if isinstance(rule.vault, str) and spec and spec.location and spec.location != location:
            message = f"the selector matches disks in {location}, but the vault {spec.name} is in {spec.location}"
            meant = suggestion(location, [spec.location])
            hint = f"did you mean {meant}?" if meant else ""
            notes.add(codes.REGION_MISMATCH, message, select.place, hint=hint)
        for key, choice in (
            ("vault", rule.vault),
            ("policy", rule.policy),
            ("snapshotResourceGroup", rule.snapshot_group),
        ):
            if chosen(choice, location) is None:
                message = f"the selector matches disks in {location}, for which `{key}` has no entry"
                notes.add(codes.REGION_WITHOUT_ENTRY, message, select.place)


def _check_skus(rule: DiskRule, select: Selector, declared: Manifest, notes: Notes) -> None:
    """Find selectors of only slow SKUs with a faster schedule; other selectors are checked for each disk by `plan`."""
    if not select.skus or not set(select.skus) <= SLOW_SKUS:
        return
    for name in names_in(rule.policy):
        spec = declared.policies.get(name)
        if spec and spec.content and spec.content.interval_hours < SLOW_HOURS:
            message = f"{', '.join(select.skus)} disks can't follow {spec.name}, which backs up every {spec.content.interval_hours} h"
            notes.add(codes.SKU_SCHEDULE, message, select.place)


def _check_snapshot_group(rule: DiskRule, declared: Manifest, notes: Notes) -> None:
    """Warn of snapshots in the disk's own resource group, which Azure advises against."""
    groups = {lower(name) for name in _group_names(rule, declared)}
    if len(groups) != 1:
        return
    for disk, place in rule.ids:
        if lower(disk.group) in groups:
            message = f"the snapshots of {disk.name} would be in its own resource group {disk.group}"
            notes.add(codes.SNAPSHOTS_BESIDE_DISK, message, place, address=addresses.disk(disk))


def _group_names(rule: DiskRule, declared: Manifest) -> Iterable[str]:
    for name in names_in(rule.snapshot_group):
        spec = declared.snapshot_groups.get(name)
        if spec:
            yield spec.azure_name or spec.name
