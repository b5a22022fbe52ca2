"""ARM templates, as the Azure CLI and Terraform's provider deploy them."""

from __future__ import annotations

from typing import Any

import pytest

S = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{S}/resourceGroups/diskrg"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/backup"
VAULT = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/tpl-vault"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
CONTRIBUTOR = "7efff54f-a5b4-42b5-a1c5-5411624893ce"
NESTED = "Microsoft.Resources/deployments"
STORE = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}


def grant(role: str, scope: str) -> dict[str, Any]:
    principal = "[reference(resourceId('Microsoft.DataProtection/backupVaults', parameters('vault')), '2025-07-01', 'full').identity.principalId]"
    definition = f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{role}')]"
    properties = {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
    place = {"scope": scope} if scope else {}
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": f"[guid(resourceGroup().id, '{role}')]",
        **place,
        "properties": properties,
    }


def policy_rules() -> list[dict[str, Any]]:
    criteria = [{"isDefault": True, "taggingPriority": 99, "tagInfo": {"tagName": "Default"}}]
    schedule = {"repeatingTimeIntervals": ["R/2020-04-05T13:00:00+00:00/PT4H"], "timeZone": "UTC"}
    trigger = {"objectType": "ScheduleBasedTriggerContext", "schedule": schedule, "taggingCriteria": criteria}
    parameters = {"objectType": "AzureBackupParams", "backupType": "Incremental"}
    backup = {
        "name": "BackupHourly",
        "objectType": "AzureBackupRule",
        "backupParameters": parameters,
        "dataStore": STORE,
    }
    after = {"objectType": "AbsoluteDeleteOption", "duration": "[format('P{0}D', parameters('days'))]"}
    kept = {"name": "Default", "objectType": "AzureRetentionRule", "isDefault": True}
    return [backup | {"trigger": trigger}, kept | {"lifecycles": [{"deleteAfter": after, "sourceDataStore": STORE}]}]


def template() -> dict[str, Any]:
    """A vault, a policy inside it, its grants and the protection of a disk: the whole of Disk Backup."""
    vault_id = "[resourceId('Microsoft.DataProtection/backupVaults', parameters('vault'))]"
    storage = [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]
    policy = {
        "type": "backupPolicies",
        "apiVersion": "2025-07-01",
        "name": "daily",
        "properties": {
            "objectType": "BackupPolicy",
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": policy_rules(),
        },
    }
    vault = {
        "type": "Microsoft.DataProtection/backupVaults",
        "apiVersion": "2025-07-01",
        "name": "[parameters('vault')]",
        "location": "[resourceGroup().location]",
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageSettings": storage},
        "resources": [policy],
    }
    info = {
        "objectType": "Datasource",
        "datasourceType": "Microsoft.Compute/disks",
        "resourceID": "[variables('disk')]",
        "resourceName": "[last(split(variables('disk'), '/'))]",
        "resourceLocation": "[resourceGroup().location]",
    }
    snapshots = {"objectType": "AzureOperationalStoreParameters", "dataStoreType": "OperationalStore"}
    policy_id = "[resourceId('Microsoft.DataProtection/backupVaults/backupPolicies', parameters('vault'), 'daily')]"
    info_of_policy = {
        "policyId": policy_id,
        "policyParameters": {"dataStoreParametersList": [snapshots | {"resourceGroupId": "[resourceGroup().id]"}]},
    }
    instance = {
        "type": "Microsoft.DataProtection/backupVaults/backupInstances",
        "apiVersion": "2025-07-01",
        "name": "[concat(parameters('vault'), '/data-instance')]",
        "dependsOn": [
            "daily",
            f"[extensionResourceId(variables('disk'), 'Microsoft.Authorization/roleAssignments', guid(resourceGroup().id, '{READER}'))]",
            f"[resourceId('Microsoft.Authorization/roleAssignments', guid(resourceGroup().id, '{CONTRIBUTOR}'))]",
        ],
        "properties": {
            "objectType": "BackupInstance",
            "friendlyName": "data",
            "dataSourceInfo": info,
            "policyInfo": info_of_policy,
        },
    }
    never = {
        "type": "Microsoft.Compute/disks",
        "apiVersion": "2024-03-02",
        "name": "never",
        "condition": "[equals(1, 2)]",
    }
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "vault": {"type": "string"},
            "days": {"type": "int", "defaultValue": 7, "allowedValues": [7, 14]},
        },
        "variables": {"disk": "[resourceId('Microsoft.Compute/disks', 'data')]"},
        "resources": [instance, vault, grant(READER, "[variables('disk')]"), grant(CONTRIBUTOR, ""), never],
        "outputs": {
            "vault": {"type": "string", "value": vault_id},
            "state": {"type": "string", "value": f"[reference({vault_id[1:-1]}, '2025-07-01').provisioningState]"},
        },
    }


