"""ARM bodies as people, portals and other tools leave them: data for estates, written without the tool's own code."""

from __future__ import annotations

import uuid
from typing import Any

Body = dict[str, Any]

PLATFORM = "11111111-1111-1111-1111-111111111111"
APPS = "22222222-2222-2222-2222-222222222222"
OTHER = "33333333-3333-3333-3333-333333333333"

BACKUP_READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
SNAPSHOT_CONTRIBUTOR = "7efff54f-a5b4-42b5-a1c5-5411624893ce"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

LONG_AGO = "2025-01-01T00:00:00.0000000Z"


def group_id(subscription: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{name}"


def disk_id(name: str, group: str = "diskrg", subscription: str = APPS) -> str:
    return f"{group_id(subscription, group)}/providers/Microsoft.Compute/disks/{name}"


def vault_id(name: str = "TestBkpVault", group: str = "testBkpVaultRG", subscription: str = PLATFORM) -> str:
    return f"{group_id(subscription, group)}/providers/Microsoft.DataProtection/backupVaults/{name}"


def policy_id(vault: str, name: str) -> str:
    return f"{vault}/backupPolicies/{name}"


def instance_id(vault: str, name: str) -> str:
    return f"{vault}/backupInstances/{name}"


def group(subscription: str, name: str, location: str = "westus", tags: Body | None = None) -> Body:
    return {"id": group_id(subscription, name), "location": location, **({"tags": tags} if tags else {})}


def disk(
    name: str,
    group: str = "diskrg",
    subscription: str = APPS,
    *,
    location: str = "westus",
    sku: str = "Premium_LRS",
    tags: Body | None = None,
    encryption_set: str = "",
    encrypted_inside: bool = False,
    managed_by: str = "",
) -> Body:
    encryption: Body = {"type": "EncryptionAtRestWithPlatformKey"}
    if encryption_set:
        encryption = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": encryption_set}
    properties: Body = {
        "creationData": {"createOption": "Empty"},
        "diskSizeGB": 128,
        "diskState": "Attached" if managed_by else "Unattached",
        "encryption": encryption,
        "provisioningState": "Succeeded",
    }
    if encrypted_inside:
        properties["encryptionSettingsCollection"] = {"enabled": True}
    return {
        "id": disk_id(name, group, subscription),
        "location": location,
        "sku": {"name": sku},
        **({"tags": tags} if tags else {}),
        **({"managedBy": managed_by} if managed_by else {}),
        "properties": properties,
    }


def principal(of: str) -> str:
    """A principal id that is always the same for the same resource."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, of.lower()))


def vault(
    address: str = "",
    *,
    location: str = "westus",
    redundancy: str = "LocallyRedundant",
    soft_delete: tuple[str, float] | None = ("On", 14.0),
    tags: Body | None = None,
    identity: Body | None = None,
    **properties: Any,
) -> Body:
    address = address or vault_id()
    system = {"type": "SystemAssigned", "principalId": principal(address), "tenantId": "t"}
    security = dict(properties.pop("securitySettings", {}))
    if soft_delete:
        security["softDeleteSettings"] = {"state": soft_delete[0], "retentionDurationInDays": soft_delete[1]}
    return {
        "id": address,
        "location": location,
        "identity": system if identity is None else identity,
        **({"tags": tags} if tags is not None else {}),
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": redundancy}],
            "securitySettings": security,
            **properties,
        },
    }


def policy(
    vault: str,
    name: str,
    *,
    every: str = "PT4H",
    start: str = "2021-05-02T13:00:00+00:00",
    zone: str | None = "UTC",
    default: str = "P7D",
    daily: str | None = None,
    weekly: str | None = None,
    monthly: str | None = None,
    yearly: str | None = None,
    rule: str = "BackupHourly",
    backwards: bool = False,
    called: str = "{}",
) -> Body:
    """A policy for disks; `called` makes the names of its rules, the default apart, of the usual ones."""
    tags: list[Body] = [{"isDefault": True, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}]
    rules = [_retention("Default", default, is_default=True)]
    for usual, kept, priority, when in (
        ("Daily", daily, 25, "FirstOfDay"),
        ("Weekly", weekly, 20, "FirstOfWeek"),
        ("Monthly", monthly, 15, "FirstOfMonth"),
        ("Yearly", yearly, 10, "FirstOfYear"),
    ):
        if kept:
            tag = called.format(usual)
            criteria = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [when]}]
            tags.append(
                {"isDefault": False, "taggingPriority": priority, "tagInfo": {"tagName": tag}, "criteria": criteria}
            )
            rules.append(_retention(tag, kept, is_default=False))
    schedule: Body = {"repeatingTimeIntervals": [f"R/{start}/{every}"]}
    if zone is not None:
        schedule["timeZone"] = zone
    backup = {
        "name": rule,
        "objectType": "AzureBackupRule",
        "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
        "dataStore": {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"},
        "trigger": {
            "objectType": "ScheduleBasedTriggerContext",
            "schedule": schedule,
            "taggingCriteria": tags[::-1] if backwards else tags,
        },
    }
    every_rule = [backup, *rules]
    return {
        "id": policy_id(vault, name),
        "properties": {
            "objectType": "BackupPolicy",
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": every_rule[::-1] if backwards else every_rule,
        },
    }


def _retention(name: str, kept: str, *, is_default: bool) -> Body:
    lifecycle = {
        "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": kept},
        "sourceDataStore": {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"},
        "targetDataStoreCopySettings": [],
    }
    return {"name": name, "objectType": "AzureRetentionRule", "isDefault": is_default, "lifecycles": [lifecycle]}


def instance(
    vault: str,
    disk: str,
    policy: str,
    *,
    name: str = "",
    snapshots: str = "",
    state: str = "ProtectionConfigured",
    tags: Body | None = None,
    identity: str = "",
    location: str = "westus",
    error: Body | None = None,
) -> Body:
    short = disk.rsplit("/", 1)[-1]
    snapshots = snapshots or group_id(disk.split("/")[2], "snapshotrg")
    status = {"status": state, **({"errorDetails": error} if error else {})}
    store = {
        "objectType": "AzureOperationalStoreParameters",
        "dataStoreType": "OperationalStore",
        "resourceGroupId": snapshots,
    }
    properties: Body = {
        "objectType": "BackupInstance",
        "friendlyName": short,
        "dataSourceInfo": {
            "objectType": "Datasource",
            "datasourceType": "Microsoft.Compute/disks",
            "resourceID": disk,
            "resourceLocation": location,
            "resourceName": short,
            "resourceType": "Microsoft.Compute/disks",
            "resourceUri": "",
        },
        "policyInfo": {
            "policyId": policy_id(vault, policy),
            "policyParameters": {"dataStoreParametersList": [store]},
        },
        "protectionStatus": status,
        "currentProtectionState": state,
        "provisioningState": "Succeeded",
    }
    if identity:
        properties["identityDetails"] = {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": identity}
    found: Body = {"id": instance_id(vault, name or f"{short}-byhand"), "properties": properties}
    return found | ({"tags": tags} if tags is not None else {})


def role(scope: str, principal: str, role: str, *, name: str = "", condition: str | None = None) -> Body:
    name = name or str(uuid.uuid5(uuid.NAMESPACE_URL, f"by hand {scope.lower()} {principal} {role}"))
    subscription = scope.split("/")[2] if scope.startswith("/subscriptions/") else PLATFORM
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "properties": {
            "roleDefinitionId": f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": scope,
            "condition": condition,
            "conditionVersion": "2.0" if condition else None,
            "createdOn": LONG_AGO,
            "updatedOn": LONG_AGO,
        },
    }


def grants(vault: str, disk: str, snapshots: str = "") -> list[Body]:
    """What the vault's system identity needs for one disk."""
    who = principal(vault)
    snapshots = snapshots or group_id(disk.split("/")[2], "snapshotrg")
    return [role(disk, who, BACKUP_READER), role(snapshots, who, SNAPSHOT_CONTRIBUTOR)]


def lock(scope: str, level: str = "ReadOnly", name: str = "hands-off") -> Body:
    address = f"{scope}/providers/Microsoft.Authorization/locks/{name}"
    return {"id": address, "properties": {"level": level}}


def user_identity(name: str = "backup-identity", group: str = "identities", subscription: str = PLATFORM) -> Body:
    address = f"{group_id(subscription, group)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    properties = {"principalId": principal(address), "clientId": principal(f"{address}/client"), "tenantId": "t"}
    return {"id": address, "location": "westus", "properties": properties}


SLOW = "60..300"
"""How long a role assignment takes where the tool has to wait for it."""


def estate(*resources: Body | list[Body], switches: Body | None = None, seed: int = 1, **more: Any) -> Body:
    """An estate file's content: the resources as they are, and every subscription and resource group they lie in.

    Role assignments take their time, as in Azure, unless `switches` say otherwise: by default the sandbox is quicker.
    """
    flat: list[Body] = []
    for item in resources:
        flat += item if isinstance(item, list) else [item]
    by_id = {body["id"].lower(): body for body in flat}
    for body in list(by_id.values()):
        parts = body["id"].split("/")
        if len(parts) > 4 and parts[3].lower() == "resourcegroups":
            by_id.setdefault("/".join(parts[:5]).lower(), {"id": "/".join(parts[:5]), "location": "westus"})
    subscriptions = sorted({key.split("/")[2] for key in by_id if key.startswith("/subscriptions/")})
    named = [{"id": subscription} for subscription in dict.fromkeys([PLATFORM, APPS, *subscriptions])]
    return {
        "seed": seed,
        "subscriptions": named,
        "resources": list(by_id.values()),
        "switches": {"propagation": SLOW, **(switches or {})},
        **more,
    }
