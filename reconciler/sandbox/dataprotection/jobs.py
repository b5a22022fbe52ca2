"""Backup jobs: one read in full, a list that tells less (recorded traffic)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reconciler.sandbox.arm import Request, Response, group_of, lower, name_of, public, subscription_of
from reconciler.sandbox.dataprotection.namespace import JOBS, VAULT, new, provider, the, vault_id, vault_of
from reconciler.sandbox.dataprotection.permissions import disk_of
from reconciler.sandbox.dataprotection.wording import text
from reconciler.sandbox.paging import page
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupJobs"
_READ = f"{KIND}/read"
_NO_TIME = "0001-01-01T00:00:00Z"


def begin(world: World, instance: Record, name: str, *, tag: str, by_user: bool) -> Record:
    """The record of a backup job that has just begun."""
    properties, vault = instance["properties"], vault_of(instance["id"])
    disk = disk_of(properties)
    policy = text(properties, "policyInfo", "policyId")
    body = {
        "activityID": world.guid(f"{vault}/backupJobs/{name}", "activity"),
        "subscriptionId": subscription_of(vault),
        "backupInstanceId": instance["id"],
        "policyId": policy,
        "dataSourceId": disk,
        "vaultName": name_of(vault),
        "backupInstanceFriendlyName": properties.get("friendlyName") or instance["name"],
        "policyName": name_of(policy),
        "sourceResourceGroup": group_of(disk),
        "dataSourceSetName": None,
        "dataSourceName": name_of(disk),
        "sourceDataStoreName": None,
        "sourceDataStoreType": None,
        "destinationDataStoreName": None,
        "destinationDataStoreType": None,
        "progressEnabled": False,
        "etag": f'W/"{world.guid(name, "etag")}"',
        "sourceSubscriptionID": subscription_of(disk),
        "dataSourceLocation": text(properties, "dataSourceInfo", "resourceLocation"),
        "startTime": world.stamp(),
        "endTime": None,
        "dataSourceType": "Microsoft.Compute/disks",
        "operationCategory": "Backup",
        "operation": "Backup",
        "status": "InProgress",
        "restoreType": None,
        "isUserTriggered": by_user,
        "rehydrationPriority": None,
        "supportedActions": [""],
        "duration": "PT0S",
        "progressUrl": None,
        "isCrossRegionRestore": None,
        "errorDetails": None,
        "extendedInfo": _extended(world, instance, name, tag),
    }
    address = f"{vault}/backupJobs/{name}"
    return world.store(address, new(address, KIND, properties=body, _began=world.timestamp))


def _extended(world: World, instance: Record, name: str, tag: str) -> dict[str, Any]:
    disk = world.find(disk_of(instance["properties"])) or {}
    size = (disk.get("properties") or {}).get("diskSizeBytes", 0)
    return {
        "backupInstanceState": "",
        "dataTransferredInBytes": None,
        "targetRecoverPoint": {"recoveryPointID": "", "recoveryPointTime": _NO_TIME},
        "sourceRecoverPoint": None,
        "recoveryDestination": None,
        "subTasks": [
            {
                "taskId": 1,
                "taskName": "Trigger Backup",
                "taskStatus": "InProgress",
                "taskProgress": None,
                "additionalDetails": {
                    "OriginalDatasourceSizeInBytes": str(size),
                    "TaskId": world.guid(name, "task"),
                    "DatasourceType": "Microsoft.Compute/disks",
                },
            }
        ],
        "additionalDetails": {"RetentionTag": tag},
        "warningDetails": None,
    }


def end(world: World, job: Record, *, error: dict[str, Any] | None = None, point: Record | None = None) -> None:
    """Let a job end, well with its recovery point or badly with an error."""
    properties = job["properties"]
    status = "Failed" if error else "Completed"
    properties |= {
        "status": status,
        "endTime": world.stamp(),
        "duration": f"PT{_minutes(world.timestamp - job['_began'])}",
        "errorDetails": [error] if error else None,
    }
    properties["extendedInfo"]["subTasks"][0]["taskStatus"] = status
    if point:
        properties["destinationDataStoreName"] = "OperationalTierStore"
        properties["extendedInfo"]["targetRecoverPoint"] = {
            "recoveryPointID": point["name"],
            "recoveryPointTime": point["properties"]["recoveryPointTime"],
        }


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{rest:.2f}S"


@provider.route("GET", f"{VAULT}/backupJobs/{{job}}", _READ)
def get(world: World, _request: Request, **ids: str) -> Response:
    """One job in full."""
    return Response(200, public(the(world, f"{vault_id(ids)}/backupJobs/{ids['job']}")))


@provider.route("GET", f"{VAULT}/backupJobs", _READ)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The jobs of a vault: without extended info, durations as hh:mm:ss."""

    def row(job: Record) -> dict[str, Any]:
        body = public(job)
        seconds = _until(world, body["properties"]["endTime"]) - job.get("_began", world.timestamp)
        short: dict[str, Any] = {"extendedInfo": None, "duration": _clock(max(0.0, seconds))}
        if not body["properties"]["isUserTriggered"]:
            short["supportedActions"] = []
        return {**body, "properties": {**body["properties"], **short}}

    return page(world, request, world.table(JOBS), lower(vault_id(ids)), size=200, render=row)


def _until(world: World, end_time: str | None) -> float:
    if not end_time:
        return world.timestamp
    return datetime.fromisoformat(end_time[:26] + "+00:00").timestamp()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02}:{minutes:02}:{rest:05.2f}"
