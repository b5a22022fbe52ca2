"""Every known api-version is spoken, and changes what the table says."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.dataprotection import api_versions
from reconciler.sandbox.dataprotection.api_versions import NAMES, NEWEST, UNKNOWN, VERSIONS, Kind, holds, since


def test_the_table_is_in_order_and_says_what_is_unknown() -> None:
    assert list(NAMES) == sorted(set(NAMES))
    assert {"2026-06-01", "2026-07-01", "2026-08-31-preview"} <= set(NAMES)
    silent = {version.name for version in VERSIONS if not version.changes}
    assert set(UNKNOWN) <= silent
    changes = [change for version in VERSIONS for change in version.changes]
    assert {change.kind for change in changes} == set(Kind)
    assert all(change.meaning and change.source for change in changes)


@pytest.mark.parametrize("version", NAMES)
def test_every_version_is_spoken(azure: Any, version: str) -> None:
    made = azure.call("PUT", azure.VAULT, azure.vault_body("AlwaysOn"), version=version)
    assert made.status == 201
    assert ("identity" in made.body) == holds(version, api_versions.IDENTITY_TOLD)
    azure.wait(5)
    read = azure.get(azure.VAULT, version=version)
    assert read["identity"]["principalId"], "a GET tells it under each"
    named = ("secureScore", "bcdrSecurityLevel", "regionOfChoiceSettings", "crossRegionBackupSettings")
    told = {name for name in named if name in read["properties"]}
    wanted = {name for name in named for one in VERSIONS for c in one.changes if c.name == name and holds(version, c)}
    assert told == wanted


@pytest.mark.parametrize(("version", "status"), [("2025-07-01", 201), ("2025-09-01", 400), (NEWEST, 400)])
def test_soft_delete_must_be_always_on_from_a_version_on(azure: Any, version: str, status: int) -> None:
    assert azure.call("PUT", azure.VAULT, azure.vault_body("On"), version=version).status == status


def test_cost_management_is_told_by_the_version_that_brought_it(azure: Any) -> None:
    body = azure.vault_body("AlwaysOn")
    body["properties"]["costManagementSettings"] = {"granularityLevel": "ProtectedItem"}
    azure.call("PUT", azure.VAULT, body, version="2026-06-01")
    azure.wait(5)
    for version in ("2026-03-01", "2026-06-01", "2026-07-01"):
        told = "costManagementSettings" in azure.get(azure.VAULT, version=version)["properties"]
        assert told == (version >= "2026-06-01"), version


def test_an_end_is_kept() -> None:
    assert since(api_versions.CROSS_REGION_BACKUP) == ("2025-09-01",)
    assert since(api_versions.ALWAYS_ON)[-1] == "2026-08-31-preview"
