"""Deleting a vault: only an empty one can be deleted, it stays for a while, and newer api-versions keep it restorable."""

from __future__ import annotations

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Request, Response
from reconciler.sandbox.dataprotection import api_versions, operations
from reconciler.sandbox.dataprotection.errors import refusal
from reconciler.sandbox.dataprotection.namespace import (
    DELETED_INSTANCES,
    INSTANCES,
    JOBS,
    POLICIES,
    PROXIES,
    RECOVERY_POINTS,
    VAULT,
    VAULTS,
    provider,
    vault_id,
)
from reconciler.sandbox.dataprotection.spelling import same, text
from reconciler.sandbox.dataprotection.vaults import deleted_vaults
from reconciler.sandbox.dataprotection.vaults.security import SOFT_DELETE, is_secure_by_default
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, departs, event

PARTS = (INSTANCES, DELETED_INSTANCES, POLICIES, JOBS, RECOVERY_POINTS, PROXIES)
_NOT_EMPTY = (
    "Cannot delete the Backup vault as there are existing backup instances or backup policies in the vault. "
    "Delete all backup instances and backup policies that are present in the vault and then try deleting the vault."
)


@provider.route("DELETE", VAULT, "Microsoft.DataProtection/backupVaults/delete")
def delete(world: World, request: Request, **ids: str) -> Response:
    """Delete a vault: 204 when there is none, an error when it is not empty, else 202."""
    vault = world.find(vault_id(ids))
    if vault is None:
        return Response(204)
    keeps = _keeps(world, vault, request.api_version)
    if _is_occupied(world, vault, keeps=keeps):
        raise _not_empty(world)
    address = vault["id"]
    headers = operations.start(
        world,
        request,
        address,
        operations.at_location(vault),
        seconds=operations.between(world, address, "delete", 0.5, 1.5),
        then="vault_deleted",
        vault=address,
        generation=world.generation(address),
        keeps=keeps,
        lingers=world.span("vault_lingers", address, f"lingers {world.generation(address)}"),
    )
    return Response(202, None, headers)


def _keeps(world: World, vault: Record, version: str) -> bool:
    """Whether the vault becomes a deleted vault that can be restored."""
    newer = api_versions.holds(version, api_versions.DELETED_VAULTS) or is_secure_by_default(world, vault["location"])
    holds = world.table(DELETED_INSTANCES).count(lower(vault["id"])) > 0
    always = world.switch("vault_soft_delete") == "always" and not same(text(vault, *SOFT_DELETE, "state"), "Off")
    return newer and (always or holds)


def _is_occupied(world: World, vault: Record, *, keeps: bool) -> bool:
    key = lower(vault["id"])
    if world.table(INSTANCES).count(key):
        return True
    if keeps:
        return False
    by_policies = world.switch("policies_block_vault_delete") and world.table(POLICIES).count(key)
    return bool(world.table(DELETED_INSTANCES).count(key) or by_policies)


def _not_empty(world: World) -> ArmError:
    return refusal(world.switch("vault_not_empty_status"), world.switch("vault_not_empty_code"), _NOT_EMPTY)


@departs(VAULTS)
def depart(world: World, vault: Record) -> None:
    """Go with the resource group, as by a deletion of the newest api-version; ArmError when the vault is not empty."""
    keeps = _keeps(world, vault, api_versions.NEWEST)
    if _is_occupied(world, vault, keeps=keeps):
        raise _not_empty(world)
    gone(world, vault=vault["id"], generation=world.generation(vault["id"]), keeps=keeps)


@operations.completion
def vault_deleted(world: World, **data: object) -> None:
    """The operation has succeeded; the vault is still seen for a while, or until it is made anew."""
    lingers = float(str(data.pop("lingers")))
    vault = world.find(str(data["vault"]))
    if vault is not None:
        vault["_goes"] = data
    world.after(lingers, "dataprotection.vault-gone", **data)


@event("dataprotection.vault-gone")
def gone(world: World, **data: object) -> None:
    """Remove a deleted vault and all that is in it, unless it was made anew meanwhile."""
    address = str(data["vault"])
    vault = world.find(address)
    if vault is None or world.generation(address) != data["generation"]:
        return
    vault.pop("_goes", None)
    parts = remove(world, address)
    if data["keeps"]:
        deleted_vaults.keep(world, vault, parts)


def remove(world: World, address: str) -> dict[str, list[Record]]:
    """Remove a vault and return what was in it, by table."""
    removed: dict[str, list[Record]] = {}
    for kind in PARTS:
        table = world.table(kind)
        removed[kind] = [table.pop(key) for key in list(table.below(lower(address)))]
    world.remove(address)
    return removed
