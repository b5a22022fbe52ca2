"""Backup vaults: written by PUT and PATCH, read singly and in lists; whether a name is free.

A PUT that changes anything answers 201 even on an update, one that changes nothing 200 without an operation (recorded
traffic).
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import ArmError, Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.dataprotection import api_versions, operations
from reconciler.sandbox.dataprotection.errors import invalid, refusal
from reconciler.sandbox.dataprotection.guards import critical_operations
from reconciler.sandbox.dataprotection.namespace import (
    IN_GROUP,
    IN_SUBSCRIPTION,
    PROXIES,
    VAULT,
    VAULTS,
    new,
    provider,
    the,
    vault_id,
)
from reconciler.sandbox.dataprotection.spelling import canonical, text
from reconciler.sandbox.dataprotection.vaults import deleted_vaults, deletion, identities, security, settings
from reconciler.sandbox.graph.queries import shows
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]{1,49}")
KIND = "Microsoft.DataProtection/backupVaults"
PAGE = 200
_SPELLING = re.compile("/backupVaults/", re.IGNORECASE)
_READ = f"{KIND}/read"
_WRITE = f"{KIND}/write"
_TOLD = (
    api_versions.SECURE_SCORE, api_versions.REPLICATED_REGIONS, api_versions.SECURITY_LEVEL, api_versions.REGION_OF_CHOICE,
    api_versions.CROSS_REGION_BACKUP, api_versions.COST_MANAGEMENT,
)  # fmt: skip
"""Read-only and new properties, each under its own name."""


def shown(world: World, vault: Record, version: str) -> dict[str, Any]:
    """The vault as a GET of an api-version tells it, read-only properties filled in."""
    body = public(vault)
    if vault.get("identity"):
        body["identity"] = identities.resolved(world, vault["identity"])
    guarded = world.table(PROXIES).count(lower(vault["id"])) > 0
    properties = {
        **vault["properties"],
        "isVaultProtectedByResourceGuard": guarded,
        **security.scores(vault),
        "regionOfChoiceSettings": {"status": "NotApplicable"},
        "crossRegionBackupSettings": "NotApplicable",
    }
    untold = {change.name for change in _TOLD if not api_versions.holds(version, change)}
    return {**body, "properties": {key: value for key, value in properties.items() if key not in untold}}


def answered(world: World, vault: Record, version: str, before: Record | None) -> dict[str, Any]:
    """The vault as the answer to a write tells it: user-assigned identities that are new are empty objects there."""
    body = shown(world, vault, version)
    if not api_versions.holds(version, api_versions.IDENTITY_TOLD):
        return {key: value for key, value in body.items() if key != "identity"}
    if not vault.get("identity"):
        return body
    told = identities.resolved(world, vault["identity"], new=False, before=(before or {}).get("identity"))
    return {**body, "identity": told}


@shows(VAULTS)
def in_graph(world: World, vault: Record) -> dict[str, Any]:
    """The vault as Resource Graph shows it, which spells the id BackupVaults (recorded traffic)."""
    body = shown(world, vault, api_versions.NEWEST)
    return {**body, "id": _SPELLING.sub("/BackupVaults/", body["id"])} if world.switch("case_drift") else body


@provider.route("GET", VAULT, _READ)
def get(world: World, request: Request, **ids: str) -> Response:
    """One vault."""
    return Response(200, shown(world, the(world, vault_id(ids)), request.api_version))


@provider.route("GET", f"{VAULT}/operationResults/{{operation}}", f"{KIND}/operationResults/read")
def result(world: World, request: Request, **ids: str) -> Response:
    """What a PATCH has made of the vault, once it is done."""
    vault = the(world, vault_id(ids))
    return operations.pending(world, request, **ids) or operations.resulted(
        world, request, ids, vault["location"], get(world, request, **ids)
    )


@provider.route("GET", f"{IN_GROUP}/backupVaults", _READ)
@provider.route("GET", f"{IN_SUBSCRIPTION}/backupVaults", _READ)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The vaults of a resource group or a subscription."""
    scope = f"/subscriptions/{ids['subscription']}" + (f"/resourceGroups/{ids['group']}" if "group" in ids else "")

    def row(vault: Record) -> dict[str, Any]:
        return shown(world, vault, request.api_version)

    return page(world, request, world.table(VAULTS), lower(scope), size=PAGE, render=row)


@provider.route(
    "POST",
    f"{IN_GROUP}/locations/{{location}}/checkNameAvailability",
    "Microsoft.DataProtection/locations/checkNameAvailability/action",
)
def check_name(world: World, request: Request, **ids: str) -> Response:
    """Say whether a vault of that name could be made in the resource group."""
    name = text(canonical(request.body), "name")
    if not name:
        raise invalid("name is missing.")
    if not NAME.fullmatch(name):
        reason, message = "Invalid", "The name has 2 to 50 letters, digits and hyphens, and starts with a letter."
    elif world.resource_exists(VAULT.format(**ids, vault=name)):
        reason, message = "AlreadyExists", f"A vault named {name} already exists in resource group {ids['group']}."
    else:
        return Response(200, {"nameAvailable": True})
    return Response(200, {"nameAvailable": False, "reason": reason, "message": message})


