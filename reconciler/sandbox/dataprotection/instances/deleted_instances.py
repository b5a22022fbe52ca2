"""Soft-deleted instances: kept for the vault's retention, brought back by undelete, then gone for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.dataprotection.backups import ledger
from reconciler.sandbox.dataprotection.errors import absent, missing
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.instances import states
from reconciler.sandbox.dataprotection.namespace import (
    DELETED_INSTANCE,
    DELETED_INSTANCES,
    RECOVERY_POINTS,
    VAULT,
    new,
    provider,
    vault_id,
)
from reconciler.sandbox.dataprotection.spelling import at
from reconciler.sandbox.dataprotection.vaults.security import SOFT_DELETE
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

KIND = "Microsoft.DataProtection/backupVaults/deletedBackupInstances"
_DAYS = 14.0
_NOT_FOUND = "UserErrorGenericResourceNotFound"


def keep(world: World, vault: Record, instance: Record) -> Record:
    """Make a soft-deleted instance of one that was just deleted."""
    days = at(vault, *SOFT_DELETE, "retentionDurationInDays") or _DAYS
    address = f"{vault['id']}/deletedBackupInstances/{instance['name']}"
    record = new(address, KIND, **{key: value for key, value in instance.items() if key not in {"id", "name", "type"}})
    states.enter(world, record, states.SOFT_DELETED)
    info = deletion_info(world, instance["id"], world.stamp(), days)
    record["properties"] |= {"objectType": "DeletedBackupInstance", "deletionInfo": info}
    world.store(address, record)
    schedule_purge(world, record)
    return record


def deletion_info(world: World, address: str, deletion: str, days: float = _DAYS) -> dict[str, str]:
    """When an instance was deleted, and when it is gone for good: after its vault's retention."""
    return {
        "deletionTime": deletion,
        "billingEndDate": deletion,
        "scheduledPurgeTime": world.stamp(_moment(deletion) + timedelta(days=days)),
        "deleteActivityID": world.guid(address, "deletion"),
    }


def shown(world: World, record: Record) -> dict[str, Any]:
    """A soft-deleted instance as told: Microsoft's description has no tags there, so they show by a switch only."""
    tags = record.get("tags") if world.switch("deleted_instance_tags") else None
    body = {key: value for key, value in public(record).items() if key != "tags"}
    return {"tags": tags, **body} if tags else body


def schedule_purge(world: World, record: Record) -> None:
    """Let a soft-deleted instance go when its time has come."""
    due = record["properties"]["deletionInfo"]["scheduledPurgeTime"]
    seconds = max(0.0, _moment(due).timestamp() - world.timestamp)
    world.after(seconds, "dataprotection.instance-purged", instance=record["id"], due=due)


def _moment(stamp: str) -> datetime:
    """A time as Azure writes it; Python reads six digits of a second, Azure has seven."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{(fraction + '000000')[:6]}+00:00")


@event("dataprotection.instance-purged")
def purged(world: World, **data: Any) -> None:
    """Remove a soft-deleted instance for good, unless it came back meanwhile."""
    record = world.find(data["instance"])
    if record is not None and record["properties"]["deletionInfo"]["scheduledPurgeTime"] == data["due"]:
        world.remove(data["instance"])
        forget_recovery_points(world, f"{record['id'].rsplit('/', 2)[0]}/backupInstances/{record['name']}")


def forget_recovery_points(world: World, instance: str) -> None:
    """Remove an instance's recovery points and their snapshots."""
    for key in list(world.table(RECOVERY_POINTS).below(lower(instance))):
        ledger.erase_point(world, key)


@provider.route("GET", f"{VAULT}/deletedBackupInstances", f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """The soft-deleted instances of a vault."""
    return page(
        world,
        request,
        world.table(DELETED_INSTANCES),
        lower(vault_id(ids)),
        size=200,
        render=lambda record: shown(world, record),
    )


@provider.route("GET", DELETED_INSTANCE, f"{KIND}/read")
def get(world: World, _request: Request, **ids: str) -> Response:
    """One soft-deleted instance."""
    address = DELETED_INSTANCE.format(**ids)
    record = world.find(address)
    if record is None:
        raise missing(world, address)
    return Response(200, shown(world, record))


@provider.route("POST", f"{DELETED_INSTANCE}/undelete", f"{KIND}/undelete/action")
def undelete(world: World, _request: Request, **ids: str) -> Response:
    """Bring a soft-deleted instance back, its protection stopped; at once, with an empty 200 (recorded traffic)."""
    address = DELETED_INSTANCE.format(**ids)
    record = world.remove(address)
    if record is None:
        raise absent(_NOT_FOUND, inner=False)
    active = f"{vault_id(ids)}/backupInstances/{record['name']}"
    kept = {key: value for key, value in record.items() if key not in {"id", "name", "type", "_revision"}}
    instance = new(active, instances.KIND, **kept)
    instance["properties"] = {key: value for key, value in kept["properties"].items() if key != "deletionInfo"}
    instance["properties"]["objectType"] = "BackupInstance"
    states.enter(world, instance, states.STOPPED)
    world.store(active, instance)
    return Response(200)
