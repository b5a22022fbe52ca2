"""Bodies against Microsoft's own description of api-version 2024-04-01, and what is known to go beyond it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SPEC = (
    Path(__file__).parents[4] / "shared/spec/dataprotection/resource-manager/Microsoft.DataProtection/stable/2024-04-01"
)
pytestmark = pytest.mark.skipif(not SPEC.is_dir(), reason="the OpenAPI files are not beside this checkout")

ADDITIONS = {
    # recorded traffic shows these words, the description does not have them
    "enum BackupsSuspended",
    "enum UpdatingProtection",
    "enum ProtectionError",
    "enum ProtectionStopped",
    # 2025-07-01 and newer
    "key crossRegionBackupSettings",
    "key regionOfChoiceSettings",
    # recorded jobs carry these
    "key sourceDataStoreType",
    "key isCrossRegionRestore",
    # so does the provider's own 404
    "key innerError",
}
NULLS = {
    # recorded jobs and recovery points say null where the description knows only a value
    "dataSourceSetName", "sourceDataStoreName", "sourceDataStoreType", "destinationDataStoreName",
    "endTime", "restoreType", "rehydrationPriority", "progressUrl",
    "isCrossRegionRestore", "errorDetails", "extendedInfo", "dataTransferredInBytes", "sourceRecoverPoint",
    "recoveryDestination", "taskProgress", "warningDetails", "metaData", "rehydrationExpiryTime",
    "rehydrationStatus", "policyVersion", "details", "target", "innerError", "backupInstanceState", "targetRecoverPoint",
    "additionalDetails",
}  # fmt: skip
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


class Description:
    """The description, and the differences that a body shows to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[Path, Any] = {}
        self.main = self.load(folder / "dataprotection.json")

    def load(self, path: Path) -> Any:
        path = path.resolve()
        if path not in self.files:
            self.files[path] = json.loads(path.read_text())
        return self.files[path]

    def resolve(self, schema: Any, root: Any, folder: Path) -> tuple[Any, Any, Path]:
        while "$ref" in schema:
            file, _, pointer = schema["$ref"].partition("#/")
            if file:
                if not (folder / file).exists():
                    return {}, root, folder
                root, folder = self.load(folder / file), (folder / file).parent
            schema = root
            for step in pointer.split("/"):
                schema = schema[step]
        return schema, root, folder

    def members(self, schema: Any, root: Any, folder: Path, value: Any) -> dict[str, tuple[Any, Any, Path]]:
        schema, root, folder = self.resolve(schema, root, folder)
        found = {}
        for parent in schema.get("allOf", []):
            found |= self.members(parent, root, folder, {})
        found |= {key: (inner, root, folder) for key, inner in schema.get("properties", {}).items()}
        word = value.get(schema.get("discriminator", "")) if isinstance(value, dict) else None
        for name, other in root.get("definitions", {}).items():
            if word and (other.get("x-ms-discriminator-value") or name) == word and other is not schema:
                found |= self.members(other, root, folder, {})
        return found

    def differences(self, value: Any, schema: Any, root: Any, folder: Path, key: str = "") -> Iterator[str]:
        schema, root, folder = self.resolve(schema, root, folder)
        if value is None:
            if key not in NULLS:
                yield f"null {key}"
            return
        members = self.members(schema, root, folder, value)
        kind = schema.get("type") or ("object" if members else "")
        if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
            yield f"type {key}: {value!r} is no {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"enum {value}"
        if isinstance(value, list):
            for item in value:
                yield from self.differences(item, schema.get("items", {}), root, folder, key)
        elif isinstance(value, dict):
            for name in schema.get("required", []):
                if name not in value:
                    yield f"missing {key}.{name}"
            yield from self._of_object(value, schema, members, root, folder)

    def _of_object(
        self, value: dict[str, Any], schema: Any, members: dict[str, tuple[Any, Any, Path]], root: Any, folder: Path
    ) -> Iterator[str]:
        rest = schema.get("additionalProperties")
        for name, item in value.items():
            if name in members:
                yield from self.differences(item, *members[name], name)
            elif rest:
                yield from self.differences(item, rest, root, folder, name)
            elif members:
                yield f"key {name}"

    def check(self, value: Any, definition: str) -> None:
        schema = self.main["definitions"][definition]
        found = set(self.differences(value, schema, self.main, self.folder)) - ADDITIONS
        assert not found, (definition, sorted(found))


