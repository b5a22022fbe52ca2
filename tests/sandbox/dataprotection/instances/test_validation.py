from __future__ import annotations

from typing import Any

import pytest


def probe(azure: Any, **options: Any) -> Any:
    body = {"backupInstance": azure.instance_body()["properties"]}
    return azure.call("POST", f"{azure.VAULT}/validateForBackup", body, **options)


def test_a_disk_that_could_be_protected_passes(ready: Any) -> None:
    response = probe(ready)
    assert (response.status, response.body, response.headers["Retry-After"]) == (202, None, "10")
    assert "/providers/Microsoft.DataProtection/locations/westus/operationResults/" in response.headers["Location"]
    ready.wait(30)
    assert ready.get(response.headers["Azure-AsyncOperation"])["status"] == "Inprogress"
    assert ready.call("GET", response.headers["Location"]).status == 202
    assert ready.finish(response, 20)["status"] == "Succeeded"
    result = ready.call("GET", response.headers["Location"])
    assert (result.status, result.body) == (200, {"objectType": "OperationJobExtendedInfo"})
    again = result.headers["Azure-AsyncOperation"]
    assert f"{ready.VAULTS_AT}/providers/Microsoft.DataProtection/locations/westus/operationStatus/" in again
    assert ready.get(again)["status"] == "Succeeded"


def test_a_missing_permission_fails_the_operation_with_the_reason_nested_inside(ready: Any) -> None:
    ready.revoke_all()
    response = probe(ready)
    ended = ready.finish(response, 60)
    assert ended["status"] == "Failed"
    error = ended["error"]
    assert error["code"] == "UserErrorMissingRequiredPermissions"
    info = error["additionalInfo"][0]["info"]
    assert error["additionalInfo"][0]["type"] == "UserFacingError"
    assert (info["isRetryable"], info["isUserError"], info["target"]) == (False, False, "")
    assert info["properties"]["ActivityId"]
    told = info["innerError"]["additionalInfo"]["DetailedNonLocalisedMessage"]
    assert told.startswith("Validate for Protection failed. Exception Message: The client '")
    assert f"over scope '{ready.DISK}/providers/Microsoft.Authorization'" in told
    assert ready.call("GET", response.headers["Location"]).status == 400


def test_it_passes_once_the_role_has_taken_effect(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.call("PUT", azure.POLICY, azure.policy_body())
    azure.grant_all(after=25 * 60)
    outcomes = [azure.finish(probe(azure), 60)["status"] for _ in range(30)]
    assert outcomes == ["Failed"] * 25 + ["Succeeded"] * 5


@pytest.mark.parametrize(
    "code", ["UserErrorDppDatasourceAlreadyProtected", "UserErrorDppDatasourceAlreadyHasBackupInstance"]
)
def test_a_protected_disk_is_refused_at_once(protected: Any, code: str) -> None:
    protected.world.set_switch("validate_protected_code", code)
    response = probe(protected)
    assert (response.status, response.body["error"]["code"]) == (400, code)
    assert protected.VAULT in response.body["error"]["message"]


@pytest.mark.parametrize(("setting", "status"), [("accepted", 202), ("refused", 400)])
def test_a_failing_instance_of_ones_own(ready: Any, setting: str, status: int) -> None:
    ready.world.set_switch("validate_failing_instance", setting)
    ready.revoke_all()
    ready.call("PUT", ready.INSTANCE, ready.instance_body())
    ready.wait(70)
    assert probe(ready).status == status


def test_a_user_assigned_identity_is_judged_by_its_own_rights(ready: Any) -> None:
    user = f"{ready.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    ready.world.store(user, {"id": user, "properties": {"clientId": "c", "principalId": "p-u"}})
    identity = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {user: {}}}
    ready.call("PUT", ready.VAULT, ready.vault_body(identity=identity))
    details = {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": user.upper()}
    details["userAssignedIdentityArmUrl"] = user.replace("/u", "/U")
    body = {"backupInstance": ready.instance_body(identityDetails=details)["properties"]}
    path = f"{ready.VAULT}/validateForBackup"
    assert ready.finish(ready.call("POST", path, body), 60)["status"] == "Failed"
    ready.grant("p-u", ready.READER, ready.DISK)
    ready.grant("p-u", ready.CONTRIBUTOR, ready.SNAPSHOTS)
    assert ready.finish(ready.call("POST", path, body), 60)["status"] == "Succeeded"


def test_validate_for_modify(protected: Any) -> None:
    path = f"{protected.INSTANCE}/validateForModifyBackup"
    body = {"backupInstance": protected.instance_body()["properties"]}
    assert protected.finish(protected.call("POST", path, body), 60)["status"] == "Succeeded"
    protected.revoke_all()
    assert protected.finish(protected.call("POST", path, body), 60)["status"] == "Failed"
    assert protected.call("POST", path.replace("0001", "0002"), body).status == 404
