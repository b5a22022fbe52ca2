"""The requests that Terraform's azurerm provider makes for a protected disk, and what its code insists on.

Its pollers: a link's answer is JSON with a `status` or `provisioningState` that they know, 202, or empty; without a link
they read the resource until `provisioningState` is final, or until it is gone.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.sandbox import Sandbox

S = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{S}/resourceGroups/terraform"
VAULT = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/tf-vault"
POLICY, INSTANCE = f"{VAULT}/backupPolicies/tf-policy", f"{VAULT}/backupInstances/tf-instance"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/tf-disk"
RUNNING = {"inprogress", "accepted", "creating", "provisioning", "running", "updating"}
ROLES = {"Disk Backup Reader": DISK, "Disk Snapshot Contributor": GROUP}


class Terraform:
    """The provider's client: it looks before it creates, waits for operations, and reads back."""

    def __init__(self, ask: Any, version: str) -> None:
        self.ask = ask
        self.version = version

    def send(self, method: str, path: str, body: Any = None) -> Any:
        backup = "Microsoft.DataProtection" in path and "Authorization" not in path
        version = self.version if backup else "2023-04-02" if path == DISK else ""
        return self.ask(method, path, body, version=version)

    def create(self, path: str, body: Any) -> Any:
        assert self.send("GET", path).status == 404, "else it says: already exists, import it"
        return self.write("PUT", path, body)

    def write(self, method: str, path: str, body: Any) -> Any:
        answer = self.send(method, path, body)
        assert answer.status in {200, 201, 202}
        self.wait(answer, path)
        return self.send("GET", path).body

    def delete(self, path: str) -> None:
        answer = self.send("DELETE", path)
        assert answer.status in {200, 202, 204}
        self.wait(answer, path)
        for _ in range(30):
            if self.send("GET", path).status == 404:
                return
            self.ask.sandbox.advance(10)
        raise AssertionError(f"{path} never goes")

    def wait(self, answer: Any, path: str) -> None:
        link = answer.headers.get("Azure-AsyncOperation") or answer.headers.get("Location")
        for _ in range(60):
            if not self.is_running(self.ask("GET", link) if link else self.send("GET", path)):
                return
            self.ask.sandbox.advance(int(answer.headers.get("Retry-After", 10)))
        raise AssertionError(f"{path} is never ready")

    @staticmethod
    def is_running(polled: Any) -> bool:
        if polled.status in {202, 404} or polled.body == b"":
            return bool(polled.status == 202)
        assert polled.status == 200
        assert polled.headers["Content-Type"].startswith("application/json")
        state = polled.body.get("status") or polled.body.get("properties", {}).get("provisioningState") or "Succeeded"
        assert state.lower() in RUNNING | {"succeeded"}, state
        return state != "Succeeded"


def vault(soft_delete: str) -> dict[str, Any]:
    security = {
        "immutabilitySettings": {"state": "Disabled"},
        "softDeleteSettings": {"state": soft_delete, "retentionDurationInDays": 14},
    }
    storage = [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]
    properties = {"storageSettings": storage, "securitySettings": security}
    return {"location": "westus", "identity": {"type": "SystemAssigned"}, "tags": {"a": "b"}, "properties": properties}


def policy() -> dict[str, Any]:
    store = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}
    criteria = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": ["FirstOfDay"]}]
    rules: list[dict[str, Any]] = [
        {
            "objectType": "AzureBackupRule",
            "name": "BackupIntervals",
            "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
            "dataStore": store,
            "trigger": {
                "objectType": "ScheduleBasedTriggerContext",
                "schedule": {"repeatingTimeIntervals": ["R/2021-05-20T04:54:23+00:00/PT4H"], "timeZone": ""},
                "taggingCriteria": [
                    {"criteria": None, "isDefault": True, "taggingPriority": 99, "tagInfo": tag("Default")},
                    {"criteria": criteria, "isDefault": False, "taggingPriority": 25, "tagInfo": tag("Daily")},
                ],
            },
        }
    ]
    for name, keep in (("Default", "P7D"), ("Daily", "P12D")):
        gone = {"objectType": "AbsoluteDeleteOption", "duration": keep}
        lifecycles = [{"deleteAfter": gone, "sourceDataStore": store, "targetDataStoreCopySettings": []}]
        rule = {"objectType": "AzureRetentionRule", "name": name, "isDefault": name == "Default"}
        rules.append({**rule, "lifecycles": lifecycles})
    kinds = ["Microsoft.Compute/disks"]
    return {"properties": {"objectType": "BackupPolicy", "datasourceTypes": kinds, "policyRules": rules}}


def tag(name: str) -> dict[str, str]:
    return {"id": f"{name}_", "tagName": name}


