"""Storage settings of several entries: the redundancy of a vault is that of its VaultStore."""

from __future__ import annotations

from typing import Any

import pytest

ARCHIVE = {"datastoreType": "ArchiveStore", "type": "LocallyRedundant"}
STORE = {"datastoreType": "VaultStore", "type": "GeoRedundant"}


def with_storage(azure: Any, *settings: Any) -> dict[str, Any]:
    body: dict[str, Any] = azure.vault_body()
    body["properties"]["storageSettings"] = list(settings)
    return body


@pytest.mark.parametrize("settings", [(ARCHIVE, STORE), (STORE, ARCHIVE), (STORE,)])
def test_the_vault_store_counts_in_any_order(azure: Any, settings: Any) -> None:
    body = with_storage(azure, *settings)
    body["properties"]["featureSettings"] = {"crossRegionRestoreSettings": {"state": "Enabled"}}
    made = azure.call("PUT", azure.VAULT, body)
    assert made.status == 201
    assert made.body["properties"]["storageSettings"] == list(settings)
    assert made.body["properties"]["replicatedRegions"] == ["eastus"]
    azure.wait(5)
    assert azure.call("PUT", azure.VAULT, with_storage(azure, *settings)).status == 200


@pytest.mark.parametrize(
    "settings",
    [
        (),
        (ARCHIVE,),
        (STORE, STORE),
        (STORE, {"datastoreType": "Other", "type": "GeoRedundant"}),
        (STORE, {**ARCHIVE, "type": "Invented"}),
        (STORE, None),
    ],
)
def test_what_is_no_storage_is_refused(azure: Any, settings: Any) -> None:
    assert azure.call("PUT", azure.VAULT, with_storage(azure, *settings)).status == 400


@pytest.mark.parametrize("told", [None, [], [None], [None, STORE], [ARCHIVE, STORE]])
def test_an_estate_may_hold_what_a_put_may_not(azure: Any, told: Any) -> None:
    from reconciler.sandbox import tampering
    from reconciler.sandbox.world import SUBSCRIPTIONS

    azure.world.table(SUBSCRIPTIONS)[azure.VAULTS_AT] = {"id": azure.VAULTS_AT, "state": "Enabled", "_providers": {}}
    azure.world.table("microsoft.resources/resourcegroups")[f"{azure.VAULTS_AT}/resourcegroups/vaults"] = {"id": "x"}
    body = {"location": "westus", "properties": {"storageSettings": told}}
    tampering.put(azure.world, azure.VAULT, body)
    assert azure.get(azure.VAULT)["properties"]["storageSettings"] == told
