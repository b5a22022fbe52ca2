"""Deleted vaults: when they go, linger, are kept and come back."""

from __future__ import annotations

from typing import Any

DELETED = "2025-09-01"


def test_a_vault_with_anything_in_it_is_not_deleted(protected: Any) -> None:
    azure = protected
    assert azure.refused("DELETE", azure.VAULT) == (400, "UserErrorVaultNotEmpty")
    azure.world.set_switch("vault_not_empty_status", 409)
    assert azure.refused("DELETE", azure.VAULT, version=DELETED)[0] == 409
    azure.finish(azure.call("DELETE", azure.INSTANCE))
    assert azure.refused("DELETE", azure.VAULT)[0] == 409
    azure.wait(15 * 86400)
    assert azure.refused("DELETE", azure.VAULT)[0] == 409
    azure.world.set_switch("policies_block_vault_delete", False)
    assert azure.call("DELETE", azure.VAULT).status == 202


def test_a_deleted_vault_lingers_and_is_then_gone(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, {**azure.vault_body(), "location": "West US"})
    response = azure.call("DELETE", azure.VAULT)
    assert (response.status, response.headers["Retry-After"]) == (202, "30")
    group = azure.VAULT.split("/backupVaults/")[0]
    assert response.headers["Azure-AsyncOperation"].startswith(
        f"https://management.azure.com{group}/locations/westus/operationStatus/"
    )
    assert "/providers/Microsoft.DataProtection/locations/westus/operationResults/" in response.headers["Location"]
    assert azure.finish(response, 2)["status"] == "Succeeded"
    assert azure.call("GET", azure.VAULT).status == 200
    azure.wait(60)
    assert azure.call("GET", azure.VAULT).status == 404
    assert azure.call("DELETE", azure.VAULT).status == 204
    assert azure.get(response.headers["Azure-AsyncOperation"])["status"] == "Succeeded"


def test_a_lingering_vault_can_be_made_anew_at_once(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    first = azure.principal()
    azure.finish(azure.call("DELETE", azure.VAULT), 2)
    assert azure.call("PUT", azure.VAULT, azure.vault_body()).status == 201
    azure.wait(120)
    assert azure.principal() != first


def test_newer_versions_keep_a_deleted_vault_and_restore_it_with_what_it_held(protected: Any) -> None:
    azure = protected
    azure.finish(azure.call("DELETE", azure.INSTANCE))
    azure.finish(azure.call("DELETE", azure.VAULT, version=DELETED), 70)
    assert azure.call("GET", azure.VAULT).status == 404
    place = f"{azure.VAULTS_AT}/providers/Microsoft.DataProtection/locations/westus/deletedVaults"
    (row,) = azure.get(place, version=DELETED)["value"]
    assert row["properties"]["originalBackupVaultName"] == "Vault1"
    assert row["properties"]["originalBackupVaultResourcePath"].endswith(
        "/resourcegroups/vaults/providers/Microsoft.DataProtection/BackupVaults/Vault1"
    )
    assert set(row["properties"]["resourceDeletionInfo"]) == {"deletionTime", "scheduledPurgeTime", "deleteActivityID"}
    assert (row["location"], row["tags"]) == ("westus", {})
    assert row["properties"]["isVaultProtectedByResourceGuard"] is False
    assert "replicatedRegions" not in row["properties"]
    assert azure.get(f"{place}/{row['name']}", version=DELETED) == row
    assert not [key for key in row if key.startswith("_")]
    header, was = {"x_ms_deleted_vault_id": row["id"]}, set(azure.world.table("principals"))
    assert azure.call("PUT", azure.VAULT, azure.vault_body("AlwaysOn"), **header).status == 400
    strange = {"type": "UserAssigned", "userAssignedIdentities": {f"{azure.SNAPSHOTS}/providers/x/y/z": {}}}
    body = azure.vault_body("AlwaysOn")
    assert azure.call("PUT", azure.VAULT, {**body, "identity": strange}, version=DELETED, **header).status == 400
    assert azure.call("GET", azure.VAULT).status == 404, "nothing was put back"
    bare = {"location": "westus", "identity": {"type": "SystemAssigned"}, "properties": {}}
    response = azure.call("PUT", azure.VAULT, bare, version=DELETED, **header)
    assert response.status == 201
    assert response.body["identity"]["principalId"] not in was, (
        "a restored vault gets a new identity, when it is asked for"
    )
    azure.wait(2)
    assert azure.get(azure.VAULT)["properties"]["provisioningState"] == "Succeeded"
    assert azure.get(azure.POLICY)["name"] == "every4hours"
    assert len(azure.get(f"{azure.VAULT}/deletedBackupInstances")["value"]) == 1
    assert azure.get(place, version=DELETED)["value"] == []


def test_a_deleted_vault_is_purged_in_the_end_and_its_name_is_free_meanwhile(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.finish(azure.call("DELETE", azure.VAULT, version=DELETED), 70)
    assert azure.call("PUT", azure.VAULT, azure.vault_body()).status == 201
    place = f"{azure.VAULTS_AT}/providers/Microsoft.DataProtection/locations/westus/deletedVaults"
    assert len(azure.get(place, version=DELETED)["value"]) == 1
    azure.wait(15 * 86400)
    assert azure.get(place, version=DELETED)["value"] == []
    assert azure.call("GET", azure.VAULT).status == 200
