"""What jobs look like: the same keys for backups and restores, recorded in full (recorded traffic)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from reconciler.sandbox.arm.ids import group_of, name_of, subscription_of
from reconciler.sandbox.dataprotection.namespace import new, vault_of
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupJobs"
_DISKS = "Microsoft.Compute/disks"
_STORE = "OperationalTierStore"
_NEVER = "0001-01-01T00:00:00Z"
_WRITTEN_AFTER = 0.4


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
        "progressEnabled": False,
        "etag": _etag(world, began),
        "sourceSubscriptionID": subscription_of(disk),
        "dataSourceLocation": facts["location"],
        "startTime": world.stamp(moment(began)),
        "endTime": None if world.switch("running_end_time") == "null" else _NEVER,
        "dataSourceType": facts.get("kind") or _DISKS,
        "operationCategory": operation,
        "operation": operation,
        "status": "InProgress",
        "restoreType": None,
        "isUserTriggered": by_user,
        "rehydrationPriority": None,
        "supportedActions": [""] if by_user else [],
        "duration": "PT0S",
        "progressUrl": None,
        "isCrossRegionRestore": None,
        "errorDetails": None,
        "extendedInfo": _extended(tag, restore),
    }
    return new(address, KIND, properties=body, _began=began, _bytes=facts["bytes"])


def _etag(world: World, written: float) -> str:
    """The tag of a row of Azure's tables: when it was written (recorded traffic)."""
    return f"W/\"datetime'{quote(world.stamp(moment(written)), safe='')}'\""


def moment(seconds: float) -> datetime:
    """A time given as seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _extended(tag: str, restore: Record | None) -> dict[str, Any]:
    return {
        "backupInstanceState": None,
        "dataTransferredInBytes": None,
        "targetRecoverPoint": None,
        "sourceRecoverPoint": restore["point"] if restore else None,
        "recoveryDestination": restore["target"] if restore else None,
        "subTasks": [
            {
                "taskId": 1,
                "taskName": "Trigger Restore" if restore else "Trigger Backup",
                "taskStatus": "InProgress",
                "taskProgress": None,
                "additionalDetails": None,
            }
        ],
        "additionalDetails": None if restore else {"RetentionTag": tag},
        "warningDetails": None,
    }


def ended(
    world: World,
    job: Record,
    at: float,
    *,
    error: dict[str, Any] | None = None,
    point: str = "",
) -> Record:
    """The job, changed to one that ended: badly with an error; well, a backup's with its recovery point.

    The recovery point's time isn't told, and a restore has no store that it went to (recorded traffic).
    """
    properties = job["properties"]
    status = world.switch("job_failure" if error else "job_success")
    properties |= {
        "status": status,
        "etag": _etag(world, at + _WRITTEN_AFTER),
        "endTime": world.stamp(moment(at)),
        "duration": f"PT{_minutes(at - job['_began'])}",
        "errorDetails": [error] if error else None,
    }
    is_backup = properties["operation"] == "Backup"
    sized = (
        ("OriginalDatasourceSizeInBytes", str(job.get("_bytes", 0))) if is_backup else ("DataTransferredInBytes", "0")
    )
    details = dict([sized, ("TaskId", properties["activityID"]), ("DatasourceType", properties["dataSourceType"])])
    properties["extendedInfo"]["subTasks"][0] |= {"taskStatus": status, "additionalDetails": details}
    if is_backup and not error:
        properties["destinationDataStoreName"] = _STORE
    if point:
        properties["extendedInfo"]["targetRecoverPoint"] = {"recoveryPointID": point, "recoveryPointTime": _NEVER}
    return job


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{rest:.7f}S"