def body(said: Any = None, **parameters: Any) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in {"vault": "tpl-vault", **parameters}.items()}
    return {"properties": {"mode": "Incremental", "template": said or template(), "parameters": values}}


def finished(ask: Any, answer: Any) -> Any:
    """What became of a deployment, followed by its link."""
    link = answer.headers["Azure-AsyncOperation"]
    for _ in range(120):
        told = ask("GET", link).body
        if told["status"] in {"Succeeded", "Failed", "Canceled"}:
            return told
        assert told["status"] in {"Accepted", "Running"}
        ask.sandbox.advance(5)
    raise AssertionError("it never ends")


def test_disk_backup_is_deployed_by_a_template(ask: Any) -> None:
    assert ask("HEAD", DEPLOYMENT).status == 404
    checked = ask("POST", f"{DEPLOYMENT}/validate", body())
    assert checked.status == 200
    assert len(checked.body["properties"]["validatedResources"]) == 5
    expected = ask("POST", f"{DEPLOYMENT}/whatIf", body()).body["properties"]["changes"]
    assert {row["changeType"] for row in expected} == {"Create"}
    assert {row["after"]["id"] for row in expected} == {row["resourceId"] for row in expected}
    begun = ask("PUT", DEPLOYMENT, body())
    assert (begun.status, begun.body["properties"]["provisioningState"]) == (201, "Accepted")
    assert ask("PUT", DEPLOYMENT, body()).code == "DeploymentActive"
    assert finished(ask, begun) == {"status": "Succeeded"}
    ask.sandbox.advance(60)
    read = ask("GET", f"{VAULT}/backupInstances/data-instance").body["properties"]
    assert read["currentProtectionState"] == "ProtectionConfigured"
    done = ask("GET", DEPLOYMENT).body["properties"]
    assert done["outputs"] == {
        "vault": {"type": "String", "value": VAULT},
        "state": {"type": "String", "value": "Succeeded"},
    }
    assert done["parameters"]["days"] == {"type": "Int", "value": 7}
    assert len(done["outputResources"]) == 5
    rows = ask("GET", f"{DEPLOYMENT}/operations").body["value"]
    assert {row["properties"]["provisioningState"] for row in rows} == {"Succeeded"}
    assert ask("GET", rows[0]["id"]).body == rows[0]
    assert ask("GET", f"{GROUP}/deployments/backup/operations").body["value"] == rows, "where the Azure CLI asks"
    assert ask("POST", f"{DEPLOYMENT}/exportTemplate").body == {"template": template()}
    again = ask("PUT", DEPLOYMENT, body())
    assert (again.status, finished(ask, again)["status"]) == (200, "Succeeded")
    expected = ask("POST", f"{DEPLOYMENT}/whatIf", body()).body["properties"]["changes"]
    assert {row["changeType"] for row in expected} == {"Deploy"}
    assert ask("GET", DEPLOYMENT.rpartition("/")[0]).names == ["backup"]
    assert [ask("DELETE", DEPLOYMENT).status for _ in range(2)] == [204, 204]
    assert ask("GET", DEPLOYMENT).code == "DeploymentNotFound"
    assert ask("GET", VAULT).status == 200, "what it made stays"


def test_a_subscription_takes_resource_groups_by_symbolic_names(ask: Any) -> None:
    place = f"{S}/providers/Microsoft.Resources/deployments/groups"
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-07-01",
        "location": "westus",
        "tags": {"a": "[deployment().name]"},
    }
    said = {
        "languageVersion": "2.0",
        "resources": {"one": group | {"name": "tpl-one"}, "two": group | {"name": "tpl-two", "dependsOn": ["one"]}},
        "outputs": {"id": {"type": "string", "value": "[reference('one', '2024-07-01', 'full').id]"}},
    }
    sent = {"properties": {"mode": "Incremental", "template": said}}
    assert ask("PUT", place, sent).code == "LocationRequired"
    begun = ask("PUT", place, {**sent, "location": "westus"})
    assert finished(ask, begun)["status"] == "Succeeded"
    assert ask("GET", f"{S}/resourceGroups/tpl-two").body["tags"] == {"a": "groups"}
    assert ask("GET", place).body["properties"]["outputs"]["id"]["value"] == f"{S}/resourceGroups/tpl-one"
    assert ask("GET", f"{S}/providers/Microsoft.Resources/deployments").names == ["groups"]
    assert ask("GET", f"{GROUP}/providers/Microsoft.Resources/deployments").names == []


