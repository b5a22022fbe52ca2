"""What recovery points of disks and their snapshots look like (recorded traffic)."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox import json_text
from reconciler.sandbox.arm.ids import group_of, name_of, region, subscription_of
from reconciler.sandbox.arm.messages import public
from reconciler.sandbox.compute.disk_operations import stamp
from reconciler.sandbox.dataprotection.jobs.bodies import moment
from reconciler.sandbox.dataprotection.namespace import new
from reconciler.sandbox.dataprotection.permissions import disk_of, snapshot_group_of
from reconciler.sandbox.dataprotection.spelling import at, text
from reconciler.sandbox.resources.regions import ZONAL
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupInstances/recoveryPoints"
PREFIX = "AzureBackup_"
_TICKS_TO_1970 = 62_135_596_800


def facts(world: World, instance: Record) -> Record:
    """What jobs, recovery points and snapshots say of an instance and its disk."""
    properties = instance["properties"]
    disk = disk_of(properties)
    found = world.find(disk) or {}
    return {
        "instance": instance["id"],
        "policy": text(properties, "policyInfo", "policyId"),
        "disk": disk,
        "kind": text(properties, "dataSourceInfo", "datasourceType"),
        "friendlyName": properties.get("friendlyName") or instance["name"],
        "location": text(properties, "dataSourceInfo", "resourceLocation"),
        "group": snapshot_group_of(properties),
        "region": found.get("location") or region(text(properties, "dataSourceInfo", "resourceLocation")),
        "size": at(found, "properties", "diskSizeGB") or 0,
        "bytes": at(found, "properties", "diskSizeBytes") or 0,
        "disk_id": text(found, "properties", "uniqueId"),
        "sku": text(found, "sku", "name"),
        "zones": found.get("zones") or [],
        "encryption": at(found, "properties", "encryption") or {},
        "security": at(found, "properties", "securityProfile") or {},
    }


def snapshot_id(group: str, point_name: str) -> str:
    """The id of the snapshot that a recovery point consists of."""
    return f"{group}/providers/Microsoft.Compute/snapshots/{PREFIX}{point_name}"


def taken_at(world: World, name: str, created: float) -> float:
    """The time of a recovery point whose snapshot was created at that one: a minute or more later (recorded traffic)."""
    return created + world.span("recovery_point_time", name)


def point(world: World, told: Record, name: str, *, store: str, created: float, expires: float, tag: str) -> Record:
    """The record of a recovery point of what `told` are the facts of; its expiry counts from its snapshot's creation."""
    taken = taken_at(world, name, created)
    time, expiry = world.stamp(moment(taken)), world.stamp(moment(expires))
    properties: dict[str, Any] = {
        "objectType": "AzureBackupDiscreteRecoveryPoint",
        "recoveryPointId": name,
        "recoveryPointTime": time,
        "recoveryPointType": "Incremental",
        "friendlyName": name,
        "recoveryPointDataStoresDetails": [
            {
                "id": store,
                "type": "OperationalStore",
                "creationTime": world.stamp(moment(created)),
                "expiryTime": expiry,
                "metaData": None,
                "visible": True,
                "state": "COMMITTED",
                "rehydrationExpiryTime": None,
                "rehydrationStatus": None,
            }
        ],
        "retentionTagName": tag,
        "retentionTagVersion": str(int((created + _TICKS_TO_1970) * 10_000_000)),
        "policyName": name_of(told["policy"]),
        "policyVersion": None,
        "expiryTime": expiry,
        "recoveryPointState": "Completed",
    }
    times = {"_created": created, "_taken": taken, "_expires": expires}
    address = f"{told['instance']}/recoveryPoints/{name}"
    return new(address, KIND, properties=properties, _snapshot=snapshot_id(told["group"], name), **times)


def shown(world: World, point: Record) -> dict[str, Any]:
    """A recovery point as told; one whose snapshot is gone is told as ever, or marked, as a switch says."""
    body = public(point)
    if world.switch("point_without_snapshot") == "as-before" or world.resource_exists(point.get("_snapshot", "")):
        return body
    stores = at(body, "properties", "recoveryPointDataStoresDetails") or []
    marked = [{**store, "visible": False, "state": "INVALID"} for store in stores]
    properties = {"recoveryPointDataStoresDetails": marked, "recoveryPointState": "Partial"}
    return {**body, "properties": {**body["properties"], **properties}}


def in_full(world: World, point: Record) -> dict[str, Any]:
    """A recovery point as a GET of it alone tells it: with its disk and its snapshot, as JSON in a text."""
    body, instance = shown(world, point), world.find(point["id"].rsplit("/", 2)[0])
    if instance is None:
        return body
    told, snapshot = facts(world, instance), point.get("_snapshot", "")
    source = {
        "diskName": name_of(told["disk"]),
        "sizeBytes": told["bytes"],
        "diskSnapshotConsistency": "CrashConsistent",
        "subscriptionId": subscription_of(told["disk"]),
        "location": told["region"],
        "resourceGroupName": group_of(told["disk"]),
        "skuName": told["sku"],
        "osType": text(world.find(told["disk"]), "properties", "osType"),
        "managedBy": None,
        "snapshotSubscriptionId": subscription_of(snapshot),
        "snapshotRGName": group_of(snapshot),
        "snapshotName": name_of(snapshot),
    }
    data = json_text.dumps([source]).decode()
    stores = [{**store, "metaData": data} for store in body["properties"].get("recoveryPointDataStoresDetails") or []]
    return {**body, "properties": {**body["properties"], "recoveryPointDataStoresDetails": stores}}


def _sku(world: World, place: str) -> str:
    """Zone-redundant where the region has zones (Azure Backup's documentation), unless a switch says otherwise."""
    is_zonal = place in ZONAL and world.switch("snapshot_redundancy") == "zonal"
    return "Standard_ZRS" if is_zonal else "Standard_LRS"


def snapshot(world: World, told: Record, point_name: str, created: float) -> Record:
    """The record of the incremental snapshot behind a recovery point."""
    address = snapshot_id(told["group"], point_name)
    body = {
        "location": told["region"],
        "sku": {"name": _sku(world, told["region"]), "tier": "Standard"},
        "tags": {"CreatedBy": "AzureBackup", "BackupInstance": name_of(told["instance"])},
        "properties": {
            "creationData": {
                "createOption": "Copy",
                "sourceResourceId": told["disk"],
                "sourceUniqueId": told["disk_id"],
            },
            "incremental": True,
            "incrementalSnapshotFamilyId": world.guid(told["disk_id"], "snapshots"),
            "diskSizeGB": told["size"],
            "timeCreated": stamp(world, moment(created)),
            "uniqueId": world.guid(address, "snapshot"),
            **({"encryption": told["encryption"]} if told["encryption"] else {}),
            **({"securityProfile": told["security"]} if told.get("security") else {}),
            "provisioningState": "Succeeded",
        },
    }
    return new(address, "Microsoft.Compute/snapshots", **body, _sku=told["sku"], _zones=told["zones"])
