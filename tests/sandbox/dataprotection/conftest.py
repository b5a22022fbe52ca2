"""A small estate in a world of its own clock, and a door to the provider without the rest of Resource Manager."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Caller, Request, Response
from reconciler.sandbox.authorization.rights import ASSIGNMENTS
from reconciler.sandbox.dataprotection import provider
from reconciler.sandbox.world import World

START = datetime(2026, 8, 30, 8, 0, tzinfo=UTC)
VAULTS_AT = "/subscriptions/11111111-1111-1111-1111-111111111111"
DISKS_AT = "/subscriptions/22222222-2222-2222-2222-222222222222"
BASE = "https://management.azure.com"
VAULT = f"{VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.DataProtection/backupVaults/Vault1"
POLICY = f"{VAULT}/backupPolicies/every4hours"
DISK = f"{DISKS_AT}/resourceGroups/disks/providers/Microsoft.Compute/disks/disk1"
SNAPSHOTS = f"{DISKS_AT}/resourceGroups/snapshots"
INSTANCE = f"{VAULT}/backupInstances/disk1-disk1-0001"
READER, CONTRIBUTOR = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24", "7efff54f-a5b4-42b5-a1c5-5411624893ce"


def disk_policy(every: str = "PT4H", keep: str = "P7D", start: str = "2020-04-05T13:00:00+00:00") -> dict[str, Any]:
    return {
        "properties": {
            "objectType": "BackupPolicy",
            "name": "dropped",
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": [
                {
                    "name": "BackupHourly",
                    "objectType": "AzureBackupRule",
                    "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
                    "dataStore": {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"},
                    "trigger": {
                        "objectType": "ScheduleBasedTriggerContext",
                        "schedule": {"repeatingTimeIntervals": [f"R/{start}/{every}"], "timeZone": "UTC"},
                        "taggingCriteria": [
                            {"isDefault": True, "taggingPriority": 99, "tagInfo": {"tagName": "Default"}}
                        ],
                    },
                },
                {
                    "name": "Default",
                    "objectType": "AzureRetentionRule",
                    "isDefault": True,
                    "lifecycles": [
                        {
                            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": keep},
                            "sourceDataStore": {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"},
                            "targetDataStoreCopySettings": None,
                        }
                    ],
                },
            ],
        }
    }


def vault_body(state: str = "On", **rest: Any) -> dict[str, Any]:
    soft_delete = {"state": state, "retentionDurationInDays": 14}
    return {
        "location": "westus",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
            "securitySettings": {"softDeleteSettings": soft_delete},
        },
        **rest,
    }


def instance_body(disk: str = DISK, policy: str = POLICY, group: str = SNAPSHOTS, **rest: Any) -> dict[str, Any]:
    name = disk.rsplit("/", 1)[-1]
    return {
        "tags": {"reconciler-owner": "walkthrough"},
        "properties": {
            "objectType": "BackupInstance",
            "friendlyName": name,
            "dataSourceInfo": {
                "objectType": "Datasource",
                "datasourceType": "Microsoft.Compute/disks",
                "resourceID": disk,
                "resourceLocation": "westus",
                "resourceName": name,
                "resourceType": "Microsoft.Compute/disks",
                "resourceUri": "",
            },
            "policyInfo": {
                "policyId": policy,
                "policyParameters": {
                    "dataStoreParametersList": [
                        {
                            "objectType": "AzureOperationalStoreParameters",
                            "dataStoreType": "OperationalStore",
                            "resourceGroupId": group,
                        }
                    ]
                },
            },
            **rest,
        },
    }


class Azure:
    """The provider, with its world and a clock that a test moves; and the words that tests use."""

    VAULTS_AT, DISKS_AT, VAULT, POLICY = VAULTS_AT, DISKS_AT, VAULT, POLICY
    DISK, SNAPSHOTS, INSTANCE, READER, CONTRIBUTOR = DISK, SNAPSHOTS, INSTANCE, READER, CONTRIBUTOR
    vault_body, policy_body, instance_body = (
        staticmethod(vault_body),
        staticmethod(disk_policy),
        staticmethod(instance_body),
    )

    def __init__(self) -> None:
        self.moment = START
        self.world = World(7, lambda: self.moment, tenant="33333333-3333-3333-3333-333333333333")
        self.world.set_switch("principal_replication", 0)

    def call(
        self, method: str, path: str, body: Any = None, *, version: str = "2025-07-01", **headers: str
    ) -> Response:
        self.world.settle()
        address = urlsplit(path.removeprefix(BASE))
        query = {"api-version": version, **{key.lower(): value for key, value in parse_qsl(address.query)}}
        segments = tuple(part for part in address.path.split("/") if part)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        request = Request(method, address.path, segments, query, named, body, BASE, Caller("oid", "app"))
        try:
            route, values = provider.resolve(method, segments)
            return route.function(self.world, request, **values)
        except ArmError as error:
            return error.response()

    def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        response = self.call(method, path, body, **options)
        return response.status, (response.body or {}).get("error", {}).get("code", "")

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.world.settle()

    def get(self, path: str, **options: Any) -> Any:
        response = self.call("GET", path, **options)
        assert response.status == 200, response
        return response.body

    def state(self, instance: str = INSTANCE) -> str:
        properties = self.get(instance)["properties"]
        assert properties["protectionStatus"]["status"] == properties["currentProtectionState"]
        return str(properties["currentProtectionState"])

    def finish(self, response: Response, seconds: float = 200) -> Any:
        """The final body of the operation that a response began."""
        self.wait(seconds)
        return self.get(response.headers["Azure-AsyncOperation"])

    def grant(self, principal: str, role: str, scope: str, *, after: float = 0.0) -> None:
        name = f"{len(self.world.table(ASSIGNMENTS)):08}"
        address = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        definition = f"{VAULTS_AT}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {"roleDefinitionId": definition, "principalId": principal, "scope": scope}
        self.world.table(ASSIGNMENTS)[lower(address)] = {
            "id": address,
            "name": name,
            "properties": properties,
            "_effective": self.world.timestamp + after,
        }

    def revoke_all(self) -> None:
        for key in list(self.world.table(ASSIGNMENTS)):
            del self.world.table(ASSIGNMENTS)[key]

    def disk(self, address: str = DISK, **rest: Any) -> None:
        body = {"location": "westus", "sku": {"name": "Premium_LRS"}, "properties": {"diskSizeBytes": 1024, **rest}}
        if "location" in rest:
            body["location"] = rest["location"]
        if "sku" in rest:
            body["sku"] = {"name": rest["sku"]}
        self.world.store(address, {**body, "id": address, "name": address.rsplit("/", 1)[-1]})

    def group(self, address: str) -> None:
        self.world.store(address, {"id": address, "name": address.rsplit("/", 1)[-1], "location": "westus"})

    def principal(self, vault: str = VAULT) -> str:
        return str(self.get(vault)["identity"]["principalId"])

    def grant_all(self, vault: str = VAULT, disk: str = DISK, **options: Any) -> None:
        self.grant(self.principal(vault), READER, disk, **options)
        self.grant(self.principal(vault), CONTRIBUTOR, SNAPSHOTS, **options)


@pytest.fixture
def azure() -> Azure:
    """Resource groups and one disk, no vault yet."""
    azure = Azure()
    for address in (f"{VAULTS_AT}/resourceGroups/vaults", f"{DISKS_AT}/resourceGroups/disks", SNAPSHOTS):
        azure.group(address)
    azure.disk()
    return azure


@pytest.fixture
def ready(azure: Azure) -> Azure:
    """A vault whose identity holds its roles, and a policy."""
    assert azure.call("PUT", VAULT, vault_body()).status == 201
    azure.wait(5)
    azure.grant_all()
    assert azure.call("PUT", POLICY, disk_policy()).status == 200
    return azure


@pytest.fixture
def protected(ready: Azure) -> Azure:
    """The disk is protected."""
    assert ready.call("PUT", INSTANCE, instance_body()).status == 201
    ready.wait(70)
    assert ready.state() == "ProtectionConfigured"
    return ready
