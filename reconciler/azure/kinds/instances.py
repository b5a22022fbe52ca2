"""Backup instances, live and soft-deleted: read, written, stopped, deleted, restored from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.azure import disks
from reconciler.azure.bodies import guard_requests, guarded, merged, place, says_already
from reconciler.azure.fields import (
    Odd,
    id_of,
    kept,
    moment,
    optional_id,
    pick,
    pick_each,
    shared_id,
    tags_of,
    written_moment,
)
from reconciler.azure.receipts import Receipt, Write, satisfied
from reconciler.base import escape
from reconciler.model.changes import Op, Step
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Instance

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = "microsoft.dataprotection/backupvaults/backupinstances"
_VAULTS = "microsoft.dataprotection/backupvaults"
DELETED_TYPE = "microsoft.dataprotection/backupvaults/deletedbackupinstances"

_GUARD_PROXY = "DppResourceGuardProxy"
_READ_ONLY = frozenset({"id", "name", "type", "systemdata", "etag"})
_READ_ONLY_PROPERTIES = frozenset(
    {"currentprotectionstate", "protectionstatus", "protectionerrordetails", "provisioningstate", "deletioninfo"}
)

_PROTECTED = "protectionconfigured"


def project(body: Mapping[str, Any], *, vault: ArmId | None = None, deleted: bool = False) -> Instance:
    """A backup instance, live or soft-deleted; `vault` is the one that listed it, if known."""
    properties = pick(body, "properties")
    source, used, identity, provisioning_state, error, status, deletion = pick_each(
        properties,
        "dataSourceInfo",
        "policyInfo",
        "identityDetails",
        "provisioningState",
        "protectionErrorDetails",
        "protectionStatus",
        "deletionInfo",
    )
    policy_id, parameters = pick_each(used, "policyId", "policyParameters")
    own = id_of(body)
    return Instance(
        id=own,
        vault=vault or own.parent,
        disk=_disk_of(source, own),
        policy=shared_id(policy_id),
        snapshot_group=_snapshot_group(parameters),
        identity=_identity_of(identity),
        state=_state_in(properties),
        provisioning_state=kept(provisioning_state),
        error=_error_of(error or pick(status, "errorDetails")),
        tags=tags_of(body),
        deleted=deleted,
        purge_time=written_moment(pick(deletion, "scheduledPurgeTime")),
        created=moment(pick(body, "systemData", "createdAt")),
    )


def _error_of(details: Any) -> Mapping[str, Any] | None:
    """Azure's error, or the first of a list of them as jobs have it; anything else that isn't empty as its message."""
    first = next((one for one in details if isinstance(one, Mapping)), None) if isinstance(details, list) else None
    found = first or details
    return found if isinstance(found, Mapping) and found else {"message": escape.spelled(found)} if found else None


def state(body: Mapping[str, Any]) -> str:
    """The protection state alone, for instances that are polled."""
    return _state_in(pick(body, "properties"))


def provisioning_state(body: Mapping[str, Any]) -> str:
    """The provisioning state alone, for instances that are polled."""
    return kept(pick(body, "properties", "provisioningState"))


def _state_in(properties: Any) -> str:
    """The protection state; where one field says that the disk is protected and the other doesn't, what the other says."""
    current, status = pick(properties, "currentProtectionState"), pick(properties, "protectionStatus", "status")
    if current and status and lower(kept(current)) == _PROTECTED:
        return kept(status)
    return kept(current or status)


def may_protect(body: Mapping[str, Any], disk: ArmId) -> bool:
    """Whether an instance in a list at a disk is that disk's, as far as it says."""
    kind, found = _source(pick(body, "properties", "dataSourceInfo"))
    return disks.is_disks(kind, found) and found in (None, disk)


def id_in_vault(body: Mapping[str, Any]) -> ArmId:
    """The id of an instance in a list at a disk, where Azure gives it an id below the disk; its policy tells the vault."""
    own = id_of(body)
    vault = own.parent
    if vault.type != _VAULTS:
        policy = optional_id(pick(body, "properties", "policyInfo", "policyId"))
        vault = policy.parent if policy else vault
    return vault.child("backupInstances", own.name) if vault.type == _VAULTS else own


def _source(source: Any) -> tuple[Any, ArmId | None]:
    """The type and the id of what is protected, as far as they are told."""
    by_id, by_uri, datasource, resource_type = pick_each(
        source, "resourceID", "resourceUri", "datasourceType", "resourceType"
    )
    return datasource or resource_type, optional_id(by_id) or optional_id(by_uri)


