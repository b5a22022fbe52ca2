"""Deleted vaults, from api-version 2025-09-01: listed by region, restored by a PUT that names one in a header."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import ArmError, Request, Response, not_found, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.dataprotection import api_versions
from reconciler.sandbox.dataprotection.errors import invalid
from reconciler.sandbox.dataprotection.instances import deleted_instances
from reconciler.sandbox.dataprotection.namespace import (
    DELETED_INSTANCES,
    DELETED_VAULTS,
    IN_SUBSCRIPTION,
    PROXIES,
    new,
    provider,
    the,
)
from reconciler.sandbox.dataprotection.spelling import at
from reconciler.sandbox.dataprotection.vaults.identities import next_principal
from reconciler.sandbox.dataprotection.vaults.security import SOFT_DELETE
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

_AT = f"{IN_SUBSCRIPTION}/locations/{{location}}/deletedVaults"
_READ = "Microsoft.DataProtection/locations/deletedVaults/read"
_VERSIONS = api_versions.since(api_versions.DELETED_VAULTS)


def keep(world: World, vault: Record, parts: dict[str, list[Record]]) -> None:
    """Make a deleted vault of one that was just removed, with all that was in it."""
    address, now = vault["id"], world.now
    name = world.guid(address, "deleted vault")
    subscription = address.split("/")[2]
    place = f"/subscriptions/{subscription}/providers/Microsoft.DataProtection/locations/{region(vault['location'])}"
    days = at(vault, *SOFT_DELETE, "retentionDurationInDays") or 14.0
    group, own_name = address.split("/")[4], vault["name"]
    properties = {
        **{key: value for key, value in vault["properties"].items() if key != "replicatedRegions"},
        "isVaultProtectedByResourceGuard": bool(parts[PROXIES]),
        "originalBackupVaultId": world.guid(address, "vault's own id"),
        "originalBackupVaultName": own_name,
        "originalBackupVaultResourcePath": (
            f"/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.DataProtection/"
            f"BackupVaults/{own_name}"
        ),
        "resourceDeletionInfo": {
            "deletionTime": world.stamp(now),
            "scheduledPurgeTime": world.stamp(now + timedelta(days=days)),
            "deleteActivityID": world.guid(address, "deletion"),
        },
    }
    kind = "Microsoft.DataProtection/locations/deletedVaults"
    told: Record = {"location": vault["location"], "tags": vault.get("tags") or {}, "properties": properties}
    record = new(f"{place}/deletedVaults/{name}", kind, **told, _vault=vault, _parts=parts)
    world.store(record["id"], record)
    world.after(days * 86400, "dataprotection.vault-purged", deleted=record["id"])


@event("dataprotection.vault-purged")
def purged(world: World, **data: str) -> None:
    """A deleted vault's time is over."""
    world.remove(data["deleted"])


@provider.route("GET", _AT, _READ, versions=_VERSIONS)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The deleted vaults of a region."""
    scope = lower(f"/subscriptions/{ids['subscription']}")

    def is_here(record: Record) -> bool:
        return region(record["id"].split("/")[6]) == region(ids["location"])

    return page(world, request, world.table(DELETED_VAULTS), scope, keep=is_here)


@provider.route("GET", f"{_AT}/{{deleted}}", _READ, versions=_VERSIONS)
def get(world: World, _request: Request, **ids: str) -> Response:
    """One deleted vault."""
    ids["location"] = region(ids["location"])
    return Response(200, public(the(world, f"{_AT}/{{deleted}}".format(**ids))))


def restored(world: World, request: Request, address: str) -> Record:
    """The record of a vault to restore, after everything that was in it has been put back."""
    if not api_versions.holds(request.api_version, api_versions.DELETED_VAULTS):
        raise invalid(f"x-ms-deleted-vault-id needs api-version {_VERSIONS[0]} or newer.")
    wanted = request.headers["x-ms-deleted-vault-id"]
    record = _find(world, wanted)
    if record is None:
        raise not_found(wanted)
    if lower(record["_vault"]["id"]) != lower(address):
        raise ArmError(400, "InvalidDeletedVault", f"The deleted vault {wanted} was not {address}.")
    world.remove(record["id"])
    for kind, parts in record["_parts"].items():
        for part in parts:
            _put_back(world, kind, part)
    vault: Record = record["_vault"]
    return _with_identity(world, vault)


def _find(world: World, wanted: str) -> Record | None:
    if "/" in wanted:
        return world.find(wanted)
    matches = (record for record in world.table(DELETED_VAULTS).values() if lower(record["name"]) == lower(wanted))
    return next(matches, None)


def _put_back(world: World, kind: str, part: Record) -> None:
    world.store(part["id"], part)
    if kind == DELETED_INSTANCES:
        deleted_instances.schedule_purge(world, part)


def _with_identity(world: World, vault: Record) -> Record:
    """A restored vault has lost its system identity, or has a new one (not documented)."""
    identity: dict[str, Any] = dict(vault.get("identity") or {})
    if not identity.get("principalId"):
        return vault
    if world.switch("restored_vault_identity") == "new":
        return {**vault, "identity": {**identity, "principalId": next_principal(world, vault["id"], vault)}}
    rest = {key: value for key, value in vault.items() if key != "identity"}
    users = identity.get("userAssignedIdentities")
    return {**rest, "identity": {"type": "UserAssigned", "userAssignedIdentities": users}} if users else rest
