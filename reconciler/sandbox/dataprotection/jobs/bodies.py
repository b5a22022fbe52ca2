"""What jobs look like: the same keys for backups and restores, recorded in full (recorded traffic)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reconciler.sandbox.arm.ids import group_of, name_of, subscription_of
from reconciler.sandbox.dataprotection.namespace import new, vault_of
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupJobs"
_DISKS = "Microsoft.Compute/disks"
_NO_POINT = {"recoveryPointID": "", "recoveryPointTime": "0001-01-01T00:00:00Z"}
_STORE = "OperationalTierStore"


def begun(
    world: World, facts: Record, name: str, *, tag: str, by_user: bool, began: float, restore: Record | None = None
) -> Record:
    """The record of a job that has just begun: a backup, or a restore of which `restore` tells point, time and target."""
    instance, disk = facts["instance"], facts["disk"]
    address = f"{vault_of(instance)}/backupJobs/{name}"
    operation = "Restore" if restore else "Backup"
    body = {
        "activityID": world.guid(address, "activity"),
        "subscriptionId": subscription_of(instance),
        "backupInstanceId": instance,
        "policyId": facts["policy"],
        "dataSourceId": disk,
        "vaultName": name_of(vault_of(instance)),
        "backupInstanceFriendlyName": facts["friendlyName"],
        "policyName": name_of(facts["policy"]),
        "sourceResourceGroup": group_of(disk),
        "dataSourceSetName": None,
        "dataSourceName": name_of(disk),
        "sourceDataStoreName": None,
        "sourceDataStoreType": "OperationalStore" if restore else None,
        "destinationDataStoreName": None,
        "destinationDataStoreType": None,
        "progressEnabled": False,
        "etag": f'W/"{world.guid(name, "etag")}"',
        "sourceSubscriptionID": subscription_of(disk),
        "dataSourceLocation": facts["location"],
        "startTime": world.stamp(moment(began)),
        "endTime": None,
        "dataSourceType": _DISKS,
        "operationCategory": operation,
        "operation": operation,
        "status": "InProgress",
        "restoreType": None,
        "isUserTriggered": by_user,
        "rehydrationPriority": None,
        "supportedActions": [""],
        "duration": "PT0S",
        "progressUrl": None,
        "isCrossRegionRestore": None,
        "errorDetails": None,
        "extendedInfo": _extended(world, facts, name, tag, restore),
    }
    return new(address, KIND, properties=body, _began=began)


def moment(seconds: float) -> datetime:
    """A time given as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _extended(world: World, facts: Record, name: str, tag: str, restore: Record | None) -> dict[str, Any]:
    return {
        "backupInstanceState": None if restore else "",
        "dataTransferredInBytes": None,
        "targetRecoverPoint": None if restore else dict(_NO_POINT),
        "sourceRecoverPoint": restore["point"] if restore else None,
        "recoveryDestination": restore["target"] if restore else None,
        "subTasks": [
            {
                "taskId": 1,
                "taskName": "Trigger Restore" if restore else "Trigger Backup",
                "taskStatus": "InProgress",
                "taskProgress": None,
                "additionalDetails": {
                    "OriginalDatasourceSizeInBytes": str(facts["bytes"]),
                    "TaskId": world.guid(name, "task"),
                    "DatasourceType": _DISKS,
                },
            }
        ],
        "additionalDetails": {} if restore else {"RetentionTag": tag},
        "warningDetails": None,
    }


def ended(
    world: World,
    job: Record,
    at: float,
    *,
    error: dict[str, Any] | None = None,
    point: tuple[str, float] | None = None,
) -> Record:
    """The job, changed to one that ended: badly with an error; well, a backup's with its recovery point and its time."""
    properties = job["properties"]
    status = world.switch("job_failure" if error else "job_success")
    properties |= {
        "status": status,
        "endTime": world.stamp(moment(at)),
        "duration": f"PT{_minutes(at - job['_began'])}",
        "errorDetails": [error] if error else None,
    }
    properties["extendedInfo"]["subTasks"][0]["taskStatus"] = status
    if not error:
        properties["destinationDataStoreName"] = _STORE
    if point:
        name, taken = point
        properties["extendedInfo"]["targetRecoverPoint"] = {
            "recoveryPointID": name,
            "recoveryPointTime": world.stamp(moment(taken)),
        }
    return job


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{rest:.2f}S"