def _disk_of(source: Any, own: ArmId) -> ArmId | None:
    """The disk that an instance protects, None for other kinds; Odd when that isn't told, since it may be any disk."""
    kind, found = _source(source)
    if not disks.is_disks(kind, found):
        return None
    if found is None or found.type != disks.TYPE:
        raise Odd(f"{own} doesn't say which disk it protects")
    return found


def _snapshot_group(parameters: Any) -> ArmId | None:
    stores = pick(parameters, "dataStoreParametersList") or ()
    return next((found for store in stores if (found := shared_id(pick(store, "resourceGroupId")))), None)


def _identity_of(details: Any) -> ArmId | None:
    of_the_vault, user_assigned = pick_each(details, "useSystemAssignedIdentity", "userAssignedIdentityArmUrl")
    return None if of_the_vault else shared_id(user_assigned)


def writable(live: Mapping[str, Any]) -> dict[str, Any]:
    """A live instance's body without its read-only fields."""
    kept = {key: value for key, value in live.items() if lower(key) not in _READ_ONLY}
    for key in [key for key in kept if lower(key) == "properties"]:
        kept["properties"] = writable_properties(kept.pop(key) or {})
    return kept


def writable_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An instance's properties without the read-only ones."""
    return {key: value for key, value in properties.items() if lower(key) not in _READ_ONLY_PROPERTIES}


async def validate(sdk: Operations, vault: ArmId, properties: Mapping[str, Any]) -> Receipt:
    """The first answer to validateForBackup of an instance with these properties."""
    instances = sdk.dataprotection(vault.subscription).backup_instances
    body = {"backupInstance": writable_properties(properties)}
    return await sdk.begin(instances.begin_validate_for_backup, vault.group, vault.name, body)


def restore_request(step: Step) -> dict[str, Any]:
    """The body of a restore, with the resource guard's requests."""
    return {**step.body, **(guard_requests(step.guard) or {})}


async def _put(sdk: Operations, step: Step) -> Receipt:
    """Write an instance through the ARM client: each disk needs this write, and the SDK's takes half as long again."""
    return await sdk.put(step.target.text, guarded(step.body, step.guard))


async def _merge(sdk: Operations, step: Step) -> Receipt:
    live = await sdk.azure.get(step.target)
    if says_already(live, step.body):
        return Receipt(HTTPStatus.OK, live, unchanged=True)
    return await _put_over(sdk, live, step)


async def _repair(sdk: Operations, step: Step) -> Receipt:
    return await _put_over(sdk, await sdk.azure.get(step.target), step)


async def _put_over(sdk: Operations, live: Mapping[str, Any], step: Step) -> Receipt:
    return await _put(sdk, replace(step, body=merged(writable(live), step.body)))


async def _validate(sdk: Operations, step: Step) -> Receipt:
    live = await sdk.azure.get(step.target)
    return await validate(sdk, step.target.parent, live.get("properties") or {})


async def _stop(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_stop_protection, *place(step.target), guard_requests(step.guard))


async def _suspend(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_suspend_backups, *place(step.target), guard_requests(step.guard))


async def _resume(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_resume_protection, *place(step.target))


async def _undelete(sdk: Operations, step: Step) -> Receipt:
    deleted = sdk.dataprotection(step.target.subscription).deleted_backup_instances
    return await sdk.begin(deleted.begin_undelete, *place(step.target))


async def _delete(sdk: Operations, step: Step) -> Receipt:
    """Delete an instance; under a resource guard it is unlocked first, since DELETE itself takes no guard request."""
    client = sdk.dataprotection(step.target.subscription)
    group, vault, name = place(step.target)
    if step.guard:
        unlock = {**(guard_requests(step.guard) or {}), "resourceToBeDeleted": step.target.text}
        await sdk.run(client.dpp_resource_guard_proxy.unlock_delete, group, vault, _GUARD_PROXY, unlock)
    return await satisfied(sdk.begin(client.backup_instances.begin_delete, group, vault, name))


async def _start_restore(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_trigger_restore, *place(step.target), restore_request(step))


WRITES: Mapping[Op, Write] = {
    Op.INSTANCE_PUT: _put,
    Op.INSTANCE_MERGE: _merge,
    Op.INSTANCE_REPAIR: _repair,
    Op.INSTANCE_VALIDATE: _validate,
    Op.INSTANCE_STOP: _stop,
    Op.INSTANCE_SUSPEND: _suspend,
    Op.INSTANCE_RESUME: _resume,
    Op.INSTANCE_UNDELETE: _undelete,
    Op.INSTANCE_DELETE: _delete,
    Op.RESTORE_START: _start_restore,
}
