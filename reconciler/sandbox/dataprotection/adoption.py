"""Vaults, instances and guards that an estate file wrote down, completed as Azure would tell them."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm import name_of
from reconciler.sandbox.dataprotection import guards, instances, proxies, settings, states, vaultidentity, vaults
from reconciler.sandbox.dataprotection.namespace import GUARDS, INSTANCES, PROXIES, VAULTS
from reconciler.sandbox.dataprotection.wording import at, canonical, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, adopted


@adopted(VAULTS)
def adopt_vault(world: World, address: str, record: Record) -> None:
    """Fill in storage, soft delete, identity and state where the file left them out; nothing is refused."""
    body: dict[str, Any] = canonical({key: value for key, value in record.items() if not key.startswith("_")})
    body.setdefault("properties", {}).setdefault(
        "storageSettings", [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]
    )
    identity = body.get("identity") or {}
    complete = settings.merged(world, None, body, patch=False)
    state = text(body, "properties", "provisioningState") or "Succeeded"
    complete["properties"] = {"provisioningState": state, **complete["properties"]}
    record |= {"id": record.get("id", address), "name": name_of(address), "type": vaults.KIND, **complete}
    if identity:
        record["identity"] = identity
        if "systemassigned" in vaultidentity.kinds(identity):
            identity.setdefault("principalId", vaultidentity.next_principal(world, address, None))
            identity.setdefault("tenantId", world.tenant)
            vaultidentity.announce(world, record)


@adopted(INSTANCES)
def adopt_instance(world: World, address: str, record: Record) -> None:
    """Fill in what identifies an instance, and ProtectionConfigured where the file told no state."""
    body = canonical({key: value for key, value in record.items() if not key.startswith("_")})
    properties = {"objectType": "BackupInstance", **(at(body, "properties") or {})}
    error = at(properties, "protectionStatus", "errorDetails") or at(properties, "protectionErrorDetails")
    state = text(properties, "currentProtectionState") or text(properties, "protectionStatus", "status")
    record |= {
        "id": record.get("id", address),
        "name": name_of(address),
        "type": instances.KIND,
        "properties": properties,
    }
    states.enter(world, record, state or states.CONFIGURED, error)


@adopted(GUARDS)
def adopt_guard(world: World, address: str, record: Record) -> None:
    """Fill in the operations that a guard guards."""
    del world
    excluded = at(record, "properties", "vaultCriticalOperationExclusionList") or []
    record |= guards.guard(record.get("id", address), canonical(record), excluded)


@adopted(PROXIES)
def adopt_proxy(world: World, address: str, record: Record) -> None:
    """Fill in what the vault's guard guards."""
    guard = world.find(text(record, "properties", "resourceGuardResourceId"))
    if guard is not None:
        record |= proxies.proxy(world, record.get("id", address), guard)
