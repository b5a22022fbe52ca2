"""ARM bodies, projected to the small types of the estate; keys may be in any case, unknown or absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from sys import intern
from typing import Any

from reconciler.azure.fields import id_of, location, moment, optional_id, pick, pick_each
from reconciler.model.ids import ArmId, lower, shared
from reconciler.model.resources import (
    Disk,
    Instance,
    Lock,
    Machine,
    Policy,
    RecoveryPoint,
    ResourceGroup,
    RoleAssignment,
    UserIdentity,
    Vault,
)
from reconciler.model.vault_fields import FIELDS

_DISKS = "microsoft.compute/disks"
_LOCKS = "/providers/microsoft.authorization/locks/"
_ASSIGNMENTS = "/providers/microsoft.authorization/roleassignments/"


def vault(body: Mapping[str, Any]) -> Vault:
    """A Backup vault, from a GET or a row of a list."""
    properties = pick(body, "properties") or {}
    users = pick(body, "identity", "userAssignedIdentities") or {}
    settings: dict[str, Any] = {row.live: row.form.taken(_setting(properties, row.wire)) for row in FIELDS}
    return Vault(
        id=id_of(body),
        location=location(pick(body, "location")),
        tags=_tags(body),
        principal_id=_lowered(pick(body, "identity", "principalId")),
        user_identities={
            lower(str(key)).rstrip("/"): _lowered(pick(value, "principalId")) for key, value in users.items()
        },
        guarded=bool(pick(properties, "isVaultProtectedByResourceGuard")),
        provisioning_state=str(pick(properties, "provisioningState") or ""),
        body=body,
        **settings,
    )


def _setting(properties: Any, path: str) -> Any:
    """The value at a dotted path of a vault's `properties`; storage settings are a list, whose first one counts."""
    block, _, rest = path.partition(".")
    found = pick(properties, block)
    return pick(found[0] if found and block == "storageSettings" else found, *rest.split("."))


def policy(body: Mapping[str, Any], *, vault: ArmId | None = None) -> Policy:
    """A backup policy of any datasource type; `vault` is the one that listed it, if known."""
    properties = pick(body, "properties") or {}
    types = pick(properties, "datasourceTypes") or ()
    own = id_of(body)
    return Policy(
        id=own, vault=vault or own.parent, is_disk=any(lower(str(kind)) == _DISKS for kind in types), body=properties
    )


def instance(body: Mapping[str, Any], *, vault: ArmId | None = None, deleted: bool = False) -> Instance:
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
        disk=_disk_of(source),
        policy=_shared(policy_id),
        snapshot_group=_snapshot_group(parameters),
        identity=_identity_of(identity),
        state=_state_in(properties),
        provisioning_state=_kept(provisioning_state),
        error=error or pick(status, "errorDetails") or None,
        tags=_tags(body),
        deleted=deleted,
        purge_time=str(pick(deletion, "scheduledPurgeTime") or ""),
        created=moment(pick(body, "systemData", "createdAt")),
    )


def state(body: Mapping[str, Any]) -> str:
    """The protection state alone, for instances that are polled."""
    return _state_in(pick(body, "properties"))


def _state_in(properties: Any) -> str:
    return _kept(pick(properties, "currentProtectionState") or pick(properties, "protectionStatus", "status"))


def disk(body: Mapping[str, Any]) -> Disk:
    """A managed disk."""
    where, sku, holder, holders, zones, properties = pick_each(
        body, "location", "sku", "managedBy", "managedByExtended", "zones", "properties"
    )
    encryption, encrypted_within, state, provisioning_state, size, unique_id, created = pick_each(
        properties,
        "encryption",
        "encryptionSettingsCollection",
        "diskState",
        "provisioningState",
        "diskSizeGB",
        "uniqueId",
        "timeCreated",
    )
    managed_by = optional_id(holder)
    others = (other for text in holders or () if (other := optional_id(text)) and other != managed_by)
    return Disk(
        id=id_of(body),
        location=location(where),
        sku=_kept(pick(sku, "name")),
        tags=_tags(body),
        managed_by=managed_by,
        encryption_set=_shared(pick(encryption, "diskEncryptionSetId")),
        ade=bool(pick(encrypted_within, "enabled")),
        state=_kept(state),
        provisioning_state=_kept(provisioning_state),
        size_gb=size,
        zones=tuple(map(str, zones or ())),
        also_managed_by=tuple(others),
        unique_id=_lowered(unique_id) or "",
        created=moment(created),
    )


def machine(body: Mapping[str, Any]) -> Machine:
    """A virtual machine."""
    return Machine(id=id_of(body), tags=_tags(body))


def group(body: Mapping[str, Any]) -> ResourceGroup:
    """A resource group."""
    return ResourceGroup(id=id_of(body), location=location(pick(body, "location")), tags=_tags(body))


