"""A vault's link to a resource guard, always named DppResourceGuardProxy, and the unlocking of one deletion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.dataprotection.errors import invalid, refusal
from reconciler.sandbox.dataprotection.guards import critical_operations
from reconciler.sandbox.dataprotection.guards.routes import DELETE_INSTANCE, DELETE_PROXY, REQUESTS
from reconciler.sandbox.dataprotection.namespace import PROXIES, PROXY, VAULT, new, provider, the, vault_id
from reconciler.sandbox.dataprotection.spelling import at, canonical, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupResourceGuardProxies"
_TOLD_KIND = "Microsoft.DataProtection/vaults/backupResourceGuardProxies"
"""What its body has for a type (recorded traffic)."""
NAME = "DppResourceGuardProxy"
_UNLOCKED = timedelta(hours=1)


@provider.route("PUT", PROXY, f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Put the vault under a resource guard."""
    if not same(ids["proxy"], NAME):
        raise invalid(f"The proxy has to be named {NAME}.")
    guard = text(canonical(request.body), "properties", "resourceGuardResourceId")
    record = world.find(guard)
    if record is None:
        raise refusal(400, "UserErrorGenericResourceNotFound", f"The resource guard {guard} was not found.")
    address = f"{vault_id(ids)}/backupResourceGuardProxies/{NAME}"
    return Response(200, public(world.store(address, proxy(world, address, record))))


def proxy(world: World, address: str, guard: Record) -> Record:
    """The record of a vault's link to a guard."""
    properties = {
        "resourceGuardResourceId": guard["id"],
        "resourceGuardOperationDetails": _details(guard),
        "lastUpdatedTime": world.stamp(),
    }
    return new(address, _TOLD_KIND, properties=properties)


def _details(guard: Record) -> list[dict[str, Any]]:
    return [
        {
            "vaultCriticalOperation": row["vaultCriticalOperation"],
            "defaultResourceRequest": f"{guard['id']}/{REQUESTS[row['vaultCriticalOperation']]}/default",
        }
        for row in at(guard, "properties", "resourceGuardOperations") or []
        if row["vaultCriticalOperation"] in REQUESTS
    ]


@provider.route("GET", PROXY, f"{KIND}/read")
def get(world: World, _request: Request, **ids: str) -> Response:
    """The vault's link to its guard."""
    return Response(200, public(the(world, PROXY.format(**ids))))


@provider.route("GET", f"{VAULT}/backupResourceGuardProxies", f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """All links of the vault: none or one."""
    return page(world, request, world.table(PROXIES), lower(vault_id(ids)))


@provider.route("DELETE", PROXY, f"{KIND}/delete")
def delete(world: World, request: Request, **ids: str) -> Response:
    """Take the vault from under its guard, itself a guarded operation."""
    address = PROXY.format(**ids)
    if not world.resource_exists(address):
        return Response(204)
    critical_operations.check(world, request, vault_id(ids), DELETE_PROXY, target=address)
    world.remove(address)
    return Response(200, {})


@provider.route("POST", f"{PROXY}/unlockDelete", f"{KIND}/unlockDelete/action")
def unlock(world: World, request: Request, **ids: str) -> Response:
    """Let one thing be deleted within the hour, given the guard's request for that."""
    link = the(world, PROXY.format(**ids))
    body = canonical(request.body)
    target = lower(text(body, "resourceToBeDeleted"))
    operation = DELETE_INSTANCE if "/backupinstances/" in target else DELETE_PROXY
    critical_operations.check(world, request, vault_id(ids), operation)
    until = world.now + _UNLOCKED
    link.setdefault("_unlocked", {})[target or lower(link["id"])] = until.timestamp()
    return Response(200, {"unlockDeleteExpiryTime": world.stamp(until)})