@pytest.fixture(scope="module")
def description() -> Description:
    return Description(SPEC)


def test_vaults(azure: Any, description: Description) -> None:
    user = f"{azure.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    azure.world.store(user, {"id": user, "properties": {"clientId": "c", "principalId": "p"}})
    identity = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {user: {}}}
    body = azure.vault_body(identity=identity, tags={"a": "b"})
    body["properties"] |= {
        "featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Enabled"}},
        "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
    }
    response = azure.call("PUT", azure.VAULT, body)
    description.check(response.body, "BackupVaultResource")
    description.check(azure.get(response.headers["Azure-AsyncOperation"]), "OperationResource")
    azure.wait(2)
    for version in ("2024-04-01", "2025-07-01", "2026-06-01"):
        description.check(azure.get(azure.VAULT, version=version), "BackupVaultResource")
    description.check(azure.get(azure.VAULT.rsplit("/", 1)[0]), "BackupVaultResourceList")


def test_policies_and_instances(protected: Any, description: Description) -> None:
    azure = protected
    description.check(azure.get(azure.POLICY), "BaseBackupPolicyResource")
    description.check(azure.get(f"{azure.VAULT}/backupPolicies"), "BaseBackupPolicyResourceList")
    description.check(azure.get(azure.INSTANCE), "BackupInstanceResource")
    description.check(azure.get(f"{azure.VAULT}/backupInstances"), "BackupInstanceResourceList")
    listed = f"{azure.DISK}/providers/Microsoft.DataProtection/backupInstances"
    description.check(azure.get(listed), "BackupInstanceResourceList")
    for verb in ("stopProtection", "resumeProtection", "suspendBackups"):
        response = azure.call("POST", f"{azure.INSTANCE}/{verb}")
        azure.wait(60)
        description.check(azure.get(response.headers["Azure-AsyncOperation"]), "OperationResource")
        description.check(azure.get(response.headers["Location"]), "OperationJobExtendedInfo")
        description.check(azure.get(azure.INSTANCE), "BackupInstanceResource")


def test_failures(ready: Any, description: Description) -> None:
    azure = ready
    azure.revoke_all()
    probe = azure.call(
        "POST", f"{azure.VAULT}/validateForBackup", {"backupInstance": azure.instance_body()["properties"]}
    )
    response = azure.call("PUT", azure.INSTANCE, azure.instance_body())
    description.check(response.body, "BackupInstanceResource")
    azure.wait(70)
    description.check(azure.get(probe.headers["Azure-AsyncOperation"]), "OperationResource")
    description.check(azure.get(azure.INSTANCE), "BackupInstanceResource")
    description.check(azure.call("PUT", azure.INSTANCE, {}).body, "CloudError")
    description.check(azure.call("GET", f"{azure.INSTANCE}-2").body, "CloudError")


def test_soft_deleted_instances(protected: Any, description: Description) -> None:
    azure = protected
    azure.finish(azure.call("DELETE", azure.INSTANCE))
    listed = azure.get(f"{azure.VAULT}/deletedBackupInstances")
    description.check(listed, "DeletedBackupInstanceResourceList")
    description.check(listed["value"][0], "DeletedBackupInstanceResource")


