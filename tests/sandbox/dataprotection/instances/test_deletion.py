from __future__ import annotations

from typing import Any

import pytest


def deleted_path(azure: Any) -> str:
    return azure.INSTANCE.replace("/backupInstances/", "/deletedBackupInstances/")


def test_a_deleted_instance_can_be_brought_back_stopped_and_resumed(protected: Any) -> None:
    azure = protected
    response = azure.call("DELETE", azure.INSTANCE)
    assert (response.status, response.headers["Retry-After"]) == (202, "30")
    assert azure.finish(response, 80)["status"] == "Succeeded"
    assert azure.get(response.headers["Location"]) == {"objectType": "OperationJobExtendedInfo"}
    assert azure.call("GET", azure.INSTANCE).status == 404
    assert azure.get(f"{azure.VAULT}/backupInstances")["value"] == []
    (gone,) = azure.get(f"{azure.VAULT}/deletedBackupInstances")["value"]
    assert gone["type"] == "Microsoft.DataProtection/backupVaults/deletedBackupInstances"
    properties = gone["properties"]
    assert (properties["objectType"], properties["currentProtectionState"]) == ("DeletedBackupInstance", "SoftDeleted")
    info = properties["deletionInfo"]
    assert set(info) == {"deletionTime", "billingEndDate", "scheduledPurgeTime", "deleteActivityID"}
    assert info["deletionTime"] == info["billingEndDate"]
    assert (info["deletionTime"][:10], info["scheduledPurgeTime"][:10]) == ("2026-08-30", "2026-09-13")
    undone = azure.call("POST", f"{deleted_path(azure)}/undelete")
    assert (undone.status, undone.body) == (200, None)
    assert azure.state() == "ProtectionStopped"
    assert "deletionInfo" not in azure.get(azure.INSTANCE)["properties"]
    assert azure.finish(azure.call("POST", f"{azure.INSTANCE}/resumeProtection"), 60)["status"] == "Succeeded"
    assert azure.state() == "ProtectionConfigured"


def test_undeleting_nothing_is_404(protected: Any) -> None:
    assert protected.refused("POST", f"{deleted_path(protected)}/undelete") == (404, "UserErrorGenericResourceNotFound")


def test_deleting_nothing_is_204(ready: Any) -> None:
    assert ready.call("DELETE", ready.INSTANCE).status == 204


def test_it_is_gone_for_good_at_its_purge_time(protected: Any) -> None:
    protected.finish(protected.call("DELETE", protected.INSTANCE))
    protected.wait(14 * 86400 - 300)
    assert protected.call("GET", deleted_path(protected)).status == 200
    protected.wait(300)
    assert protected.call("GET", deleted_path(protected)).status == 404


@pytest.mark.parametrize(("version", "kept"), [("2025-07-01", 0), ("2025-09-01", 1)])
def test_without_soft_delete_only_newer_versions_keep_it(protected: Any, version: str, kept: int) -> None:
    protected.call("PUT", protected.VAULT, protected.vault_body("Off"))
    protected.finish(protected.call("DELETE", protected.INSTANCE, version=version))
    assert len(protected.get(f"{protected.VAULT}/deletedBackupInstances")["value"]) == kept


@pytest.mark.parametrize(("setting", "kept"), [("ignored", 1), ("honoured", 0)])
def test_permanent_deletion(protected: Any, setting: str, kept: int) -> None:
    protected.world.set_switch("permanent_delete", setting)
    protected.finish(protected.call("DELETE", f"{protected.INSTANCE}?permanent=true"))
    assert len(protected.get(f"{protected.VAULT}/deletedBackupInstances")["value"]) == kept


@pytest.mark.parametrize("code", ["UserErrorDppDatasourceAlreadyHasBackupInstance", "BMSUserErrorInvalidInput"])
def test_a_soft_deleted_disk_is_not_protected_anew_in_its_vault_but_in_another(protected: Any, code: str) -> None:
    azure = protected
    azure.world.set_switch("protect_soft_deleted_again", code)
    azure.finish(azure.call("DELETE", azure.INSTANCE))
    for name in (azure.INSTANCE, f"{azure.INSTANCE}-2"):
        assert azure.refused("PUT", name, azure.instance_body()) == (400, code)
    other, policy = azure.VAULT.replace("Vault1", "Vault2"), azure.POLICY.replace("Vault1", "Vault2")
    azure.call("PUT", other, azure.vault_body())
    azure.grant_all(other)
    azure.call("PUT", policy, azure.policy_body())
    assert azure.call("PUT", f"{other}/backupInstances/i", azure.instance_body(policy=policy)).status == 201
    azure.call("POST", f"{deleted_path(azure)}/undelete")
    refused = azure.refused("POST", f"{azure.INSTANCE}/resumeProtection")
    assert refused == (400, "UserErrorDppDatasourceAlreadyHasBackupInstance")


