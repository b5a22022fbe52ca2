from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.arm.ids import resource_type
from reconciler.sandbox.world import ADOPTERS


@pytest.fixture
def estate(azure: Any) -> Any:
    """Stores a record as an estate file does."""

    def store(address: str, **body: Any) -> None:
        kind = resource_type(address)
        record = {"id": address, **body}
        ADOPTERS[kind](azure.world, address, record)
        azure.world.store(address, record)

    azure.adopt = store
    return azure


def test_a_bare_vault_is_completed(estate: Any) -> None:
    estate.adopt(estate.VAULT, location="westus", identity={"type": "SystemAssigned"})
    vault = estate.get(estate.VAULT)
    assert vault["identity"]["principalId"]
    assert vault["name"] == "Vault1"
    assert vault["properties"]["storageSettings"] == [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]
    assert vault["properties"]["securitySettings"]["softDeleteSettings"]["state"] == "On"
    assert vault["properties"]["provisioningState"] == "Succeeded"
    assert estate.call("PUT", estate.VAULT, estate.vault_body()).status == 200


def test_what_the_file_says_stays(estate: Any) -> None:
    identity = {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"}
    security = {"softDeleteSettings": {"state": "OFF", "retentionDurationInDays": 0.0}}
    estate.adopt(
        estate.VAULT, location="West US", identity=identity, tags={"a": "b"}, properties={"securitySettings": security}
    )
    vault = estate.get(estate.VAULT)
    assert (vault["identity"], vault["location"], vault["tags"]) == (identity, "West US", {"a": "b"})
    assert vault["properties"]["securitySettings"] == security
    assert estate.call("PATCH", estate.VAULT, {"tags": {"a": "c"}}).status == 202


def test_instances_in_any_state(estate: Any) -> None:
    estate.adopt(estate.VAULT, location="westus", identity={"type": "SystemAssigned"})
    estate.adopt(estate.POLICY, **estate.policy_body())
    body = estate.instance_body()
    estate.adopt(estate.INSTANCE, **body)
    assert estate.state() == "ProtectionConfigured"
    assert estate.call("DELETE", estate.POLICY).status == 400
    body["properties"]["currentProtectionState"] = "ProtectionStopped"
    estate.adopt(estate.INSTANCE, **body)
    assert estate.state() == "ProtectionStopped"
    body["properties"] |= {"currentProtectionState": "ProtectionError", "protectionErrorDetails": {"code": "X"}}
    estate.adopt(estate.INSTANCE, **body)
    assert estate.get(estate.INSTANCE)["properties"]["protectionStatus"]["errorDetails"] == {"code": "X"}


def test_soft_deleted_instances_and_guards(estate: Any) -> None:
    estate.adopt(estate.VAULT, location="westus")
    gone = estate.INSTANCE.replace("/backupInstances/", "/deletedBackupInstances/")
    estate.adopt(gone, **estate.instance_body())
    assert estate.get(gone)["properties"]["deletionInfo"]["scheduledPurgeTime"][:10] == "2026-09-13"
    guard = f"{estate.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.DataProtection/resourceGuards/guard"
    estate.adopt(guard, location="westus")
    proxy = f"{estate.VAULT}/backupResourceGuardProxies/DppResourceGuardProxy"
    estate.adopt(proxy, properties={"resourceGuardResourceId": guard})
    assert estate.get(estate.VAULT)["properties"]["isVaultProtectedByResourceGuard"] is True
    assert estate.call("DELETE", proxy).status == 403
    estate.wait(15 * 86400)
    assert estate.call("GET", gone).status == 404


def test_a_record_that_cannot_be_is_an_error_with_its_reason(estate: Any) -> None:
    with pytest.raises(ValueError, match="securitySettings has the wrong kind of value"):
        estate.adopt(estate.VAULT, location="westus", properties={"securitySettings": "on"})
    with pytest.raises(ValueError, match="identity type 'Sometimes'"):
        estate.adopt(estate.VAULT, location="westus", identity={"type": "Sometimes"})
