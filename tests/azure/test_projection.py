from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.azure import disks, projection
from reconciler.azure.kinds import instances, roles, vaults
from reconciler.model.ids import ArmId

S = "/subscriptions/s"
V = f"{S}/resourcegroups/RG/providers/microsoft.dataprotection/BackupVaults/V"
DISK = f"{S}/resourceGroups/r/providers/Microsoft.Compute/disks/d"
SNAPSHOTS = f"{S}/resourceGroups/snap"


def test_a_vault_as_the_portal_makes_it() -> None:
    vault = vaults.project(
        {
            "id": V,
            "location": "West US",
            "tags": None,
            "identity": {
                "type": "SystemAssigned,UserAssigned",
                "principalId": "ABC",
                "userAssignedIdentities": {"/Subscriptions/S/x/U1": {"principalId": "P1"}, "/subscriptions/s/x/u2": {}},
            },
            "properties": {
                "provisioningState": "Succeeded",
                "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
                "isVaultProtectedByResourceGuard": True,
                "securitySettings": {
                    "softDeleteSettings": {"state": "ON", "retentionDurationInDays": 14.0},
                    "immutabilitySettings": {"state": "Locked"},
                },
                "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
                "featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}},
                "secureScore": "Maximum",
            },
        }
    )
    assert vault.location == "westus"
    assert vault.tags == {}
    assert vault.principal_id == "abc"
    assert vault.user_identities == {"/subscriptions/s/x/u1": "p1", "/subscriptions/s/x/u2": None}
    assert vault.redundancy == "GeoRedundant"
    assert (vault.soft_delete_state, vault.soft_delete_retention_days) == ("ON", 14.0)
    assert vault.immutability == "Locked"
    assert vault.alerts_for_all_job_failures == "Enabled"
    assert (vault.cross_region_restore, vault.cross_subscription_restore) == ("Enabled", None)
    assert vault.guarded


def test_a_vault_that_says_next_to_nothing() -> None:
    vault = vaults.project({"id": V})
    assert (vault.principal_id, vault.principals, vault.redundancy) == (None, (), None)
    assert (vault.soft_delete_state, vault.immutability, vault.alerts_for_all_job_failures, vault.guarded) == (
        None,
        None,
        None,
        False,
    )


def instance_body(**properties: Any) -> Any:
    return {
        "id": f"{V}/backupInstances/i",
        "tags": {"Owner": "x"},
        "properties": {
            "dataSourceInfo": {"datasourceType": "Microsoft.Compute/Disks", "resourceId": DISK},
            "policyInfo": {
                "policyId": f"{V}/backupPolicies/p",
                "policyParameters": {"dataStoreParametersList": [{"resourceGroupId": SNAPSHOTS}]},
            },
            "currentProtectionState": "ProtectionConfigured",
            "provisioningState": "Succeeded",
            **properties,
        },
    }


def test_an_instance_with_its_keys_spelled_either_way() -> None:
    instance = instances.project(instance_body())
    assert instance.disk == ArmId(DISK.upper())
    assert instance.vault == ArmId(V)
    assert instance.policy == ArmId(f"{V}/backupPolicies/P")
    assert instance.snapshot_group == ArmId(SNAPSHOTS)
    assert (instance.identity, instance.error, instance.state) == (None, None, "ProtectionConfigured")
    assert instance.tags == {"Owner": "x"}
    renamed = instance_body(dataSourceInfo={"DatasourceType": "microsoft.compute/disks", "resourceID": DISK})
    assert instances.project(renamed).disk == ArmId(DISK)


@pytest.mark.parametrize(
    ("details", "identity"),
    [
        (None, None),
        ({"useSystemAssignedIdentity": True, "userAssignedIdentityArmUrl": "/x/u"}, None),
        ({"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": "/x/u"}, ArmId("/x/u")),
        ({"userAssignedIdentityArmUrl": ""}, None),
    ],
)
def test_the_identity_that_an_instance_uses(details: Any, identity: Any) -> None:
    assert instances.project(instance_body(identityDetails=details)).identity == identity


@pytest.mark.parametrize(
    "properties",
    [
        {"protectionErrorDetails": {"code": "X"}},
        {
            "protectionStatus": {"status": "ProtectionError", "errorDetails": {"code": "X"}},
            "protectionErrorDetails": None,
        },
    ],
)
def test_the_error_of_a_failing_instance_from_either_place(properties: Any) -> None:
    assert instances.project(instance_body(**properties)).error == {"code": "X"}