def role(body: Mapping[str, Any]) -> RoleAssignment:
    """A role assignment; its scope comes from its id when the body doesn't say."""
    properties = pick(body, "properties") or {}
    own = id_of(body)
    return RoleAssignment(
        id=own,
        scope=ArmId(str(pick(properties, "scope") or own.text[: _cut(own, _ASSIGNMENTS)])),
        role=lower(str(pick(properties, "roleDefinitionId") or "")).rstrip("/").rpartition("/")[2],
        principal=lower(str(pick(properties, "principalId") or "")),
        conditional=bool(pick(properties, "condition")),
        created=moment(pick(properties, "createdOn")),
    )


def recovery_point(body: Mapping[str, Any]) -> RecoveryPoint:
    """A recovery point; ValueError when it has no time."""
    properties = pick(body, "properties") or {}
    taken = moment(pick(properties, "recoveryPointTime"))
    if taken is None:
        raise ValueError("a recovery point without a time")
    state = lower(str(pick(properties, "recoveryPointState") or "completed"))
    kinds = {lower(str(pick(one, "type"))) for one in pick(properties, "recoveryPointDataStoresDetails") or ()}
    return RecoveryPoint(id_of(body), taken, state == "completed", _expiry(properties), kinds <= {"operationalstore"})


def _expiry(properties: Mapping[str, Any]) -> datetime | None:
    """When a recovery point expires; None when it doesn't say, or gives a placeholder (year 1)."""
    stores = pick(properties, "recoveryPointDataStoresDetails") or ()
    told = (pick(properties, "expiryTime"), *(pick(store, "expiryTime") for store in stores))
    found = next(filter(None, map(moment, told)), None)
    return found if found and found.year > 1 else None


def lock(body: Mapping[str, Any]) -> Lock:
    """A management lock; its scope is the part of its id before the lock."""
    own = id_of(body)
    return Lock(id=own, scope=ArmId(own.text[: _cut(own, _LOCKS)]), level=str(pick(body, "properties", "level") or ""))


def identity(body: Mapping[str, Any]) -> UserIdentity:
    """A user-assigned managed identity."""
    return UserIdentity(id=id_of(body), principal_id=lower(str(pick(body, "properties", "principalId") or "")))


def resource(own: ArmId, body: Mapping[str, Any]) -> Any:
    """The projection of a body by the type of its id; None for types that have none."""
    kind = own.type
    if not kind:
        return group(body) if own.group else None
    project = _BY_TYPE.get(kind)
    return project(body) if project else None


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    _DISKS: disk,
    "microsoft.compute/virtualmachines": machine,
    "microsoft.authorization/locks": lock,
    "microsoft.authorization/roleassignments": role,
    "microsoft.dataprotection/backupvaults": vault,
    "microsoft.dataprotection/backupvaults/backupinstances": instance,
    "microsoft.dataprotection/backupvaults/deletedbackupinstances": partial(instance, deleted=True),
    "microsoft.dataprotection/backupvaults/backuppolicies": policy,
    "microsoft.managedidentity/userassignedidentities": identity,
}


def _shared(text: Any) -> ArmId | None:
    return shared(text) if isinstance(text, str) and text else None


def _kept(text: Any) -> str:
    """One of the few words that a field takes, interned to save memory."""
    return intern(str(text)) if text else ""


def _lowered(text: Any) -> str | None:
    return lower(text) if isinstance(text, str) and text else None


def _tags(body: Mapping[str, Any]) -> dict[str, str]:
    tags = pick(body, "tags")
    return _shared_tags(tuple([(str(key), str(value)) for key, value in tags.items()])) if tags else {}


@lru_cache(maxsize=4096)
def _shared_tags(tags: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The tags as a mapping that is shared between equal tags, so nobody may change it."""
    return dict(tags)


def _cut(own: ArmId, marker: str) -> int:
    found = own.key.rfind(marker)
    return found if found >= 0 else len(own.text)


def _disk_of(source: Any) -> ArmId | None:
    by_id, by_uri, datasource, resource_type = pick_each(
        source, "resourceID", "resourceUri", "datasourceType", "resourceType"
    )
    found = optional_id(by_id or by_uri)
    kind = lower(str(datasource or resource_type or (found.type if found else "")))
    return found if kind == _DISKS else None


def _snapshot_group(parameters: Any) -> ArmId | None:
    stores = pick(parameters, "dataStoreParametersList") or ()
    return next((found for store in stores if (found := _shared(pick(store, "resourceGroupId")))), None)


def _identity_of(details: Any) -> ArmId | None:
    of_the_vault, user_assigned = pick_each(details, "useSystemAssignedIdentity", "userAssignedIdentityArmUrl")
    return None if of_the_vault else _shared(user_assigned)
