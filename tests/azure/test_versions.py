from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.versions import resource_type, table, version_for, with_version

S = "/subscriptions/s"
G = f"{S}/resourceGroups/g"
V = f"{G}/providers/Microsoft.DataProtection/backupVaults/v"


@pytest.mark.parametrize(
    ("path", "version"),
    [
        (f"{S}/resourcegroups", "2024-07-01"),
        (G, "2024-07-01"),
        (V, "2025-07-01"),
        (f"{V}/backupInstances/i/stopProtection", "2025-07-01"),
        (f"{S}/providers/Microsoft.DataProtection/locations/westus/deletedVaults", "2025-09-01"),
        (f"{S}/providers/Microsoft.DataProtection/locations/westus/deletedVaults/x", "2025-09-01"),
        (f"{S}/providers/Microsoft.DataProtection/locations/westus/operationStatus/x", "2025-07-01"),
        (f"{G}/providers/Microsoft.Compute/disks/d", "2024-03-02"),
        (f"{G}/providers/Microsoft.Compute/disks/d/providers/Microsoft.DataProtection/backupInstances", "2025-07-01"),
        (f"{G}/providers/MICROSOFT.COMPUTE/virtualMachines/m", "2024-07-01"),
        (f"{V}/providers/Microsoft.Authorization/roleAssignments/r", "2022-04-01"),
        (f"{S}/providers/Microsoft.Authorization/locks", "2020-05-01"),
        (f"{G}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u", "2023-01-31"),
        ("/providers/Microsoft.ResourceGraph/resources", "2021-03-01"),
        (f"{G}/providers/Microsoft.Nothing/things/t", None),
    ],
)
def test_every_path_has_the_version_of_its_type(path: str, version: str) -> None:
    assert version_for(path, table()) == version


def test_the_version_of_dataprotection_is_a_setting_and_that_of_deleted_vaults_is_not() -> None:
    versions = table("2026-06-01")
    assert version_for(V, versions) == "2026-06-01"
    assert version_for(f"{S}/providers/Microsoft.DataProtection/locations/l/deletedVaults", versions) == "2025-09-01"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/a", "https://h/a?api-version=1"),
        ("https://h/a?api-version=2026-06-01", "https://h/a?api-version=1"),
        ("https://h/a?API-Version=x&$filter=b%20c", "https://h/a?$filter=b%20c&api-version=1"),
    ],
)
def test_a_url_ends_up_with_exactly_one_version(url: str, expected: Any) -> None:
    assert with_version(url, "1") == expected


def test_the_type_of_an_extension_resource_is_the_extension() -> None:
    assert resource_type(f"{V}/providers/Microsoft.Authorization/locks/l") == "microsoft.authorization/locks"