def test_the_state_falls_back_to_the_protection_status() -> None:
    body = instance_body(currentProtectionState=None, protectionStatus={"status": "BackupsSuspended"})
    assert instances.project(body).state == "BackupsSuspended"


def test_instances_of_other_types_have_no_disk() -> None:
    body = instance_body(
        dataSourceInfo={"datasourceType": "Microsoft.Storage/storageAccounts/blobServices", "resourceID": DISK}
    )
    assert instances.project(body).disk is None


def test_a_soft_deleted_instance_knows_when_it_is_purged() -> None:
    body = instance_body(deletionInfo={"scheduledPurgeTime": "2026-03-01T00:00:00Z"})
    body["id"] = f"{V}/deletedBackupInstances/i"
    instance = instances.project(body, deleted=True)
    assert (instance.deleted, instance.purge_time, instance.vault) == (True, "2026-03-01T00:00:00Z", ArmId(V))


def test_a_disk() -> None:
    disk = disks.project(
        {
            "id": DISK,
            "location": "WestEurope",
            "sku": {"name": "Premium_LRS"},
            "managedBy": f"{S}/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/m",
            "tags": {"Backup": "Gold"},
            "zones": ["1"],
            "properties": {
                "diskSizeGB": 128,
                "diskState": "Attached",
                "provisioningState": "Succeeded",
                "encryption": {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": "/x/des"},
                "encryptionSettingsCollection": {"enabled": True},
            },
        }
    )
    assert (disk.location, disk.sku, disk.size_gb, disk.zones) == ("westeurope", "Premium_LRS", 128, ("1",))
    assert disk.managed_by is not None
    assert disk.managed_by.name == "m"
    assert disk.encryption_set == ArmId("/X/DES")
    assert disk.ade
    assert disks.project({"id": DISK}).ade is False


def test_a_role_assignment_and_when_it_was_made() -> None:
    own = f"{DISK}/providers/Microsoft.Authorization/roleAssignments/1"
    role = roles.project(
        {
            "id": own,
            "properties": {
                "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/3E5E",
                "principalId": "PID",
                "scope": DISK,
                "condition": None,
                "createdOn": "2026-01-02T03:04:05.1234567Z",
            },
        }
    )
    assert (role.scope, role.role, role.principal, role.conditional) == (ArmId(DISK), "3e5e", "pid", False)
    assert role.created == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    bare = roles.project({"id": own, "properties": {"condition": "@x", "createdOn": "?"}})
    assert (bare.scope, bare.conditional, bare.created) == (ArmId(DISK), True, None)


@pytest.mark.parametrize("scope", [S, SNAPSHOTS, DISK])
def test_a_lock_lies_on_what_its_id_says(scope: str) -> None:
    lock = projection.lock(
        {"id": f"{scope}/providers/microsoft.authorization/Locks/l", "properties": {"level": "ReadOnly"}}
    )
    assert (lock.scope, lock.level) == (ArmId(scope), "ReadOnly")


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (V, "Vault"),
        (f"{V}/backupPolicies/p", "Policy"),
        (f"{V}/backupInstances/i", "Instance"),
        (DISK, "Disk"),
        (SNAPSHOTS, "ResourceGroup"),
        (f"{DISK}/providers/Microsoft.Authorization/roleAssignments/1", "RoleAssignment"),
        (f"{SNAPSHOTS}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u", "UserIdentity"),
        (f"{SNAPSHOTS}/providers/Microsoft.Compute/diskEncryptionSets/e", "NoneType"),
        (S, "NoneType"),
    ],
)
def test_a_body_is_projected_by_the_type_of_its_id(own: str, kind: str) -> None:
    body = {"id": own, "properties": {"dataSourceInfo": {"resourceID": DISK}}}
    assert type(projection.resource(ArmId(own), body)).__name__ == kind


@pytest.mark.parametrize(
    "properties",
    [
        {"securitySettings": {"softDeleteSettings": {"state": ["On"]}}},
        {"securitySettings": {"softDeleteSettings": {"retentionDurationInDays": "many"}}},
        {"securitySettings": {"softDeleteSettings": {"retentionDurationInDays": float("nan")}}},
        {"securitySettings": {"immutabilitySettings": {"state": {}}}},
        {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": 1.5}}},
        {"storageSettings": [{"type": []}]},
    ],
)
def test_a_vault_whose_settings_are_no_words_is_not_understood(properties: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        vaults.project({"id": "/subscriptions/s/resourceGroups/g/providers/x/y/z", "properties": properties})
