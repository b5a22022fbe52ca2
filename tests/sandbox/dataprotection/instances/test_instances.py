from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest


def test_a_create_succeeds_at_once_while_protection_follows_later(ready: Any) -> None:
    response = ready.call("PUT", ready.INSTANCE, ready.instance_body())
    assert response.status == 201
    properties = response.body["properties"]
    assert properties["provisioningState"] == "Provisioning"
    assert properties["currentProtectionState"] == "ConfiguringProtection"
    assert properties["dataSourceInfo"]["resourceUri"] == ""
    assert response.body["tags"] == {"reconciler-owner": "walkthrough"}
    assert (response.headers["Retry-After"], "Location" in response.headers) == ("15", False)
    assert ready.finish(response, 2)["status"] == "Succeeded"
    assert ready.get(ready.INSTANCE)["properties"]["provisioningState"] == "Succeeded"
    assert ready.state() == "ConfiguringProtection"
    ready.wait(60)
    assert ready.state() == "ProtectionConfigured"


def test_a_policy_for_other_datasources_protects_no_disk(ready: Any) -> None:
    blobs = f"{ready.POLICY}-blobs"
    properties = {
        "objectType": "BackupPolicy",
        "datasourceTypes": ["Microsoft.Storage/storageAccounts/blobServices"],
        "policyRules": [{"name": "Default", "objectType": "AzureRetentionRule", "isDefault": True}],
    }
    assert ready.call("PUT", blobs, {"properties": properties}).status == 200
    refused = (400, "BMSUserErrorInvalidInput")
    body = ready.instance_body(policy=blobs)
    assert ready.refused("PUT", ready.INSTANCE, body) == refused
    question = {"backupInstance": body["properties"]}
    assert ready.refused("POST", f"{ready.VAULT}/validateForBackup", question) == refused


def test_a_snapshot_group_may_lie_in_another_region_unless_switched(ready: Any) -> None:
    ready.world.find(ready.SNAPSHOTS)["location"] = "westeurope"
    ready.call("PUT", ready.INSTANCE, ready.instance_body())
    ready.wait(70)
    assert ready.state() == "ProtectionConfigured"


def test_keys_are_read_without_case_and_nulls_are_dropped(ready: Any) -> None:
    body = ready.instance_body(dataSourceSetInfo=None)
    info = body["properties"]["dataSourceInfo"]
    info["resourceId"] = info.pop("resourceID")
    stored = ready.call("PUT", ready.INSTANCE, body).body["properties"]
    assert stored["dataSourceInfo"]["resourceID"] == ready.DISK
    assert "dataSourceSetInfo" not in stored


