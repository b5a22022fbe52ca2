"""What a disk needs, apart from permissions, before it can be protected: Azure Backup's support matrix for disks.

Codes are those of Azure's troubleshooting page for disk backup where it has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reconciler.sandbox.arm.ids import group_of, region, resource_type, subscription_of
from reconciler.sandbox.dataprotection.errors import INVALID_INPUT, facing
from reconciler.sandbox.dataprotection.permissions import disk_of, missing_to_protect, principal, snapshot_group_of
from reconciler.sandbox.dataprotection.policies import rules as policy_rules
from reconciler.sandbox.dataprotection.spelling import at, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import SUBSCRIPTIONS, World

SLOW_ONLY = ("PremiumV2_LRS", "UltraSSD_LRS")
SLOW = frozenset({"PT12H", "P1D"})
Error = dict[str, Any]


def misfit(world: World, vault: Record, properties: Any) -> Error | None:
    """The UserFacingError for the first thing that does not fit: disk, regions, groups, sizes; None when all do."""
    return next((error for check in _CHECKS for error in check(world, vault, properties)), None)


def problem(world: World, vault: Record, properties: Any) -> Error | None:
    """The first thing that keeps a disk from being protected now, permissions included."""
    return misfit(world, vault, properties) or missing_to_protect(world, vault, properties)


def obstacle(world: World, vault: Record, properties: Any) -> Error | None:
    """The same of an instance of any kind; what other kinds need isn't simulated, so nothing keeps them back."""
    return problem(world, vault, properties) if is_of_disk(properties) else None


def is_of_disk(properties: Any) -> bool:
    """Whether an instance protects a disk, as far as it tells."""
    return same(text(properties, "dataSourceInfo", "datasourceType") or policy_rules.DISKS, policy_rules.DISKS)


def _invalid(detail: str) -> Error:
    return facing(INVALID_INPUT, detail=detail, nulls=False)


def _known(code: str) -> Error:
    return facing(code, nulls=False)


def _identity(world: World, vault: Record, properties: Any) -> Iterator[Error]:
    _, error = principal(world, vault, properties)
    if error:
        yield error


def _disk(world: World, vault: Record, properties: Any) -> Iterator[Error]:
    disk = world.find(disk_of(properties))
    if disk is None or resource_type(disk_of(properties)) != "microsoft.compute/disks":
        yield _known("UserErrorManagedDiskNotFound")
        return
    if region(text(disk, "location")) != region(vault["location"]):
        yield _invalid("Location of data source needs to be the same as backup vault.")
    if at(disk, "properties", "encryptionSettingsCollection", "enabled") is True:
        yield facing(
            "UserErrorDiskBackupDiskTypeNotSupported",
            detail="Disks encrypted with Azure Disk Encryption are not supported.",
            nulls=False,
        )
    if _tenant(world, disk["id"]) != _tenant(world, vault["id"]):
        yield _invalid("The disk lies in another tenant than the Backup vault.")


def _tenant(world: World, resource_id: str) -> str:
    record = world.table(SUBSCRIPTIONS).get(f"/subscriptions/{subscription_of(resource_id)}") or {}
    return str(record.get("tenantId", world.tenant))


def _snapshot_group(world: World, vault: Record, properties: Any) -> Iterator[Error]:
    del vault
    group = snapshot_group_of(properties)
    if not group:
        yield _known("UserErrorOperationalStoreParametersNotProvided")
    elif not group_of(group) or resource_type(group) != "microsoft.resources/resourcegroups":
        yield _known("UserErrorInvalidOperationalStoreResourceGroup")
    elif subscription_of(group) != subscription_of(disk_of(properties)):
        yield _known("UserErrorSnapshotRGSubscriptionMismatch")
    elif (found := world.find(group)) is None:
        yield _known("UserErrorSnapshotRGNotFound")
    elif world.switch("snapshot_group_elsewhere") == "refused" and not _are_together(world, found, properties):
        yield _invalid("The snapshot resource group lies in another region than the disk.")


def _are_together(world: World, group: Record, properties: Any) -> bool:
    disk = world.find(disk_of(properties))
    return disk is None or region(text(disk, "location")) == region(text(group, "location"))


def _schedule(world: World, vault: Record, properties: Any) -> Iterator[Error]:
    del vault
    sku = text(world.find(disk_of(properties)), "sku", "name")
    policy = world.find(text(properties, "policyInfo", "policyId")) or {}
    every = policy_rules.interval(policy.get("properties"))
    if any(same(sku, slow) for slow in SLOW_ONLY) and every not in SLOW:
        yield _invalid(f"{sku} disks are backed up every 12 hours or daily, not every {every}.")


_CHECKS: tuple[Callable[[World, Record, Any], Iterator[Error]], ...] = (_identity, _disk, _snapshot_group, _schedule)