def disk(**more: Any) -> dict[str, Any]:
    made = {"type": "Microsoft.Compute/disks", "apiVersion": "2024-03-02", "name": "made", "location": "westus"}
    return {"resources": [made | {"properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}} | more]}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"resources": [{"name": "x"}]}, "no type"),
        ({"imports": {"az": {}}, "resources": []}, "doesn't simulate imports"),
        (disk(name="[parameters('none')]"), "'none' is not found"),
        (disk(name="[nonsense(]"), "Unable to parse"),
        (disk(name="[pickZones('a', 'b')]"), "doesn't simulate the template function 'pickZones'"),
        (disk(name="[own.none('a')]"), "doesn't simulate the template function 'own.none'"),
        (disk(name="[utcNow()]"), "doesn't simulate the template function 'utcNow'"),
        (disk(name="a/b"), "invalid number of segments"),
        (disk(copy={"name": "c", "count": 2}), "multiple times"),
        (disk(copy={"name": "c", "count": -1}), "copy count '-1'"),
        (disk(name="[copyIndex()]"), "doesn't simulate the template function 'copyIndex'"),
        (disk(name="[copyIndex('other')]", copy={"name": "c", "count": 1}), "no copy loop 'other'"),
        ({"parameters": {"a": {"$ref": "#/definitions/none"}}, "resources": []}, "'#/definitions/none' is not defined"),
        (disk(dependsOn=["nobody"]), "'nobody' is not defined"),
        (disk(type=NESTED, properties={"mode": "Incremental"}), "has no template"),
        (
            disk(type=NESTED, properties={"mode": "Incremental", "templateLink": {"uri": "https://x"}}),
            "linked templates",
        ),
        (disk(type=NESTED, properties={"mode": "Incremental", "template": {}}, scope="/"), "nested deployments at '/'"),
        ({"parameters": {"a": {"type": "string"}}, "resources": []}, "'a' is not provided"),
        ({"resources": [*disk()["resources"], *disk()["resources"]]}, "multiple times"),
        ({"resources": "x"}, "no type"),
    ],
)
def test_templates_that_cannot_be_used_are_refused_and_nothing_is_made(ask: Any, said: Any, words: str) -> None:
    sent = {"properties": {"mode": "Incremental", "template": said}}
    for method, path in (("POST", f"{DEPLOYMENT}/validate"), ("PUT", DEPLOYMENT)):
        refused = ask(method, path, sent)
        assert (refused.status, refused.code) == (400, "InvalidTemplate")
        assert words in refused.body["error"]["message"]
    assert ask("GET", DEPLOYMENT).status == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mode": "Complete"}, "Incremental only"),
        ({"templateLink": {"uri": "https://x"}}, "linked templates"),
        ({"parameters": {"vault": {"reference": {"keyVault": {}}}}}, "Key Vault"),
        ({"parameters": {"vault": {"value": "v"}, "days": {"value": 9}}}, "allowed values"),
        ({"parameters": {"vault": {"value": "v"}, "days": {"value": "7"}}}, "not valid for its type"),
        ({"parameters": {"vault": {"value": "v"}, "more": {"value": 1}}}, "not valid; they are not present"),
    ],
)
def test_what_is_not_simulated_says_so(ask: Any, change: Any, words: str) -> None:
    sent = body()
    sent["properties"] |= change
    assert words in ask("PUT", DEPLOYMENT, sent).body["error"]["message"]


def test_what_azure_refuses_of_a_resource_fails_the_deployment(ask: Any) -> None:
    sent = {"properties": {"mode": "Incremental", "template": disk(location="")}}
    told = finished(ask, ask("PUT", DEPLOYMENT, sent))
    assert (told["status"], told["error"]["code"]) == ("Failed", "DeploymentFailed")
    (row,) = ask("GET", f"{DEPLOYMENT}/operations").body["value"]
    assert row["properties"]["statusMessage"]["error"] == told["error"]["details"][0]
    assert ask("POST", f"{DEPLOYMENT}/cancel").code == "DeploymentCannotBeCancelled"


def test_a_caller_deploys_by_their_own_rights(ask: Any) -> None:
    assert ask("PUT", DEPLOYMENT, body(), who="ci").code == "AuthorizationFailed"


def test_a_circle_fails_in_the_end_and_a_cancelled_one_goes_no_further(ask: Any) -> None:
    one = disk(dependsOn=["other"])["resources"]
    other = disk(name="other", dependsOn=["made"])["resources"]
    sent = {"properties": {"mode": "Incremental", "template": {"resources": [*one, *other]}}}
    told = finished(ask, ask("PUT", DEPLOYMENT, sent))
    assert "Circular dependency" in told["error"]["message"]
    begun = ask("PUT", DEPLOYMENT, {"properties": {"mode": "Incremental", "template": disk()}})
    assert ask("POST", f"{DEPLOYMENT}/cancel").status == 204
    assert finished(ask, begun)["status"] == "Canceled"
    ask.sandbox.advance(60)
    assert ask("GET", f"{GROUP}/providers/Microsoft.Compute/disks/made").status == 404
