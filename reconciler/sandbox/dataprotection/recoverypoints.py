"""Recovery points of disks: incremental snapshots in the snapshot resource group, newest first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reconciler.sandbox.arm import Request, Response, lower, public
from reconciler.sandbox.dataprotection import instances, policyrules
from reconciler.sandbox.dataprotection.namespace import INSTANCE, RECOVERY_POINTS, new, provider, the
from reconciler.sandbox.dataprotection.permissions import disk_of, snapshot_group_of
from reconciler.sandbox.dataprotection.wording import at, same, text
from reconciler.sandbox.paging import page_of
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupInstances/recoveryPoints"
_READ = f"{KIND}/read"


def make(world: World, instance: Record, tag: str) -> Record:
    """Take a snapshot of the instance's disk and keep it as a recovery point under a retention tag."""
    number = world.count(instance["id"], "recovery point")
    name = world.hex32(instance["id"], f"recovery point {number}")
    now, policy_id = world.now, text(instance, "properties", "policyInfo", "policyId")
    expiry = world.stamp(now + timedelta(days=_kept_days(world.find(policy_id), tag)))
    properties: dict[str, Any] = {
        "objectType": "AzureBackupDiscreteRecoveryPoint",
        "recoveryPointId": name,
        "recoveryPointTime": world.stamp(now),
        "recoveryPointType": "Incremental",
        "friendlyName": name,
        "recoveryPointDataStoresDetails": [
            {
                "id": world.guid(instance["id"], f"store of {number}"),
                "type": "OperationalStore",
                "creationTime": world.stamp(now),
                "expiryTime": expiry,
                "metaData": None,
                "visible": True,
                "state": "COMMITTED",
                "rehydrationExpiryTime": None,
                "rehydrationStatus": None,
            }
        ],
        "retentionTagName": tag,
        "retentionTagVersion": str(int((world.timestamp + 62_135_596_800) * 10_000_000)),
        "policyName": policy_id.rsplit("/", 1)[-1],
        "policyVersion": None,
        "expiryTime": expiry,
        "recoveryPointState": "Completed",
    }
    snapshot = _snapshot(world, instance, name)
    address = f"{instance['id']}/recoveryPoints/{name}"
    return world.store(address, new(address, KIND, properties=properties, _snapshot=snapshot, _taken=world.timestamp))


def _kept_days(policy: Record | None, tag: str) -> float:
    for rule in at(policy, "properties", "policyRules") or []:
        if same(text(rule, "name"), tag) and same(text(rule, "objectType"), "AzureRetentionRule"):
            return policyrules.days(text(rule, "lifecycles", 0, "deleteAfter", "duration"))
    return 7.0


def _snapshot(world: World, instance: Record, name: str) -> str:
    """Store the incremental snapshot in the snapshot resource group; its id."""
    properties = instance["properties"]
    disk = world.find(disk_of(properties)) or {}
    group = snapshot_group_of(properties)
    address = f"{group}/providers/Microsoft.Compute/snapshots/AzureBackup_{name}"
    body = {
        "location": disk.get("location", ""),
        "sku": {"name": "Standard_ZRS", "tier": "Standard"},
        "tags": {"CreatedBy": "AzureBackup", "BackupInstance": instance["name"]},
        "properties": {
            "creationData": {"createOption": "Copy", "sourceResourceId": disk_of(properties)},
            "incremental": True,
            "diskSizeGB": at(disk, "properties", "diskSizeGB") or 0,
            "timeCreated": world.stamp(),
            "provisioningState": "Succeeded",
        },
    }
    world.store(address, new(address, "Microsoft.Compute/snapshots", **body))
    return address


@provider.route("GET", f"{INSTANCE}/recoveryPoints", _READ)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The recovery points of an instance, newest first."""
    instance = instances.find(world, INSTANCE.format(**ids))
    table = world.table(RECOVERY_POINTS)
    found = sorted((table[key] for key in table.below(lower(instance["id"]))), key=_age)
    return page_of(world, request, [public(point) for point in found], size=200)


def _age(point: Record) -> tuple[float, str]:
    return -float(point.get("_taken", 0.0)), point["name"]


@provider.route("GET", f"{INSTANCE}/recoveryPoints/{{point}}", _READ)
def get(world: World, _request: Request, **ids: str) -> Response:
    """One recovery point."""
    return Response(200, public(the(world, f"{INSTANCE}/recoveryPoints/{{point}}".format(**ids))))
