"""Completes what an estate file says of vaults, of what is in them and of guards, so that it reads like Azure's answers."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import name_of
from reconciler.sandbox.arm.messages import ArmError
from reconciler.sandbox.dataprotection.errors import DETAIL
from reconciler.sandbox.dataprotection.guards import proxies
from reconciler.sandbox.dataprotection.guards import routes as guards
from reconciler.sandbox.dataprotection.instances import deleted_instances, states
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.namespace import DELETED_INSTANCES, GUARDS, INSTANCES, POLICIES, PROXIES, VAULTS
from reconciler.sandbox.dataprotection.policies import routes as policies
from reconciler.sandbox.dataprotection.policies import rules as policy_rules
from reconciler.sandbox.dataprotection.spelling import at, canonical, text
from reconciler.sandbox.dataprotection.vaults import identities, settings
from reconciler.sandbox.dataprotection.vaults import routes as vaults
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import Adopter, World, adopted


def _readable(adopter: Adopter) -> Adopter:
    """The adopter with its refusals turned into ValueError, which is what a bad estate file is told by."""

    def adopt(world: World, address: str, record: Record) -> None:
        try:
            adopter(world, address, record)
        except ArmError as error:
            detail = text(error.body, "error", "additionalInfo", 0, "info", "innerError", "additionalInfo", DETAIL)
            raise ValueError(detail or error.message) from error

    return adopt


@adopted(VAULTS)
@_readable
def adopt_vault(world: World, address: str, record: Record) -> None:
    """Fill in storage, soft delete, identity and state where the file left them out; nothing is refused."""
    odd = _odd_storage(record)
    body: dict[str, Any] = canonical({key: value for key, value in record.items() if key[:1] != "_"} | odd)
    body.setdefault("properties", {}).setdefault(
        "storageSettings", [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]
    )
    identity = body.get("identity") or {}
    complete = settings.merged(world, None, body, patch=False)
    state = text(body, "properties", "provisioningState") or "Succeeded"
    told = record["properties"]["storageSettings"] if odd else complete["properties"]["storageSettings"]
    complete["properties"] = {"provisioningState": state, **complete["properties"], "storageSettings": told}
    record |= {"id": record.get("id", address), "name": name_of(address), "type": vaults.KIND, **complete}
    if identity:
        record["identity"] = identity
        if "systemassigned" in identities.kinds(identity):
            identity.setdefault("principalId", identities.next_principal(world, address, None))
            identity.setdefault("tenantId", world.tenant)
            identities.announce(world, record)


def _odd_storage(record: Record) -> Record:
    """The vault's properties without storage settings that are null or have an entry that is: such vaults exist."""
    properties = record.get("properties") or {}
    if "storageSettings" not in properties:
        return {}
    told = properties["storageSettings"]
    if isinstance(told, list) and all(isinstance(entry, dict) for entry in told):
        return {}
    if told is not None and not isinstance(told, list):
        return {}
    return {"properties": {key: value for key, value in properties.items() if key != "storageSettings"}}


@adopted(INSTANCES)
@_readable
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
@_readable
def adopt_guard(world: World, address: str, record: Record) -> None:
    """Fill in the operations that a guard guards."""
    del world
    excluded = at(record, "properties", "vaultCriticalOperationExclusionList") or []
    record |= guards.guard(record.get("id", address), canonical(record), excluded)


@adopted(PROXIES)
@_readable
def adopt_proxy(world: World, address: str, record: Record) -> None:
    """Fill in what the vault's guard guards."""
    guard = world.find(text(record, "properties", "resourceGuardResourceId"))
    if guard is not None:
        record |= proxies.proxy(world, record.get("id", address), guard)


@adopted(POLICIES)
@_readable
def adopt_policy(world: World, address: str, record: Record) -> None:
    """Complete a policy that an estate file wrote down."""
    del world
    body = canonical(record.get("properties") or {})
    record["properties"] = policy_rules.normalised({"objectType": "BackupPolicy", **body})
    record |= {"id": record.get("id", address), "name": name_of(address), "type": policies.KIND}


@adopted(DELETED_INSTANCES)
@_readable
def adopt_deleted(world: World, address: str, record: Record) -> None:
    """Complete a soft-deleted instance that an estate file wrote down."""
    record |= {"id": record.get("id", address), "name": name_of(address), "type": deleted_instances.KIND}
    record["properties"] = canonical(record.get("properties") or {})
    info = record["properties"].get("deletionInfo") or {}
    states.enter(world, record, states.SOFT_DELETED)
    complete = deleted_instances.deletion_info(world, address, info.get("deletionTime") or world.stamp())
    record["properties"] |= {"objectType": "DeletedBackupInstance", "deletionInfo": {**complete, **info}}
    deleted_instances.schedule_purge(world, record)