def test_deletion_needs_the_snapshot_group_and_the_rights(protected: Any) -> None:
    protected.world.remove(protected.SNAPSHOTS)
    ended = protected.finish(protected.call("DELETE", protected.INSTANCE))
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserErrorSnapshotRGNotFound")
    protected.group(protected.SNAPSHOTS)
    protected.revoke_all()
    ended = protected.finish(protected.call("DELETE", protected.INSTANCE))
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserErrorMissingRequiredPermissions")
    assert protected.state() == "ProtectionConfigured"


def test_tags_outlive_a_soft_deletion_unseen(protected: Any) -> None:
    protected.finish(protected.call("DELETE", protected.INSTANCE))
    assert "tags" not in protected.get(deleted_path(protected))
    protected.world.set_switch("deleted_instance_tags", True)
    (row,) = protected.get(f"{protected.VAULT}/deletedBackupInstances")["value"]
    assert row["tags"] == {"reconciler-owner": "walkthrough"}
    protected.call("POST", f"{deleted_path(protected)}/undelete")
    assert protected.get(protected.INSTANCE)["tags"] == {"reconciler-owner": "walkthrough"}


def test_a_deleted_instance_may_be_told_as_soft_deleting_for_days(protected: Any) -> None:
    azure = protected
    azure.world.set_switch("soft_deleting", "259200")
    azure.wait(86400)
    taken = len(azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"])
    response = azure.call("DELETE", azure.INSTANCE)
    assert azure.state() == "SoftDeleting"
    assert azure.finish(response, 80)["status"] == "Succeeded"
    for _ in range(2):
        azure.wait(86400)
        (row,) = azure.get(f"{azure.VAULT}/backupInstances")["value"]
        assert row["properties"]["currentProtectionState"] == "SoftDeleting"
        assert azure.get(f"{azure.VAULT}/deletedBackupInstances")["value"] == []
    assert len(azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]) == taken, "nothing is backed up, nothing expires"
    for verb in ("stopProtection", "suspendBackups", "resumeProtection", "sync", "backup"):
        assert azure.call("POST", f"{azure.INSTANCE}/{verb}").status == 400
    assert azure.refused("PUT", azure.INSTANCE, azure.instance_body()) == (400, "BMSUserErrorInvalidInput")
    azure.wait(86400)
    assert azure.call("GET", azure.INSTANCE).status == 404
    assert azure.call("GET", deleted_path(azure)).status == 200


def test_a_deletion_that_fails_leaves_the_state_of_before(protected: Any) -> None:
    azure = protected
    azure.world.set_switch("soft_deleting", "600")
    azure.finish(azure.call("POST", f"{azure.INSTANCE}/stopProtection"), 60)
    first = azure.call("DELETE", azure.INSTANCE)
    azure.wait(10)
    second = azure.call("DELETE", azure.INSTANCE)
    azure.revoke_all()
    assert [azure.finish(response, 80)["status"] for response in (first, second)] == ["Failed", "Failed"]
    assert azure.state() == "ProtectionStopped"
    azure.wait(86400)
    assert azure.state() == "ProtectionStopped"


def test_a_deletion_takes_as_long_as_a_switch_says(protected: Any) -> None:
    protected.world.set_switch("instance_deletion", "1800")
    response = protected.call("DELETE", protected.INSTANCE)
    assert protected.finish(response, 1790)["status"] == "Inprogress"
    assert protected.state() == "ProtectionConfigured"
    assert protected.finish(response, 10)["status"] == "Succeeded"
    assert protected.call("GET", protected.INSTANCE).status == 404


def test_a_group_made_again_with_its_grant_lets_the_instance_go(protected: Any) -> None:
    """The way out that the error names, also for a group that was deleted with everything in it."""
    protected.world.remove(protected.SNAPSHOTS)
    protected.revoke_all()
    ended = protected.finish(protected.call("DELETE", protected.INSTANCE))
    (advice,) = ended["error"]["additionalInfo"][0]["info"]["recommendedAction"]
    assert "Create the resource group snapshots again" in advice
    protected.group(protected.SNAPSHOTS)
    protected.grant(protected.principal(), protected.CONTRIBUTOR, protected.SNAPSHOTS)
    assert protected.finish(protected.call("DELETE", protected.INSTANCE))["status"] == "Succeeded"
    assert protected.call("GET", protected.INSTANCE).status == 404


@pytest.mark.parametrize("parameters", [None, [], [{"dataStoreType": "VaultStore"}]])
def test_an_instance_that_never_named_a_group_can_be_deleted(protected: Any, parameters: Any) -> None:
    info = protected.world.find(protected.INSTANCE)["properties"]["policyInfo"]
    info["policyParameters"] = {"dataStoreParametersList": parameters}
    assert protected.finish(protected.call("DELETE", protected.INSTANCE))["status"] == "Succeeded"


def test_undeleting_nothing_has_no_inner_error(protected: Any) -> None:
    error = protected.call("POST", f"{deleted_path(protected)}/undelete").body["error"]
    assert error.keys() == {"code", "message", "target", "details"}
