"""Whatever a body holds and however the switches stand, the provider answers and never breaks."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from reconciler.sandbox.dataprotection.switches import OWN

JUNK: tuple[Any, ...] = (None, "", "text", "/", 7, -1.5, True, [], [None], ["x"], [[]], {}, {"a": None}, {"type": []})


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def spoilt(body: Any) -> Iterator[Any]:
    for path in places(body):
        for junk in JUNK:
            copy = deepcopy(body)
            if not path:
                yield junk
                continue
            parent = copy
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = junk
            yield copy


def full_vault(azure: Any) -> dict[str, Any]:
    body: dict[str, Any] = azure.vault_body(tags={"a": "b"})
    body["identity"]["userAssignedIdentities"] = {}
    body["properties"] |= {
        "featureSettings": {"crossRegionRestoreSettings": {"state": "Disabled"}},
        "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
        "resourceGuardOperationRequests": ["x"],
    }
    body["properties"]["securitySettings"]["immutabilitySettings"] = {"state": "Disabled"}
    return body


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_spoilt_vaults(protected: Any, method: str) -> None:
    protected.world.set_switch("identity_throttle", False)
    for body in spoilt(full_vault(protected)):
        assert protected.call(method, protected.VAULT, body).status < 500
        assert protected.call("GET", protected.VAULT).status == 200


def test_spoilt_policies(ready: Any) -> None:
    for number, body in enumerate(spoilt(ready.policy_body())):
        assert ready.call("PUT", f"{ready.POLICY}-{number}", body).status < 500
    ready.world.set_switch("policy_validation", "accepted")
    for number, body in enumerate(spoilt(ready.policy_body())):
        policy = f"{ready.POLICY}-{number}"
        if ready.call("PUT", policy, body).status == 200:
            assert (
                ready.call("PUT", f"{ready.VAULT}/backupInstances/i", ready.instance_body(policy=policy)).status < 500
            )


@pytest.mark.parametrize("check", ["refused", "protection-error"])
def test_spoilt_instances(ready: Any, check: str) -> None:
    ready.world.set_switch("check_failure", check)
    details = {"useSystemAssignedIdentity": True, "userAssignedIdentityArmUrl": ""}
    whole = ready.instance_body(identityDetails=details)
    for number, body in enumerate(spoilt(whole)):
        path = f"{ready.VAULT}/backupInstances/i{number}"
        for _ in range(2):
            assert ready.call("PUT", path, body).status < 500
        ready.call(
            "POST",
            f"{ready.VAULT}/validateForBackup",
            {"backupInstance": (body or {}).get("properties")} if isinstance(body, dict) else body,
        )
        ready.call("POST", f"{path}/backup", body)
        ready.wait(70)
        ready.call("DELETE", path)
        ready.wait(200)
        ready.call("GET", f"{ready.VAULT}/backupInstances")


def test_spoilt_posts_and_guards(protected: Any) -> None:
    guard = f"{protected.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.DataProtection/resourceGuards/guard"
    proxy = f"{protected.VAULT}/backupResourceGuardProxies/DppResourceGuardProxy"
    sent: dict[str, tuple[str, Any]] = {
        guard: (
            "PUT",
            {"location": "westus", "tags": {}, "properties": {"vaultCriticalOperationExclusionList": ["x"]}},
        ),
        proxy: ("PUT", {"properties": {"resourceGuardResourceId": guard}}),
        f"{proxy}/unlockDelete": ("POST", {"resourceGuardOperationRequests": ["x"], "resourceToBeDeleted": "y"}),
        f"{protected.INSTANCE}/stopProtection": ("POST", {"resourceGuardOperationRequests": ["x"]}),
        f"{protected.INSTANCE}/sync": ("POST", {"syncType": "Default"}),
        f"{protected.INSTANCE}/backup": (
            "POST",
            {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {"retentionTagOverride": "x"}}},
        ),
        f"{protected.VAULT.rsplit('/', 2)[0]}/locations/westus/checkNameAvailability": (
            "POST",
            {"name": "x", "type": "y"},
        ),
    }
    for path, (method, body) in sent.items():
        for one in spoilt(body):
            assert protected.call(method, path, one).status < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [(switch.name, value) for switch in OWN for value in switch.values or (3,)],
)
def test_a_life_under_each_setting_of_each_switch(ready: Any, name: str, value: Any) -> None:
    azure = ready
    azure.world.set_switch(name, value)
    azure.call("PATCH", azure.VAULT, {"tags": {"a": "b"}})
    azure.call("PUT", f"{azure.POLICY}-2", azure.policy_body(keep="P8D"))
    azure.call("PUT", azure.INSTANCE, azure.instance_body())
    azure.wait(90)
    assert azure.state() == "ProtectionConfigured"
    for body in (azure.instance_body(), azure.instance_body(policy=f"{azure.POLICY}-2")):
        assert azure.call("PUT", azure.INSTANCE, body).status in {200, 202}
        azure.wait(250)
        assert azure.state() == "ProtectionConfigured"
    for verb in ("stopProtection", "resumeProtection"):
        azure.call("POST", f"{azure.INSTANCE}/{verb}")
        azure.wait(60)
    assert azure.state() == "ProtectionConfigured"
    azure.call("DELETE", azure.INSTANCE)
    azure.wait(100)
    assert azure.call("GET", azure.INSTANCE).status == 404
    undelete = azure.INSTANCE.replace("/backupInstances/", "/deletedBackupInstances/") + "/undelete"
    assert azure.call("POST", undelete).status == 200
    assert azure.state() == "ProtectionStopped"