def test_protection_waits_for_rights_that_take_effect(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.call("PUT", azure.POLICY, azure.policy_body())
    azure.grant_all(after=600)
    response = azure.call("PUT", azure.INSTANCE, azure.instance_body())
    assert azure.finish(response, 70)["status"] == "Succeeded"
    assert azure.state() == "ProtectionError"
    details = azure.get(azure.INSTANCE)["properties"]["protectionStatus"]["errorDetails"]
    assert details["code"] == "UserErrorMissingRequiredPermissions"
    assert "roleAssignments/read" in details["innerError"]["additionalInfo"]["DetailedNonLocalisedMessage"]
    azure.wait(600)
    assert azure.call("PUT", azure.INSTANCE, azure.instance_body()).status == 202
    assert azure.state() == "ConfiguringProtection"
    azure.wait(70)
    assert azure.state() == "ProtectionConfigured"


@pytest.mark.parametrize(
    ("place", "at_status", "separate"), [("status", True, False), ("separate", False, True), ("both", True, True)]
)
def test_where_the_details_of_a_protection_error_stand(ready: Any, place: str, at_status: bool, separate: bool) -> None:
    ready.world.set_switch("protection_error_place", place)
    ready.revoke_all()
    ready.call("PUT", ready.INSTANCE, ready.instance_body())
    ready.wait(70)
    properties = ready.get(ready.INSTANCE)["properties"]
    assert ("errorDetails" in properties["protectionStatus"], "protectionErrorDetails" in properties) == (
        at_status,
        separate,
    )


def test_missing_permissions_can_be_refused_at_once(ready: Any) -> None:
    ready.world.set_switch("permission_failure", "refused")
    ready.revoke_all()
    response = ready.call("PUT", ready.INSTANCE, ready.instance_body())
    assert (response.status, response.body["error"]["code"]) == (400, "BMSUserErrorInvalidInput")
    assert ready.call("GET", ready.INSTANCE).status == 404


def test_missing_permissions_can_fail_the_operation(ready: Any) -> None:
    ready.world.set_switch("permission_failure", "operation-failed")
    ready.revoke_all()
    ended = ready.finish(ready.call("PUT", ready.INSTANCE, ready.instance_body()), 2)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserErrorMissingRequiredPermissions")
    assert ready.state() == "ConfiguringProtectionFailed"


def test_a_failed_operation_can_leave_the_instance_halfway(ready: Any) -> None:
    ready.world.set_switch("permission_failure", "given-up")
    ready.revoke_all()
    ended = ready.finish(ready.call("PUT", ready.INSTANCE, ready.instance_body()), 2)
    assert ended["status"] == "Failed"
    properties = ready.call("GET", ready.INSTANCE).body["properties"]
    assert (properties["currentProtectionState"], properties["provisioningState"]) == (
        "ConfiguringProtection",
        "Failed",
    )
    assert "protectionErrorDetails" not in properties
    ready.wait(3600)
    assert ready.state() == "ConfiguringProtection", "nothing happens by itself"


@pytest.mark.parametrize("given_up", ["Failed", "Canceled"])
@pytest.mark.parametrize(
    ("setting", "status", "ends", "state"),
    [
        ("repaired", 202, "Succeeded", "ProtectionConfigured"),
        ("no-op", 200, "", "UpdatingProtection"),
        ("operation-failed", 202, "Failed", "UpdatingProtection"),
    ],
)
def test_a_put_of_what_was_given_up(
    protected: Any, given_up: str, setting: str, status: int, ends: str, state: str
) -> None:
    halfway = {"status": "UpdatingProtection"}, "UpdatingProtection", given_up
    keys = ("protectionStatus", "currentProtectionState", "provisioningState")
    protected.world.find(protected.INSTANCE)["properties"] |= dict(zip(keys, halfway, strict=True))
    protected.world.set_switch("given_up_instance", setting)
    response = protected.call("PUT", protected.INSTANCE, protected.instance_body())
    assert response.status == status
    if ends:
        assert protected.finish(response, 2)["status"] == ends
    protected.wait(60)
    assert protected.state() == state
    provisioning = protected.get(protected.INSTANCE)["properties"]["provisioningState"]
    assert provisioning == ("Succeeded" if setting == "repaired" else given_up)


def test_what_was_given_up_takes_another_body_whatever_the_switch_says(protected: Any) -> None:
    protected.world.find(protected.INSTANCE)["properties"]["provisioningState"] = "Failed"
    protected.world.set_switch("given_up_instance", "operation-failed")
    body = protected.instance_body()
    body["tags"] = {"more": "tags"}
    assert protected.finish(protected.call("PUT", protected.INSTANCE, body), 2)["status"] == "Succeeded"
    protected.wait(60)
    assert protected.get(protected.INSTANCE)["properties"]["provisioningState"] == "Succeeded"


def no_disk(azure: Any, body: Any) -> None:
    azure.world.remove(azure.DISK)


def other_region(azure: Any, body: Any) -> None:
    azure.disk(location="eastus")


def ade(azure: Any, body: Any) -> None:
    azure.disk(encryptionSettingsCollection={"enabled": True})


def slow_disk(azure: Any, body: Any) -> None:
    azure.disk(sku="PremiumV2_LRS")


def group_gone(azure: Any, body: Any) -> None:
    azure.world.remove(azure.SNAPSHOTS)


def other_subscription(azure: Any, body: Any) -> None:
    group = f"{azure.VAULTS_AT}/resourceGroups/vaults"
    body["properties"]["policyInfo"]["policyParameters"]["dataStoreParametersList"][0]["resourceGroupId"] = group


def no_group(azure: Any, body: Any) -> None:
    del body["properties"]["policyInfo"]["policyParameters"]


def no_identity(azure: Any, body: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body(identity={"type": "None"}))


def foreign_user(azure: Any, body: Any) -> None:
    user = f"{azure.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    body["properties"]["identityDetails"] = {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": user}


