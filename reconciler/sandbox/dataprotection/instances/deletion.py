"""Deleting an instance: it still needs the snapshot resource group and the vault's permissions (Azure Backup's own docs).

It is gone at the end of the operation, or is shown as `SoftDeleting` for as long as a switch says.
"""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import name_of
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.errors import facing
from reconciler.sandbox.dataprotection.guards import critical_operations
from reconciler.sandbox.dataprotection.guards import routes as guards
from reconciler.sandbox.dataprotection.instances import configuration, deleted_instances, states
from reconciler.sandbox.dataprotection.namespace import INSTANCE, provider, the, vault_id, vault_of
from reconciler.sandbox.dataprotection.permissions import missing_to_delete, snapshot_group_of
from reconciler.sandbox.dataprotection.spelling import same, text
from reconciler.sandbox.dataprotection.vaults.security import SOFT_DELETE, always_soft_deletes
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

_RETRY_AFTER = 30


@provider.route("DELETE", INSTANCE, "Microsoft.DataProtection/backupVaults/backupInstances/delete")
def delete(world: World, request: Request, **ids: str) -> Response:
    """Delete an instance: 204 when there is none, else 202; with soft delete it can be brought back."""
    instance, vault = world.find(INSTANCE.format(**ids)), the(world, vault_id(ids))
    if instance is None:
        return Response(204)
    address = instance["id"]
    critical_operations.check(world, request, vault["id"], guards.DELETE_INSTANCE, target=address)
    keeps = _keeps(world, request, vault)
    if keeps and world.switch("soft_deleting") != "0" and states.state_of(instance) != states.SOFT_DELETING:
        configuration.revise(world, instance)
        instance["_before"] = states.state_of(instance)
        states.enter(world, instance, states.SOFT_DELETING)
    headers = operations.start(
        world,
        request,
        address,
        operations.at_vault(vault, retry_after=_RETRY_AFTER),
        seconds=world.span("instance_deletion", address, "delete"),
        then="instance_deleted",
        instance=address,
        generation=world.generation(address),
        keeps=keeps,
    )
    return Response(202, None, headers)


def _keeps(world: World, request: Request, vault: Record) -> bool:
    always_on = same(text(vault, *SOFT_DELETE, "state"), "AlwaysOn")
    permanent = request.query.get("permanent", "").lower() == "true"
    if permanent and not always_on and world.switch("permanent_delete") == "honoured":
        return False
    return always_soft_deletes(world, vault, request.api_version)


@operations.completion
def instance_deleted(world: World, **data: Any) -> dict[str, Any]:
    """Remove the instance, or let it be SoftDeleting for a while; fail when its snapshots cannot be reached."""
    instance = world.find(data["instance"])
    vault = world.find(vault_of(data["instance"]))
    if instance is not None and vault is not None and world.generation(data["instance"]) == data["generation"]:
        is_deleting = states.state_of(instance) == states.SOFT_DELETING
        error = _unreachable(world, vault, instance)
        if error:
            if is_deleting:
                states.enter(world, instance, instance.pop("_before", states.SOFT_DELETING))
            raise operations.OperationFailed(error)
        told = {key: data[key] for key in ("instance", "generation", "keeps")}
        if is_deleting:
            world.after(world.span("soft_deleting", data["instance"]), "dataprotection.instance-removed", **told)
        else:
            removed(world, **told)
    return dict(operations.JOB_INFO)


@event("dataprotection.instance-removed")
def removed(world: World, **data: Any) -> None:
    """Take an instance away that was deleted, unless another stands in its place."""
    instance, vault = world.find(data["instance"]), world.find(vault_of(data["instance"]))
    if instance is not None and vault is not None and world.generation(data["instance"]) == data["generation"]:
        remove(world, vault, instance, keeps=data["keeps"])


_WAY_OUT = (
    "Create the resource group {group} again, assign the vault's identity Disk Snapshot Contributor on it, and delete the "
    "backup instance again."
)


def _unreachable(world: World, vault: Record, instance: Record) -> dict[str, Any] | None:
    """What keeps an instance's snapshots from being deleted; nothing where it never named a group for them."""
    group = snapshot_group_of(instance["properties"])
    if not group:
        return None
    if not world.resource_exists(group):
        return facing("UserErrorSnapshotRGNotFound", advice=_WAY_OUT.format(group=name_of(group)), nulls=False)
    return missing_to_delete(world, vault, instance["properties"])


def remove(world: World, vault: Record, instance: Record, *, keeps: bool) -> None:
    """Take an instance away, into the soft-deleted ones or for good."""
    configuration.revise(world, instance)
    instance.pop("_before", None)
    world.remove(instance["id"])
    if keeps:
        deleted_instances.keep(world, vault, instance)
    else:
        deleted_instances.forget_recovery_points(world, instance["id"])
