"""What a vault's identity must be allowed to do, and what Azure says when it is not.

The actions are those of Disk Backup Reader on the disk, Disk Snapshot Contributor on the snapshot resource group, and
Reader on a customer-managed key's disk encryption set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.authorization.rights import allowed, refusal
from reconciler.sandbox.dataprotection.errors import MISSING_PERMISSIONS, facing
from reconciler.sandbox.dataprotection.spelling import at, text
from reconciler.sandbox.dataprotection.vaults.identities import holds_user
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

ON_DISK = (
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/disks/beginGetAccess/action",
)
ON_GROUP = (
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Compute/snapshots/read",
    "Microsoft.Compute/snapshots/write",
)
TO_DELETE = ("Microsoft.Compute/snapshots/read", "Microsoft.Compute/snapshots/delete")
TO_RESTORE = (
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/disks/write",
)
ON_SNAPSHOTS = ("Microsoft.Compute/snapshots/read", "Microsoft.Compute/snapshots/beginGetAccess/action")
ON_ENCRYPTION_SET = "Microsoft.Compute/diskEncryptionSets/read"


def disk_of(properties: Any) -> str:
    """The id of the disk that an instance's properties name."""
    return text(properties, "dataSourceInfo", "resourceID").rstrip("/")


def snapshot_group_of(properties: Any) -> str:
    """The id of the snapshot resource group that an instance's properties name; empty when they name none."""
    for parameters in at(properties, "policyInfo", "policyParameters", "dataStoreParametersList") or []:
        if lower(text(parameters, "dataStoreType")) == "operationalstore":
            return text(parameters, "resourceGroupId").rstrip("/")
    return ""


def principal(world: World, vault: Record, properties: Any) -> tuple[str, dict[str, Any] | None]:
    """The principal that acts for an instance, or the UserFacingError saying why there is none."""
    details = at(properties, "identityDetails") or {}
    user = text(details, "userAssignedIdentityArmUrl")
    if user and details.get("useSystemAssignedIdentity") is not True:
        record = world.find(user)
        if record is None or not holds_user(vault, user):
            return "", facing("UserErrorUserIdentityNotFoundOrNotAssociatedWithVault", nulls=False)
        return text(record, "properties", "principalId"), None
    own = text(vault, "identity", "principalId")
    return (own, None) if own else ("", facing("UserErrorSystemIdentityNotEnabledWithVault", nulls=False))


def missing_to_protect(world: World, vault: Record, properties: Any) -> dict[str, Any] | None:
    """The UserFacingError for the first permission that backup lacks; None when none is."""
    return _first_missing(world, vault, properties, _needed(world, properties))


def missing_to_delete(world: World, vault: Record, properties: Any) -> dict[str, Any] | None:
    """The UserFacingError for the first permission that deleting an instance lacks; None when none is."""
    group = snapshot_group_of(properties)
    return _first_missing(world, vault, properties, ((action, group) for action in TO_DELETE))


def missing_to_restore(
    world: World, vault: Record, properties: Any, target: str, encryption_set: str
) -> dict[str, Any] | None:
    """The UserFacingError for the first permission that restoring into a resource group lacks; None when none is."""
    needed = [(action, target) for action in TO_RESTORE]
    needed += [(action, snapshot_group_of(properties)) for action in ON_SNAPSHOTS]
    needed += [(ON_ENCRYPTION_SET, encryption_set)] if encryption_set else []
    return _first_missing(world, vault, properties, iter(needed), "Restore")


def _needed(world: World, properties: Any) -> Iterator[tuple[str, str]]:
    disk, group = disk_of(properties), snapshot_group_of(properties)
    yield from ((action, disk) for action in ON_DISK)
    yield from ((action, group) for action in ON_GROUP)
    encryption_set = text(world.find(disk), "properties", "encryption", "diskEncryptionSetId")
    if encryption_set:
        yield ON_ENCRYPTION_SET, encryption_set


def _first_missing(
    world: World, vault: Record, properties: Any, needed: Iterator[tuple[str, str]], deed: str = "Protection"
) -> dict[str, Any] | None:
    acting, error = principal(world, vault, properties)
    if error:
        return error
    for action, scope in needed:
        if not allowed(world, acting, action, scope):
            return facing(MISSING_PERMISSIONS, detail=_told(world, acting, action, scope, deed), nulls=False)
    return None


def _told(world: World, acting: str, action: str, scope: str, deed: str) -> str:
    client = world.guid(acting, "application")
    place = f"{scope}/providers/{action.split('/', 1)[0]}" if action.startswith("Microsoft.Authorization/") else scope
    return f"Validate for {deed} failed. Exception Message: {refusal(client, acting, action, place)}"