def far_group(azure: Any, body: Any) -> None:
    del body
    azure.world.set_switch("snapshot_group_elsewhere", "refused")
    azure.world.find(azure.SNAPSHOTS)["location"] = "westeurope"


MISFITS = [
    (far_group, "BMSUserErrorInvalidInput"),
    (no_disk, "UserErrorManagedDiskNotFound"),
    (other_region, "BMSUserErrorInvalidInput"),
    (ade, "UserErrorDiskBackupDiskTypeNotSupported"),
    (slow_disk, "BMSUserErrorInvalidInput"),
    (group_gone, "UserErrorSnapshotRGNotFound"),
    (other_subscription, "UserErrorSnapshotRGSubscriptionMismatch"),
    (no_group, "UserErrorOperationalStoreParametersNotProvided"),
    (no_identity, "UserErrorSystemIdentityNotEnabledWithVault"),
    (foreign_user, "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault"),
]


@pytest.mark.parametrize(("spoil", "code"), MISFITS)
def test_what_does_not_fit_is_told_the_same_way_everywhere(ready: Any, spoil: Any, code: str) -> None:
    body = ready.instance_body()
    spoil(ready, body)
    ready.world.set_switch("check_failure", "refused")
    assert ready.refused("PUT", ready.INSTANCE, body) == (400, code)
    ready.world.set_switch("check_failure", "protection-error")
    probe = ready.call("POST", f"{ready.VAULT}/validateForBackup", {"backupInstance": body["properties"]})
    assert probe.status == 202
    ended = ready.finish(probe, 50)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", code)
    assert ready.call("PUT", ready.INSTANCE, body).status == 201
    ready.wait(70)
    assert ready.state() == "ProtectionError"
    assert ready.get(ready.INSTANCE)["properties"]["protectionStatus"]["errorDetails"]["code"] == code


def test_a_customer_managed_key_needs_a_right_on_its_encryption_set(ready: Any) -> None:
    encryption_set = f"{ready.DISKS_AT}/resourceGroups/disks/providers/Microsoft.Compute/diskEncryptionSets/des"
    ready.disk(encryption={"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": encryption_set})
    ready.call("PUT", ready.INSTANCE, ready.instance_body())
    ready.wait(70)
    details = ready.get(ready.INSTANCE)["properties"]["protectionStatus"]["errorDetails"]
    assert "diskEncryptionSets/read" in str(details["innerError"])
    ready.grant(ready.principal(), "acdd72a7-3385-48ef-bd42-f606fba81ae7", encryption_set)
    ready.call("POST", f"{ready.INSTANCE}/sync", {"syncType": "ForceResync"})
    ready.wait(70)
    assert ready.state() == "ProtectionConfigured"


@pytest.mark.parametrize("path", [("dataSourceInfo", "resourceID"), ("policyInfo", "policyId"), ("dataSourceInfo",)])
def test_a_body_without_its_parts_is_refused(ready: Any, path: Any) -> None:
    body = ready.instance_body()
    parent = body["properties"]
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    assert ready.refused("PUT", ready.INSTANCE, body) == (400, "BMSUserErrorInvalidInput")


def test_a_policy_that_is_missing_or_elsewhere_is_refused(ready: Any) -> None:
    for policy in (f"{ready.POLICY}-none", ready.POLICY.replace("Vault1", "Vault2")):
        assert ready.refused("PUT", ready.INSTANCE, ready.instance_body(policy=policy))[0] == 400