def test_jobs_and_recovery_points(protected: Any, description: Description) -> None:
    azure = protected
    rule = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
    response = azure.call("POST", f"{azure.INSTANCE}/backup", rule)
    job = azure.finish(response, 5)["properties"]["jobId"]
    description.check(azure.get(job), "AzureBackupJobResource")
    azure.wait(240)
    description.check(azure.get(response.headers["Azure-AsyncOperation"]), "OperationResource")
    description.check(azure.get(job), "AzureBackupJobResource")
    description.check(azure.get(f"{azure.VAULT}/backupJobs"), "AzureBackupJobResourceList")
    points = azure.get(f"{azure.INSTANCE}/recoveryPoints")
    description.check(points, "AzureBackupRecoveryPointResourceList")
    description.check(points["value"][0], "AzureBackupRecoveryPointResource")


def test_jobs_and_recovery_points_of_a_schedule(protected: Any, description: Description) -> None:
    azure = protected
    azure.wait(86400)
    azure.revoke_all()
    azure.wait(86400)
    listed = azure.get(f"{azure.VAULT}/backupJobs")
    description.check(listed, "AzureBackupJobResourceList")
    assert {row["properties"]["status"] for row in listed["value"]} == {"Completed", "Failed"}
    for row in listed["value"]:
        description.check(azure.get(row["id"]), "AzureBackupJobResource")
    description.check(azure.get(f"{azure.INSTANCE}/recoveryPoints"), "AzureBackupRecoveryPointResourceList")


def test_restores(protected: Any, description: Description) -> None:
    azure = protected
    azure.wait(86400)
    (point, *_) = azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]
    disk = {
        "objectType": "Datasource",
        "datasourceType": "Microsoft.Compute/disks",
        "resourceID": f"{azure.DISK}-copy",
    }
    target = {
        "objectType": "RestoreTargetInfo",
        "recoveryOption": "FailIfExists",
        "restoreLocation": "westus",
        "datasourceInfo": disk,
    }
    body = {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": point["name"],
        "sourceDataStoreType": "OperationalStore",
        "restoreTargetInfo": target,
    }
    description.check(body, "AzureBackupRestoreRequest")
    azure.finish(azure.call("POST", f"{azure.INSTANCE}/validateRestore", {"restoreRequestObject": body}))
    response = azure.call("POST", f"{azure.INSTANCE}/restore", body)
    job = azure.finish(response, 5)["properties"]["jobId"]
    for _ in range(2):
        description.check(azure.get(job), "AzureBackupJobResource")
        azure.wait(240)


def test_guards(ready: Any, description: Description) -> None:
    azure = ready
    guard = f"{azure.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.DataProtection/resourceGuards/guard"
    description.check(
        azure.call("PUT", guard, {"location": "westus", "tags": {"a": "b"}}).body, "ResourceGuardResource"
    )
    proxy = f"{azure.VAULT}/backupResourceGuardProxies/DppResourceGuardProxy"
    body = {"properties": {"resourceGuardResourceId": guard}}
    description.check(azure.call("PUT", proxy, body).body, "ResourceGuardProxyBaseResource")
    description.check(azure.get(f"{guard}/disableSoftDeleteRequests"), "DppBaseResourceList")
    sent = {"resourceGuardOperationRequests": [f"{guard}/deleteBackupInstanceRequests/default"]}
    answer = azure.call("POST", f"{proxy}/unlockDelete", {**sent, "resourceToBeDeleted": azure.INSTANCE})
    description.check(answer.body, "UnlockDeleteResponse")


def test_the_description_itself_notices_what_is_wrong(description: Description) -> None:
    for body in (
        {"properties": {"storageSettings": []}},
        {"location": 1, "properties": {"storageSettings": []}},
        {"location": "westus", "properties": {"storageSettings": [], "invented": 1}},
        {"location": "westus", "properties": {"storageSettings": [{"type": "Invented"}]}},
        {"location": "westus", "properties": {"storageSettings": None}},
    ):
        with pytest.raises(AssertionError):
            description.check(body, "BackupVaultResource")
