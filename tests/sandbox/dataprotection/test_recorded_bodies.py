"""What recordings of other clients' tests show, field by field: facts in tables, with names of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest

RULE = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
NEVER = "0001-01-01T00:00:00Z"
STORAGE = "Microsoft.Storage/storageAccounts"
KINDS = {
    "disk": ("Microsoft.Compute/disks", "Microsoft.Compute/disks/shop"),
    "blob": (f"{STORAGE}/blobServices", f"{STORAGE}/shop"),
    "lake": (f"{STORAGE}/adlsBlobServices", f"{STORAGE}/shop"),
    "database": ("Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.DBforPostgreSQL/flexibleServers/shop"),
}


def body_of(azure: Any, kind: str, **more: Any) -> dict[str, Any]:
    """The body of an instance of a kind, without a friendly name; its policy takes any kind."""
    datasource, place = KINDS[kind]
    body: dict[str, Any] = azure.instance_body(**more)
    group = azure.DISK.partition("/providers/")[0]
    source = body["properties"]["dataSourceInfo"]
    source |= {"datasourceType": datasource, "resourceID": f"{group}/providers/{place}", "resourceName": "shop"}
    del body["properties"]["friendlyName"]
    azure.world.find(azure.POLICY)["properties"]["datasourceTypes"] = [datasource]
    return body


@pytest.mark.parametrize(
    ("told", "within", "called"),
    [
        ("", "", "shop"),
        ("", "server", "server\\shop"),
        ("", "shop", "shop"),
        ("server/shop", "server", "server/shop"),
    ],
)
def test_an_instance_without_a_friendly_name_gets_that_of_its_data_source(
    ready: Any, told: str, within: str, called: str
) -> None:
    more = {"dataSourceSetInfo": {"objectType": "DatasourceSet", "resourceName": within}} if within else {}
    body = body_of(ready, "blob", **more)
    if told:
        body["properties"]["friendlyName"] = told
    made = ready.call("PUT", f"{ready.VAULT}/backupInstances/shop", body, version="2022-05-01")
    assert (made.status, made.body["properties"]["friendlyName"]) == (201, called)
    assert ready.get(f"{ready.VAULT}/backupInstances/shop")["properties"]["friendlyName"] == called


def test_a_write_without_a_friendly_name_keeps_the_one_that_is_there(protected: Any) -> None:
    body = protected.instance_body()
    del body["properties"]["friendlyName"]
    assert protected.call("PUT", protected.INSTANCE, body).status == 200
    assert protected.get(protected.INSTANCE)["properties"]["friendlyName"] == "disk1"


@pytest.mark.parametrize(
    ("kind", "version", "status"),
    [
        ("disk", "2025-07-01", 201),
        ("blob", "2025-07-01", 202),
        ("lake", "2025-07-01", 202),
        ("blob", "2022-05-01", 201),
        ("database", "2023-11-01", 201),
    ],
)
def test_what_other_kinds_need_is_not_simulated(ready: Any, kind: str, version: str, status: int) -> None:
    """They become protected; a new one is told by its operation alone, in newer versions."""
    body = body_of(ready, kind)
    if kind == "disk":
        body["properties"]["dataSourceInfo"]["resourceID"] = ready.DISK
    asked = ready.call("POST", f"{ready.VAULT}/validateForBackup", {"backupInstance": body["properties"]})
    assert ready.finish(asked)["status"] == "Succeeded"
    own = f"{ready.VAULT}/backupInstances/shop"
    made = ready.call("PUT", own, body, version=version)
    assert (made.status, made.body is None, "Location" in made.headers) == (status, status == 202, status == 202)
    ready.wait(100)
    assert ready.state(own) == "ProtectionConfigured"
    if status == 202:
        assert ready.get(made.headers["Location"])["name"] == "shop"
    ready.wait(86400)
    jobs = ready.get(f"{ready.VAULT}/backupJobs")["value"]
    assert bool(jobs) == (kind == "disk")


def extended(azure: Any, job: str) -> tuple[dict[str, Any], dict[str, Any]]:
    properties = azure.get(job)["properties"]
    return properties, properties["extendedInfo"]


def test_a_running_job_tells_little_of_its_task(protected: Any) -> None:
    begun = protected.finish(protected.call("POST", f"{protected.INSTANCE}/backup", RULE), 3)
    job, told = extended(protected, begun["properties"]["jobId"])
    assert (told["backupInstanceState"], told["targetRecoverPoint"], told["subTasks"][0]["additionalDetails"]) == (
        None,
        None,
        None,
    )
    assert (job["supportedActions"], job["destinationDataStoreName"]) == ([""], None)
    assert "destinationDataStoreType" not in job


@pytest.mark.parametrize("how", ["on demand", "scheduled", "restore"])
def test_a_job_that_ended_tells_its_task_and_its_store(protected: Any, how: str) -> None:
    azure = protected
    if how == "scheduled":
        azure.wait(86400)
        job_id = azure.get(f"{azure.VAULT}/backupJobs")["value"][0]["id"]
    else:
        begun = azure.finish(azure.call("POST", f"{azure.INSTANCE}/backup", RULE), 3)
        job_id = begun["properties"]["jobId"]
        azure.wait(300)
    if how == "restore":
        job_id = restored(azure)
    job, told = extended(azure, job_id)
    task = told["subTasks"][0]["additionalDetails"]
    size = "DataTransferredInBytes" if how == "restore" else "OriginalDatasourceSizeInBytes"
    assert set(task) == {size, "TaskId", "DatasourceType"}
    assert task["TaskId"] == job["activityID"]
    assert job["supportedActions"] == ([] if how == "scheduled" else [""])
    if how == "restore":
        assert (job["destinationDataStoreName"], told["targetRecoverPoint"], told["additionalDetails"]) == (
            None,
            None,
            None,
        )
    else:
        assert job["destinationDataStoreName"] == "OperationalTierStore"
        assert told["targetRecoverPoint"]["recoveryPointTime"] == NEVER
        assert told["additionalDetails"]["RetentionTag"] == "Default"


def restored(azure: Any) -> str:
    """The job of a restore of the one recovery point, which has ended."""
    (point,) = azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]
    target = azure.SNAPSHOTS
    principal = azure.get(azure.VAULT)["identity"]["principalId"]
    azure.grant(principal, "b50d9833-a0cb-478e-945f-707fcc997c13", target)
    disk = f"{target}/providers/Microsoft.Compute/disks/copy"
    source = {
        "objectType": "Datasource",
        "datasourceType": "Microsoft.Compute/disks",
        "resourceID": disk,
        "resourceName": "copy",
        "resourceType": "Microsoft.Compute/disks",
        "resourceLocation": "westus",
        "resourceUri": disk,
    }
    body = {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": point["name"],
        "sourceDataStoreType": "OperationalStore",
        "restoreTargetInfo": {
            "objectType": "RestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": "westus",
            "datasourceInfo": source,
        },
    }
    begun = azure.finish(azure.call("POST", f"{azure.INSTANCE}/restore", body), 3)
    azure.wait(300)
    return str(begun["properties"]["jobId"])


def test_one_recovery_point_alone_tells_its_disk_and_its_snapshot(protected: Any) -> None:
    protected.call("POST", f"{protected.INSTANCE}/backup", RULE)
    protected.wait(300)
    (row,) = protected.get(f"{protected.INSTANCE}/recoveryPoints")["value"]
    (listed,) = row["properties"]["recoveryPointDataStoresDetails"]
    (whole,) = protected.get(row["id"])["properties"]["recoveryPointDataStoresDetails"]
    assert listed["metaData"] is None
    (told,) = json.loads(whole["metaData"])
    assert (told["diskName"], told["resourceGroupName"], told["snapshotRGName"]) == ("disk1", "disks", "snapshots")
    snapshot = f"{protected.SNAPSHOTS}/providers/Microsoft.Compute/snapshots/{told['snapshotName']}"
    assert protected.world.resource_exists(snapshot)
    assert {**whole, "metaData": None} == listed


USER = "/resourceGroups/vaults/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"


def identity(azure: Any, *names: str, system: bool = False) -> dict[str, Any]:
    users = {}
    for name in names:
        user = f"{azure.VAULTS_AT}{USER}{name}"
        azure.world.store(user, {"id": user, "properties": {"clientId": "c", "principalId": name}})
        users[user] = {}
    return {"type": "SystemAssigned,UserAssigned" if system else "UserAssigned", "userAssignedIdentities": users}


@pytest.mark.parametrize("system", [False, True])
def test_the_tenant_is_told_of_every_identity(azure: Any, system: bool) -> None:
    made = azure.call("PUT", azure.VAULT, azure.vault_body(identity=identity(azure, "one", system=system)))
    assert (made.status, bool(made.body["identity"]["tenantId"])) == (201, True)
    assert ("principalId" in made.body["identity"]) == system


def test_an_update_tells_the_identities_that_were_there_before(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body(identity=identity(azure, "one")))
    azure.wait(60)
    changed = azure.call("PUT", azure.VAULT, azure.vault_body(identity=identity(azure, "one", "two")))
    told = {
        name.rpartition("/")[2]: value for name, value in changed.body["identity"]["userAssignedIdentities"].items()
    }
    assert (changed.status, told) == (201, {"one": {"clientId": "c", "principalId": "one"}, "two": {}})
    azure.wait(60)
    same = azure.call("PUT", azure.VAULT, azure.vault_body(identity=identity(azure, "one", "two")))
    told = {name.rpartition("/")[2]: value for name, value in same.body["identity"]["userAssignedIdentities"].items()}
    assert (same.status, told["two"]) == (200, {"clientId": "c", "principalId": "two"})


ONE_WAY = {
    "UserErrorDisableSoftDeleteNotAllowed": ("softDeleteSettings", {"state": "AlwaysOn"}, {"state": "Off"}),
    "UserErrorUnsupportedVaultImmutabilityStateChange": (
        "immutabilitySettings",
        {"state": "Locked"},
        {"state": "Disabled"},
    ),
}


@pytest.mark.parametrize("code", ONE_WAY)
def test_a_one_way_setting_is_refused_with_advice(azure: Any, code: str) -> None:
    block, before, after = ONE_WAY[code]
    body = azure.vault_body()
    body["properties"]["securitySettings"][block] = {"retentionDurationInDays": 14, **before}
    azure.call("PUT", azure.VAULT, body)
    azure.wait(60)
    body["properties"]["securitySettings"][block] = {"retentionDurationInDays": 14, **after}
    refused = azure.call("PUT", azure.VAULT, body).body["error"]
    (advice,) = refused["additionalInfo"][0]["info"]["recommendedAction"]
    assert (refused["code"], bool(advice)) == (code, True)


def test_a_guard_guards_both_kinds_of_vaults(azure: Any) -> None:
    guard = f"{azure.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.DataProtection/resourceGuards/guard"
    azure.call("PUT", azure.VAULT, azure.vault_body())
    made = azure.call("PUT", guard, {"location": "westus"})
    rows = made.body["properties"]["resourceGuardOperations"]
    kinds = [row["vaultCriticalOperation"].split("/")[0] for row in rows]
    assert (made.status, kinds) == (200, ["Microsoft.RecoveryServices"] * 10 + ["Microsoft.DataProtection"] * 9)
    assert "description" not in made.body["properties"]
    assert all(
        row["requestResourceType"] == row["vaultCriticalOperation"]
        for row in rows
        if row["vaultCriticalOperation"].startswith("Microsoft.DataProtection")
    )
    proxy = f"{azure.VAULT}/backupResourceGuardProxies/DppResourceGuardProxy"
    linked = azure.call("PUT", proxy, {"properties": {"resourceGuardResourceId": guard}}).body
    assert linked["type"] == "Microsoft.DataProtection/vaults/backupResourceGuardProxies"
    details = linked["properties"]["resourceGuardOperationDetails"]
    assert details[0]["defaultResourceRequest"] == f"{guard}/deleteBackupInstanceRequests/default"
    requests = {"resourceGuardOperationRequests": [f"{guard}/deleteResourceGuardProxyRequests/default"]}
    azure.call("POST", f"{proxy}/unlockDelete", requests)
    gone = azure.call("DELETE", proxy)
    assert (gone.status, gone.body) == (200, {})