def test_a_disk_has_one_instance_across_all_vaults(protected: Any) -> None:
    other = protected.VAULT.replace("Vault1", "Vault2")
    protected.call("PUT", other, protected.vault_body())
    policy = protected.POLICY.replace("Vault1", "Vault2")
    protected.call("PUT", policy, protected.policy_body())
    for vault, policy_id in ((protected.VAULT, protected.POLICY), (other, policy)):
        body = protected.instance_body(
            disk=protected.DISK.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), policy=policy_id
        )
        response = protected.call("PUT", f"{vault}/backupInstances/another", body)
        error = response.body["error"]
        assert (response.status, error["code"]) == (400, "UserErrorDppDatasourceAlreadyHasBackupInstance")
        assert error["message"] == (
            "Datasource is already associated with the backup instance disk1 in the Backup vault "
            f"{protected.VAULT} with the protection status as ProtectionConfigured."
        )


def test_pointing_to_another_policy_takes_minutes(protected: Any) -> None:
    other = f"{protected.POLICY}-2"
    protected.call("PUT", other, protected.policy_body(keep="P8D"))
    response = protected.call("PUT", protected.INSTANCE, protected.instance_body(policy=other))
    assert (response.status, response.body) == (202, None)
    assert f"{protected.INSTANCE}/operationResults/" in response.headers["Location"]
    assert protected.state() == "UpdatingProtection"
    protected.wait(45)
    assert protected.get(response.headers["Azure-AsyncOperation"])["status"] == "Inprogress"
    assert protected.call("GET", response.headers["Location"]).status == 202
    protected.wait(170)
    assert protected.get(response.headers["Location"])["id"] == protected.INSTANCE
    assert protected.state() == "ProtectionConfigured"
    assert protected.get(protected.INSTANCE)["properties"]["policyInfo"]["policyId"] == other


def test_a_disks_identity_is_changed_without_a_body_since_2024(protected: Any) -> None:
    body = protected.instance_body(identityDetails={"useSystemAssignedIdentity": True})
    response = protected.call("PUT", protected.INSTANCE, body, version="2024-04-01")
    assert (response.status, response.body, response.headers["Retry-After"]) == (202, None, "15")
    assert f"{protected.INSTANCE}/operationResults/" in response.headers["Location"]


def test_how_to_validate_and_empty_properties_of_a_disk_are_not_kept(protected: Any) -> None:
    body = protected.instance_body(validationType="DeepValidation")
    body["properties"]["dataSourceInfo"]["resourceProperties"] = {"objectType": "DefaultResourceProperties"}
    same = protected.call("PUT", protected.INSTANCE, body, version="2024-04-01")
    assert (same.status, "Azure-AsyncOperation" in same.headers) == (200, False)
    protected.call("PUT", protected.INSTANCE, {**body, "tags": {"more": "tags"}})
    kept = protected.get(protected.INSTANCE)["properties"]
    assert "validationType" not in kept
    assert "resourceProperties" not in kept["dataSourceInfo"]


def test_older_versions_answer_an_update_with_201_and_a_body(protected: Any) -> None:
    body = protected.instance_body()
    body["tags"] = {"more": "tags"}
    response = protected.call("PUT", protected.INSTANCE, body, version="2023-05-01")
    assert response.status == 201
    assert response.body["properties"]["currentProtectionState"] == "UpdatingProtection"
    assert response.body["properties"]["provisioningState"] == "Succeeded"


def test_an_identical_put_does_nothing_or_updates_as_switched(protected: Any) -> None:
    assert protected.call("PUT", protected.INSTANCE, protected.instance_body()).status == 200
    assert protected.state() == "ProtectionConfigured"
    protected.world.set_switch("identical_instance", "updates")
    assert protected.call("PUT", protected.INSTANCE, protected.instance_body()).status == 202
    assert protected.state() == "UpdatingProtection"