@provider.route("PUT", VAULT, _WRITE)
def put(world: World, request: Request, **ids: str) -> Response:
    """Create a vault, or write all of one."""
    body, address = _body(request), vault_id(ids)
    live = world.find(address)
    if live is not None and live.get("_goes"):
        deletion.gone(world, **live["_goes"])
        live = None
    if live is None:
        _check_new(world, body, address)
    elif text(body, "location") and region(text(body, "location")) != region(live["location"]):
        raise _other_location(live, text(body, "location"))
    wanted = settings.merged(world, live, body, patch=False)
    if live is None and request.headers.get("x-ms-deleted-vault-id"):
        return _restore(world, request, address, body.get("identity"))
    return _write(world, request, address, live, body, wanted, patch=False)


@provider.route("PATCH", VAULT, _WRITE)
def patch(world: World, request: Request, **ids: str) -> Response:
    """Change what the body names: tags, identity, and the settings other than storage."""
    body, address = _body(request), vault_id(ids)
    live = the(world, address)
    wanted = settings.merged(world, live, body, patch=True)
    return _write(world, request, address, live, body, wanted, patch=True)


def _restore(world: World, request: Request, address: str, identity: Any) -> Response:
    """Bring a deleted vault back; its identity is the one that the PUT asks for, a new one."""
    identities.check_assign(world, request.caller, identity)
    if not identity:
        return _written(world, request, None, deleted_vaults.restored(world, request, address))
    identities.applied(world, address, None, identity, patch=False)  # refuses before anything is put back
    record = deleted_vaults.restored(world, request, address)
    before = {key: value for key, value in record.items() if key != "identity"}
    asked = identities.applied(world, address, before, identity, patch=False)
    return _written(world, request, None, {**before, "identity": asked})


def _body(request: Request) -> dict[str, Any]:
    if not isinstance(request.body, dict):
        raise invalid("The body has to be an object.")
    body: dict[str, Any] = canonical(request.body)
    for part in ("properties", "identity", "tags"):
        if not isinstance(body.get(part, {}), dict):
            raise invalid(f"{part} has to be an object.")
    return body


def _check_new(world: World, body: dict[str, Any], address: str) -> None:
    if not NAME.fullmatch(address.rsplit("/", 1)[-1]):
        raise invalid("A vault's name has 2 to 50 letters, digits and hyphens, and starts with a letter.")
    if not text(body, "location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    limit = world.switch("vault_create_limit")
    if limit:
        hour = int(world.timestamp // 3600)
        if world.count("/subscriptions/" + address.split("/")[2], f"vaults made in hour {hour}") > limit:
            raise refusal(400, "CloudDosTimeboudLimitReached", advice="Please try again after a few hours.")


def _other_location(live: Record, wanted: str) -> ArmError:
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{live['name']}' already exists in location '{live['location']}' in resource group "
        f"'{live['id'].split('/')[4]}'. A resource with the same name cannot be created in location '{wanted}'. "
        "Please select a new resource name.",
    )


def _write(
    world: World,
    request: Request,
    address: str,
    live: Record | None,
    body: dict[str, Any],
    wanted: Record,
    *,
    patch: bool,
) -> Response:
    security.check(world, request, live, wanted)
    identity = body.get("identity")
    identities.check_assign(world, request.caller, identity)
    changes_identity = live is not None and identity is not None and _differs(live.get("identity"), identity)
    after = identities.applied(world, address, live, identity, patch=patch)
    if after is not None:
        wanted = {"location": wanted["location"], "identity": after, **wanted}
    if live is not None:
        if not settings.differs(live, wanted):
            return Response(200, answered(world, live, request.api_version, live))
        if identity is not None:
            identities.check_pause(world, live)
        critical_operations.check_vault(world, request, live, wanted)
    private = {key: value for key, value in (live or {}).items() if key.startswith("_")}
    if changes_identity:
        private["_identityChanged"] = world.timestamp
    record = new((live or {}).get("id", address), KIND, **wanted, **private)
    return _written(world, request, live, record, patch=patch)


def _differs(live: Any, sent: Any) -> bool:
    return identities.kinds(live) != identities.kinds(sent) or bool(text(sent, "type") != text(live, "type"))


def _written(world: World, request: Request, live: Record | None, record: Record, *, patch: bool = False) -> Response:
    synchronous = patch and world.switch("vault_patch") == "synchronous"
    state = "Succeeded" if synchronous else "Updating" if live else "Provisioning"
    record["properties"] = {"provisioningState": state, **_without_state(record)}
    identities.announce(world, record)
    world.store(record["id"], record)
    if synchronous:
        return Response(200, answered(world, record, request.api_version, live))
    seconds = operations.between(world, record["id"], "write", 0.5, 1.5)
    links = operations.Links(record["id"], record["id"] if patch else "")
    headers = operations.start(
        world, request, record["id"], links, seconds=seconds, then="vault_written", vault=record["id"]
    )
    if patch:
        return Response(202, None, headers)
    return Response(201, answered(world, record, request.api_version, live), headers)


def _without_state(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record["properties"].items() if key != "provisioningState"}


@operations.completion
def vault_written(world: World, **data: Any) -> None:
    """A vault that was written is ready."""
    vault = world.find(data["vault"])
    if vault is not None:
        vault["properties"]["provisioningState"] = "Succeeded"
