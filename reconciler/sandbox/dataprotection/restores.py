"""Restores: a recovery point becomes a new disk in another place, some minutes after a job has begun.

What stands in the way shows in validateRestore as an operation that failed, and in a restore as a job that did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox.arm.ids import group_id_of, name_of, region, resource_type, subscription_of
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.compute import disks
from reconciler.sandbox.compute.disk_operations import stamp
from reconciler.sandbox.dataprotection import operations, permissions
from reconciler.sandbox.dataprotection.errors import INVALID_INPUT, facing, invalid, refusal
from reconciler.sandbox.dataprotection.guards import critical_operations
from reconciler.sandbox.dataprotection.guards import routes as guards
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.jobs import mishaps
from reconciler.sandbox.dataprotection.jobs import routes as jobs
from reconciler.sandbox.dataprotection.namespace import INSTANCE, provider, the, vault_id, vault_of
from reconciler.sandbox.dataprotection.spelling import at, canonical, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

_KIND = "AzureBackupRecoveryPointBasedRestoreRequest"
_LENGTH = (205.0, 225.0)


@provider.route("POST", f"{INSTANCE}/validateRestore", f"{instances.KIND}/validateRestore/action")
def validate(world: World, request: Request, **ids: str) -> Response:
    """Say whether a restore could be done."""
    instance, vault = instances.find(world, INSTANCE.format(**ids)), the(world, vault_id(ids))
    wish = _checked(world, instance, at(canonical(request.body), "restoreRequestObject"))
    number = world.count(instance["id"], "restore validation")
    headers = operations.start(
        world,
        request,
        instance["id"],
        operations.at_vault(vault),
        seconds=operations.between(world, instance["id"], f"restore validation {number}", 38.0, 46.0),
        then="restore_validated",
        instance=instance["id"],
        wish=wish,
    )
    return Response(202, None, headers)


@operations.completion
def restore_validated(world: World, **data: Any) -> dict[str, Any]:
    """Fail with the first thing that stands in the way."""
    error = _problem(world, data["instance"], data["wish"])
    if error:
        raise operations.OperationFailed(error)
    return dict(operations.JOB_INFO)


@provider.route("POST", f"{INSTANCE}/restore", f"{instances.KIND}/restore/action")
def restore(world: World, request: Request, **ids: str) -> Response:
    """Begin the job of a restore, at most ten of an instance a day."""
    instance, vault = instances.find(world, INSTANCE.format(**ids)), the(world, vault_id(ids))
    wish, address = _checked(world, instance, canonical(request.body)), instance["id"]
    critical_operations.check(world, request, vault["id"], guards.RESTORE)
    jobs.check_today(world, instance, "restores")
    number = world.count(address, "restore")
    point = world.find(wish["point"]) or {}
    told = {
        "point": {"recoveryPointID": name_of(wish["point"]), "recoveryPointTime": _time(point)},
        "target": wish["disk"],
    }
    job = jobs.begin(world, instance, world.guid(address, f"restore {number}"), by_user=True, restore=told)
    return jobs.answer(
        world,
        request,
        vault,
        job,
        begins=operations.between(world, address, f"restore began {number}", 0.5, 1.5),
        lasts=operations.between(world, address, f"restore {number}", *_LENGTH),
        ends="dataprotection.restore-ends",
        instance=address,
        wish=wish,
    )


@event("dataprotection.restore-ends")
def restore_ends(world: World, **data: Any) -> None:
    """The job ends: the disk is there, or the job tells why not."""
    job = world.find(data["job"])
    if job is None:
        return
    error = mishaps.in_job(_problem(world, data["instance"], data["wish"]))
    if not error:
        _make(world, data["wish"])
    jobs.end(world, job, error=error)


def _checked(world: World, instance: Record, body: Any) -> dict[str, Any]:
    """What a body asks for: recovery point, new disk, its region, who acts; ArmError for what no restore takes."""
    if not same(text(body, "objectType"), _KIND):
        raise invalid(f"The objectType of a disk's restore is {_KIND}.")
    if not same(text(body, "sourceDataStoreType"), "OperationalStore"):
        raise invalid("Backups of disks are in the OperationalStore.")
    target = at(body, "restoreTargetInfo")
    if not same(text(target, "recoveryOption"), "FailIfExists"):
        raise invalid("The recoveryOption of a disk's restore is FailIfExists.")
    disk = text(target, "dataSourceInfo", "resourceID")
    if resource_type(disk) != disks.DISKS or not group_id_of(disk):
        raise invalid("restoreTargetInfo.datasourceInfo.resourceID names no managed disk.")
    point = f"{instance['id']}/recoveryPoints/{text(body, 'recoveryPointId')}"
    if not world.resource_exists(point):
        raise refusal(400, "UserErrorRecoveryPointNotFound", "The recovery point was not found.")
    return {
        "point": point,
        "disk": disk,
        "region": text(target, "restoreLocation"),
        "identity": at(body, "identityDetails"),
    }


def _time(point: Record) -> str:
    return text(point, "properties", "recoveryPointTime")


def _problem(world: World, address: str, wish: dict[str, Any]) -> dict[str, Any] | None:
    """The UserFacingError for the first thing that stands in the way now; None when nothing does."""
    instance, vault = world.find(address), world.find(vault_of(address))
    if instance is None or vault is None:
        return facing("UserErrorGenericResourceNotFound", nulls=False)
    return next(_problems(world, vault, instance, wish), None)


def _problems(world: World, vault: Record, instance: Record, wish: dict[str, Any]) -> Iterator[dict[str, Any]]:
    snapshot, disk = _snapshot(world, wish), wish["disk"]
    group = world.find(group_id_of(disk))
    if snapshot is None:
        yield facing("UserErrorDiskSnapshotNotFound", nulls=False)
        return
    if group is None:
        yield facing("UserErrorRestoreTargetRGNotFound", nulls=False)
        return
    if region(wish["region"]) != region(snapshot["location"]):
        yield facing(INVALID_INPUT, detail="A disk is restored into the region of its snapshots.", nulls=False)
    if world.resource_exists(disk):
        yield facing("UserErrorSameNameDiskAlreadyExists", nulls=False)
    key = text(snapshot, "properties", "encryption", "diskEncryptionSetId")
    if key and subscription_of(key) != subscription_of(disk):
        detail = "Disks encrypted with a customer-managed key are restored into their own subscription."
        yield facing(INVALID_INPUT, detail=detail, nulls=False)
    who = {**instance["properties"], **({"identityDetails": wish["identity"]} if wish["identity"] else {})}
    missing = permissions.missing_to_restore(world, vault, who, group["id"], key)
    if missing:
        yield missing


def _snapshot(world: World, wish: dict[str, Any]) -> Record | None:
    point = world.find(wish["point"])
    return world.find(point.get("_snapshot", "")) if point else None


def _origin(world: World, snapshot: Record) -> dict[str, Any]:
    """What a restored disk tells of where it comes from."""
    told: dict[str, dict[str, Any]] = {
        "snapshot": {"sourceResourceId": snapshot["id"], "sourceUniqueId": snapshot["properties"]["uniqueId"]},
        "disk": {key: value for key, value in snapshot["properties"]["creationData"].items() if key != "createOption"},
        "untold": {},
    }
    return told[world.switch("restored_disk_source")]


def _security(world: World, properties: Record) -> Record:
    """The security type of a restored disk: that of the snapshot, where a switch says so."""
    is_kept = "securityProfile" in properties and world.switch("restored_disk_security") == "kept"
    return {"securityProfile": properties["securityProfile"]} if is_kept else {}


def _make(world: World, wish: dict[str, Any]) -> None:
    """The new disk: as its snapshot, without the tags of the disk that was backed up."""
    snapshot = _snapshot(world, wish) or {}
    properties = snapshot["properties"]
    body = {
        "location": snapshot["location"],
        "sku": {"name": snapshot.get("_sku") or "Premium_LRS"},
        "properties": {
            "creationData": {"createOption": "Copy", **_origin(world, snapshot)},
            "diskSizeGB": properties["diskSizeGB"],
            "timeCreated": stamp(world),
            **({"encryption": properties["encryption"]} if "encryption" in properties else {}),
            **_security(world, properties),
        },
    }
    if snapshot.get("_zones"):
        body["zones"] = snapshot["_zones"]
    record: Record = {"id": wish["disk"], "name": name_of(wish["disk"]), **body}
    world.store(wish["disk"], record)
    disks.adopt(world, wish["disk"], record)
