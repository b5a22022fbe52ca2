from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.dataprotection.guards.routes import REQUESTS


@pytest.fixture
def guarded(protected: Any) -> Any:
    azure = protected
    guard = f"{azure.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.DataProtection/resourceGuards/guard"
    assert [azure.call("PUT", guard, {"location": "westus"}).status for _ in range(2)] == [200, 200]
    proxy = f"{azure.VAULT}/backupResourceGuardProxies/DppResourceGuardProxy"
    body = {"properties": {"resourceGuardResourceId": guard}}
    assert azure.call("PUT", proxy, body).status == 200
    azure.guard, azure.proxy = guard, proxy
    return azure


def request_for(azure: Any, kind: str) -> Any:
    return {"resourceGuardOperationRequests": [f"{azure.guard}/{kind}/default"]}


def test_the_vault_says_that_it_is_guarded(guarded: Any) -> None:
    assert guarded.get(guarded.VAULT)["properties"]["isVaultProtectedByResourceGuard"] is True
    (link,) = guarded.get(f"{guarded.VAULT}/backupResourceGuardProxies")["value"]
    assert link["properties"]["resourceGuardResourceId"] == guarded.guard
    details = link["properties"]["resourceGuardOperationDetails"]
    assert {row["vaultCriticalOperation"] for row in details} == set(REQUESTS)
    assert guarded.get(details[0]["defaultResourceRequest"])["name"] == "default"


@pytest.mark.parametrize(
    ("method", "tail", "kind"),
    [
        ("POST", "/stopProtection", "dppDisableStopProtectionRequests"),
        ("POST", "/suspendBackups", "dppDisableSuspendBackupsRequests"),
        ("DELETE", "", "deleteBackupInstanceRequests"),
    ],
)
def test_critical_operations_need_the_guards_request(guarded: Any, method: str, tail: str, kind: str) -> None:
    path = f"{guarded.INSTANCE}{tail}"
    assert guarded.refused(method, path) == (403, "UserErrorResourceGuardOperationRequestRequired")
    guarded.world.set_switch("guard_status", 400)
    guarded.world.set_switch("guard_code", "LinkedAuthorizationFailed")
    assert guarded.refused(method, path) == (400, "LinkedAuthorizationFailed")
    assert guarded.call(method, path, request_for(guarded, "restoreRequests")).status == 400
    assert guarded.call(method, path, request_for(guarded, kind)).status == 202


def test_any_request_of_the_guard_may_do(guarded: Any) -> None:
    guarded.world.set_switch("guard_request_match", "any-of-guard")
    body = request_for(guarded, "deleteBackupInstanceRequests")
    assert guarded.call("POST", f"{guarded.INSTANCE}/stopProtection", body).status == 202


def test_the_request_may_come_in_a_header(guarded: Any) -> None:
    sent = f"{guarded.guard}/deleteBackupInstanceRequests/default"
    header = {"x_ms_resource_guard_operation_requests": sent}
    assert guarded.call("DELETE", guarded.INSTANCE, **header).status == 202


def test_an_unlocked_instance_can_be_deleted_within_the_hour(guarded: Any) -> None:
    body = {**request_for(guarded, "deleteBackupInstanceRequests"), "resourceToBeDeleted": guarded.INSTANCE}
    assert (
        guarded.call("POST", f"{guarded.proxy}/unlockDelete", {"resourceToBeDeleted": guarded.INSTANCE}).status == 403
    )
    answer = guarded.call("POST", f"{guarded.proxy}/unlockDelete", body)
    assert list(answer.body) == ["unlockDeleteExpiryTime"]
    guarded.wait(3700)
    assert guarded.call("DELETE", guarded.INSTANCE).status == 403
    guarded.call("POST", f"{guarded.proxy}/unlockDelete", body)
    assert guarded.call("DELETE", guarded.INSTANCE).status == 202


def test_a_policy_change_needs_it_too_but_other_writes_do_not(guarded: Any) -> None:
    other = f"{guarded.POLICY}-2"
    guarded.call("PUT", other, guarded.policy_body(keep="P8D"))
    assert guarded.call("PUT", guarded.INSTANCE, guarded.instance_body(policy=other)).status == 403
    request = request_for(guarded, "dppModifyPolicy")
    assert guarded.call("PUT", guarded.INSTANCE, guarded.instance_body(policy=other, **request)).status == 202
    assert "resourceGuardOperationRequests" not in guarded.get(guarded.INSTANCE)["properties"]


@pytest.mark.parametrize(
    ("soft_delete", "status"),
    [
        ({"state": "Off", "retentionDurationInDays": 14.0}, 403),
        ({"state": "On", "retentionDurationInDays": 20.0}, 202),
        ({"state": "AlwaysOn", "retentionDurationInDays": 14.0}, 202),
    ],
)
def test_only_weaker_security_of_the_vault_is_guarded(guarded: Any, soft_delete: Any, status: int) -> None:
    properties = {"securitySettings": {"softDeleteSettings": soft_delete}}
    assert guarded.call("PATCH", guarded.VAULT, {"properties": properties}).status == status
    if status == 403:
        properties |= request_for(guarded, "dppReduceSoftDeleteSecurityRequests")
        assert guarded.call("PATCH", guarded.VAULT, {"properties": properties}).status == 202
        assert "resourceGuardOperationRequests" not in guarded.get(guarded.VAULT)["properties"]


def test_leaving_the_guard_is_guarded(guarded: Any) -> None:
    assert guarded.call("DELETE", guarded.proxy).status == 403
    assert guarded.call("DELETE", guarded.proxy, request_for(guarded, "deleteResourceGuardProxyRequests")).status == 200
    assert guarded.call("DELETE", guarded.proxy).status == 204
    assert guarded.get(guarded.VAULT)["properties"]["isVaultProtectedByResourceGuard"] is False


def test_some_operations_are_never_left_out(guarded: Any) -> None:
    def body(operation: str) -> Any:
        return {"location": "westus", "properties": {"vaultCriticalOperationExclusionList": [operation]}}

    always = "Microsoft.DataProtection/backupVaults/write#reduceSoftDeleteSecurity"
    code = "BMSUserErrorInvalidCriticalOperationExclusionList"
    assert guarded.refused("PUT", guarded.guard, body(always)) == (400, code)
    stop = "Microsoft.DataProtection/backupVaults/backupInstances/stopProtection/action"
    assert guarded.call("PUT", guarded.guard, body(stop)).status == 200
    guarded.call("PUT", guarded.proxy, {"properties": {"resourceGuardResourceId": guarded.guard}})
    assert guarded.call("POST", f"{guarded.INSTANCE}/stopProtection").status == 202


def test_guards_are_listed_patched_and_deleted(guarded: Any) -> None:
    scope = f"{guarded.VAULTS_AT}/providers/Microsoft.DataProtection/resourceGuards"
    assert [row["name"] for row in guarded.get(scope)["value"]] == ["guard"]
    assert guarded.call("PATCH", guarded.guard, {"tags": {"a": "b"}}).body["tags"] == {"a": "b"}
    assert guarded.get(f"{guarded.guard}/disableSoftDeleteRequests")["value"][0]["name"] == "default"
    assert guarded.call("DELETE", guarded.guard).status == 200
    assert guarded.call("DELETE", guarded.guard).status == 204
    assert guarded.call("POST", f"{guarded.INSTANCE}/stopProtection").status == 202
