"""Every provider tells its own operations, and all of them are told together."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.providers import PROVIDERS

SPELLED = sorted(provider.namespace for provider in PROVIDERS.values())
VERSIONS = {
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.Compute": "2024-03-02",
    "Microsoft.DataProtection": "2026-07-01",
    "Microsoft.ManagedIdentity": "2023-01-31",
    "Microsoft.Management": "2020-05-01",
    "Microsoft.ResourceGraph": "2021-03-01",
    "Microsoft.Resources": "2024-07-01",
}


@pytest.mark.parametrize("namespace", SPELLED)
def test_a_provider_lists_its_operations(ask: Any, namespace: str) -> None:
    answer = ask("GET", f"/providers/{namespace.upper()}/operations", version=VERSIONS[namespace], who="nobody")
    assert answer.status == 200
    assert answer.names == sorted(set(answer.names))
    assert all(name.startswith(f"{namespace}/") for name in answer.names)
    for row in answer.body["value"]:
        assert row["display"].keys() == {"provider", "resource", "operation", "description"}
        assert all(row["display"].values())


@pytest.mark.parametrize(
    ("name", "resource", "operation"),
    [
        ("backupVaults/read", "Backup Vaults", "Get Backup Vaults"),
        ("backupVaults/backupInstances/backup/action", "Backup Instances", "Backup Backup Instances"),
        ("backupVaults/exportBackupJobs/action", "Backup Vaults", "Export Backup Jobs Backup Vaults"),
    ],
)
def test_in_words(ask: Any, name: str, resource: str, operation: str) -> None:
    rows = ask("GET", "/providers/Microsoft.DataProtection/operations").body["value"]
    (row,) = [row for row in rows if row["name"] == f"Microsoft.DataProtection/{name}"]
    assert (row["display"]["resource"], row["display"]["operation"]) == (resource, operation)


def test_the_azure_cli_finds_them_by_type(ask: Any) -> None:
    place = "/providers/Microsoft.Authorization/providerOperations"
    every = ask("GET", f"{place}?$expand=resourceTypes", version="2018-01-01-preview").body["value"]
    assert [row["name"] for row in every] == SPELLED
    one = ask("GET", f"{place}/microsoft.dataprotection", version="2018-01-01-preview").body
    types = {row["name"]: [operation["name"] for operation in row["operations"]] for row in one["resourceTypes"]}
    assert "Microsoft.DataProtection/backupVaults/write" in types["backupVaults"]
    assert (
        "Microsoft.DataProtection/backupVaults/backupInstances/backup/action" in types["backupVaults/backupInstances"]
    )
    assert ask("GET", f"{place}/Microsoft.Nowhere", version="2018-01-01-preview").code == "ProviderNotFound"