def instance() -> dict[str, Any]:
    info = {
        "objectType": "Datasource",
        "datasourceType": "Microsoft.Compute/disks",
        "resourceID": DISK,
        "resourceLocation": "westus",
        "resourceName": "tf-disk",
        "resourceType": "Microsoft.Compute/disks",
        "resourceUri": DISK,
    }
    store = {"objectType": "AzureOperationalStoreParameters", "dataStoreType": "OperationalStore"}
    parameters = {"dataStoreParametersList": [{**store, "resourceGroupId": GROUP}]}
    policy_info = {"policyId": POLICY, "policyParameters": parameters}
    properties = {"friendlyName": "tf-instance", "dataSourceInfo": info, "policyInfo": policy_info}
    return {"properties": {**properties, "objectType": "", "datasourceAuthCredentials": None}}


def granted(terraform: Terraform, principal: str) -> list[str]:
    made = []
    for number, (role, scope) in enumerate(ROLES.items(), 1):
        at = f"{scope}/providers/Microsoft.Authorization"
        (definition,) = terraform.send("GET", f"{at}/roleDefinitions?$filter=roleName eq '{role}'").body["value"]
        address = f"{at}/roleAssignments/00000000-0000-0000-0000-{number:012}"
        said = {"roleDefinitionId": definition["id"], "principalId": principal, "description": ""}
        read = terraform.create(address, {"properties": said})["properties"]
        assert (read["scope"], read["principalId"]) == (scope, principal)
        assert terraform.send("GET", read["roleDefinitionId"]).body["properties"]["roleName"] == role
        made.append(address)
    return made


@pytest.mark.parametrize(("version", "soft_delete"), [("2025-07-01", "Off"), ("2026-06-01", "AlwaysOn")])
def test_a_disk_is_protected_and_let_go(ask: Any, sandbox: Sandbox, version: str, soft_delete: str) -> None:
    sandbox.set_switch("case_drift", "on")
    terraform = Terraform(ask, version)
    group = terraform.create(GROUP, {"location": "westus", "tags": {}})
    assert (group["id"], group["location"]) == (GROUP, "westus")
    size = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}
    disk = terraform.create(DISK, {"location": "westus", "sku": {"name": "Standard_LRS"}, "properties": size})
    assert (disk["id"], disk["properties"]["diskSizeGB"]) == (DISK, 8)
    held = terraform.create(VAULT, vault(soft_delete))
    security = held["properties"]["securitySettings"]
    assert security["softDeleteSettings"] == {"state": soft_delete, "retentionDurationInDays": 14}
    terraform.write("PUT", VAULT, vault(soft_delete))
    assert terraform.create(POLICY, policy())["name"] == "tf-policy"
    roles = granted(terraform, held["identity"]["principalId"])
    terraform.create(INSTANCE, instance())
    sandbox.advance(60)
    read = terraform.send("GET", INSTANCE).body["properties"]
    assert read["currentProtectionState"] == "ProtectionConfigured"
    sent = instance()["properties"]
    assert (read["dataSourceInfo"], read["policyInfo"]) == (sent["dataSourceInfo"], sent["policyInfo"]), "no difference"
    terraform.write("PUT", INSTANCE, instance())
    for gone in (INSTANCE, *roles, DISK):
        terraform.delete(gone)
    if soft_delete == "Off":
        terraform.delete(POLICY)
    terraform.delete(VAULT)
    assert terraform.send("GET", f"{GROUP}/resources?$expand=provisioningState&$top=10").body["value"] == []
    terraform.delete(GROUP)


@pytest.mark.parametrize(
    ("propagation", "waits", "state"),
    [("60..300", 0, "ProtectionError"), ("60..300", 600, "ProtectionConfigured"), ("0", 0, "ProtectionConfigured")],
)
def test_where_roles_take_minutes_its_ordinary_configuration_fails(
    ask: Any, sandbox: Sandbox, propagation: str, waits: int, state: str
) -> None:
    sandbox.set_switch("propagation", propagation)
    terraform = Terraform(ask, "2025-07-01")
    terraform.create(GROUP, {"location": "westus", "tags": {}})
    size = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}
    terraform.create(DISK, {"location": "westus", "sku": {"name": "Standard_LRS"}, "properties": size})
    held = terraform.create(VAULT, vault("Off"))
    terraform.create(POLICY, policy())
    granted(terraform, held["identity"]["principalId"])
    sandbox.advance(waits)
    terraform.create(INSTANCE, instance())
    sandbox.advance(60)
    assert terraform.send("GET", INSTANCE).body["properties"]["currentProtectionState"] == state


def test_what_it_asks_at_its_start(ask: Any) -> None:
    places = {row["name"] for row in ask("GET", f"{S}/locations?api-version=2022-12-01").body["value"]}
    assert {"westus", "centralus", "australiaeast"} <= places
    states = {row["namespace"]: row["registrationState"] for row in ask("GET", f"{S}/providers").body["value"]}
    assert states["Microsoft.DataProtection"] == states["Microsoft.Compute"] == "Registered"
    assert ask("GET", f"{S}?api-version=2022-12-01").body["tenantId"] == ask.sandbox.world.tenant