def test_disk_and_snapshot_group_never_change(protected: Any) -> None:
    other = f"{protected.DISKS_AT}/resourceGroups/disks"
    moved = protected.instance_body(group=other)
    assert protected.refused("PUT", protected.INSTANCE, moved)[0] == 400
    another_disk = protected.instance_body(disk=f"{protected.DISK}-2")
    assert protected.refused("PUT", protected.INSTANCE, another_disk)[0] == 400
    protected.world.set_switch("snapshot_group_change", "ignored")
    assert protected.call("PUT", protected.INSTANCE, moved).status == 200
    assert protected.SNAPSHOTS in str(protected.get(protected.INSTANCE))


@pytest.mark.parametrize(
    ("setting", "status", "state"),
    [
        ("keeps-state", 202, "ProtectionStopped"),
        ("refused", 400, "ProtectionStopped"),
        ("resumes", 202, "ProtectionConfigured"),
    ],
)
def test_a_put_while_stopped(protected: Any, setting: str, status: int, state: str) -> None:
    protected.world.set_switch("put_while_stopped", setting)
    protected.call("POST", f"{protected.INSTANCE}/stopProtection")
    protected.wait(60)
    body = protected.instance_body()
    body["tags"] = {}
    assert protected.call("PUT", protected.INSTANCE, body).status == status
    protected.wait(250)
    assert protected.state() == state


def test_lists_hold_200_rows_to_a_page(ready: Any) -> None:
    for number in range(205):
        disk = f"{ready.DISK}{number:03}"
        ready.disk(disk)
        name = f"{ready.VAULT}/backupInstances/i{number:03}"
        assert ready.call("PUT", name, ready.instance_body(disk=disk)).status == 201
    first = ready.get(f"{ready.VAULT}/backupInstances")
    assert len(first["value"]) == 200
    second = ready.get(first["nextLink"])
    assert (len(second["value"]), "nextLink" in second) == (5, False)


def test_a_disk_lists_the_instances_that_protect_it(protected: Any) -> None:
    path = f"{protected.DISK}/providers/Microsoft.DataProtection/backupInstances"
    (row,) = protected.get(path.replace("disks/disk1", "DISKS/Disk1"))["value"]
    assert row["id"].lower() == f"{path}/disk1-disk1-0001".lower()
    assert row["properties"]["policyInfo"]["policyId"] == protected.POLICY
    protected.world.set_switch("extension_ids", "vault")
    assert protected.get(path)["value"][0]["id"] == protected.INSTANCE
    assert protected.get(path.replace("disk1", "disk2"))["value"] == []


def test_what_was_written_does_not_share_memory_with_what_was_sent(ready: Any) -> None:
    body = ready.instance_body()
    kept = deepcopy(body)
    ready.call("PUT", ready.INSTANCE, body)
    body["properties"]["policyInfo"]["policyId"] = "changed"
    body["tags"]["x"] = "y"
    stored = ready.get(ready.INSTANCE)
    assert stored["properties"]["policyInfo"] == kept["properties"]["policyInfo"]
    assert stored["tags"] == kept["tags"]


def test_an_instance_that_is_not_there_is_told_by_the_provider_itself(protected: Any) -> None:
    gone = protected.call("GET", f"{protected.INSTANCE}-2")
    code = "UserErrorGenericResourceNotFound"
    assert (gone.status, gone.headers["x-ms-error-code"]) == (404, code)
    assert gone.body["error"].keys() == {"code", "message", "target", "details", "innerError"}
    assert gone.body["error"]["code"] == code


def test_a_protection_error_is_told_in_both_places_as_recorded(ready: Any) -> None:
    ready.revoke_all()
    ready.call("PUT", ready.INSTANCE, ready.instance_body())
    ready.wait(70)
    properties = ready.get(ready.INSTANCE)["properties"]
    assert properties["protectionErrorDetails"] == properties["protectionStatus"]["errorDetails"]
    ready.grant_all()
    ready.call("POST", f"{ready.INSTANCE}/sync", {"syncType": "ForceResync"})
    ready.wait(70)
    assert ready.state() == "ProtectionConfigured"
    assert "protectionErrorDetails" not in ready.get(ready.INSTANCE)["properties"]
