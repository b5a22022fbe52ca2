from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest


def merge(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = deepcopy(body)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


def security(state: str = "", days: float | None = None, immutability: str = "") -> dict[str, Any]:
    block: dict[str, Any] = {}
    if state:
        block["softDeleteSettings"] = {"state": state, "retentionDurationInDays": days or 14.0}
    if immutability:
        block["immutabilitySettings"] = {"state": immutability}
    return {"properties": {"securitySettings": block}}


def restore(cross_region: str = "", cross_subscription: str = "") -> dict[str, Any]:
    block = {}
    if cross_region:
        block["crossRegionRestoreSettings"] = {"state": cross_region}
    if cross_subscription:
        block["crossSubscriptionRestoreSettings"] = {"state": cross_subscription}
    return {"properties": {"featureSettings": block}}


GEO = {"properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}]}}


def test_a_create_answers_201_with_an_operation_and_the_principal_at_once(azure: Any) -> None:
    response = azure.call("PUT", azure.VAULT, azure.vault_body())
    assert response.status == 201
    assert response.body["properties"]["provisioningState"] == "Provisioning"
    assert set(response.body["identity"]) == {"type", "principalId", "tenantId"}
    assert response.headers["Retry-After"] == "10"
    link = response.headers["Azure-AsyncOperation"]
    assert link.startswith(f"https://management.azure.com{azure.VAULT}/operationStatus/")
    assert 2500 < len(link) < 3500, "with the signature"
    running = azure.get(link)
    assert (running["status"], running["endTime"]) == ("Inprogress", "0001-01-01T00:00:00Z")
    ended = azure.finish(response, 2)
    assert (ended["status"], ended["endTime"]) == ("Succeeded", "2026-08-30T08:00:01Z"), "in whole seconds"
    vault = azure.get(azure.VAULT)
    assert vault["properties"]["provisioningState"] == "Succeeded"
    assert vault["identity"]["principalId"] == response.body["identity"]["principalId"]


def test_only_what_was_sent_comes_back(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    vault = azure.get(azure.VAULT)
    assert "tags" not in vault
    assert not {"featureSettings", "monitoringSettings"} & set(vault["properties"])
    assert vault["properties"]["securitySettings"] == {
        "softDeleteSettings": {"state": "On", "retentionDurationInDays": 14.0}
    }
    assert vault["properties"]["replicatedRegions"] == []
    assert vault["properties"]["isVaultProtectedByResourceGuard"] is False


def test_an_identical_put_answers_200_without_an_operation(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.wait(5)
    response = azure.call("PUT", azure.VAULT, azure.vault_body())
    assert (response.status, response.headers) == (200, {})
    assert response.body["properties"]["provisioningState"] == "Succeeded"


def test_a_changing_put_answers_201_and_updates(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.wait(5)
    response = azure.call("PUT", azure.VAULT, azure.vault_body(tags={"a": "b"}))
    assert (response.status, response.body["properties"]["provisioningState"]) == (201, "Updating")
    assert azure.finish(response, 2)["status"] == "Succeeded"
    assert azure.get(azure.VAULT)["tags"] == {"a": "b"}


def test_omitted_tags_are_cleared_or_kept_as_the_switch_says(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body(tags={"a": "b"}))
    azure.world.set_switch("omitted_tags", "kept")
    assert azure.call("PUT", azure.VAULT, azure.vault_body()).status == 200
    azure.world.set_switch("omitted_tags", "cleared")
    assert azure.call("PUT", azure.VAULT, azure.vault_body()).status == 201
    assert "tags" not in azure.get(azure.VAULT)


def test_a_patch_changes_the_blocks_that_it_names(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body(tags={"a": "b"}))
    azure.wait(5)
    response = azure.call("PATCH", azure.VAULT, security(immutability="Unlocked"))
    assert (response.status, response.body) == (202, None)
    assert response.headers["Location"].startswith(f"https://management.azure.com{azure.VAULT}/operationResults/")
    assert azure.call("GET", response.headers["Location"]).status == 202
    assert azure.finish(response, 2)["status"] == "Succeeded"
    vault = azure.get(azure.VAULT)
    assert azure.get(response.headers["Location"]) == vault
    assert vault["tags"] == {"a": "b"}
    assert vault["properties"]["securitySettings"]["immutabilitySettings"] == {"state": "Unlocked"}
    assert vault["properties"]["securitySettings"]["softDeleteSettings"]["state"] == "On"
    azure.world.set_switch("vault_patch", "synchronous")
    assert azure.call("PATCH", azure.VAULT, {"tags": {}}).status == 200
    assert "tags" not in azure.get(azure.VAULT)


def test_reset_of_omitted_blocks_leaves_one_way_doors_alone(azure: Any) -> None:
    azure.world.set_switch("omitted_blocks", "reset")
    full = merge(
        azure.vault_body(), merge(security("AlwaysOn", immutability="Unlocked"), restore(cross_subscription="Enabled"))
    )
    azure.call("PUT", azure.VAULT, full)
    bare = azure.vault_body()
    del bare["properties"]["securitySettings"]
    assert azure.call("PUT", azure.VAULT, bare).status == 201
    properties = azure.get(azure.VAULT)["properties"]
    assert properties["securitySettings"] == {
        "softDeleteSettings": {"state": "AlwaysOn", "retentionDurationInDays": 14.0}
    }
    assert "featureSettings" not in properties


@pytest.mark.parametrize(
    ("soft_delete", "immutability", "expected"),
    [
        ("Off", "", ("None", "Poor")),
        ("Off", "Unlocked", ("None", "Poor")),
        ("On", "", ("None", "Poor")),
        ("On", "Unlocked", ("Minimum", "Fair")),
        ("On", "Locked", ("Adequate", "Good")),
        ("AlwaysOn", "", ("Adequate", "Good")),
        ("AlwaysOn", "Disabled", ("Adequate", "Good")),
    ],
)
def test_scores(azure: Any, soft_delete: Any, immutability: str, expected: Any) -> None:
    azure.call("PUT", azure.VAULT, merge(azure.vault_body(), security(soft_delete, immutability=immutability)))
    properties = azure.get(azure.VAULT)["properties"]
    assert (properties["secureScore"], properties["bcdrSecurityLevel"]) == expected


@pytest.mark.parametrize(
    ("version", "present", "absent"),
    [
        ("2022-12-01", {"isVaultProtectedByResourceGuard"}, {"secureScore", "replicatedRegions", "bcdrSecurityLevel"}),
        ("2023-05-01", {"secureScore"}, {"replicatedRegions", "bcdrSecurityLevel"}),
        ("2023-11-01", set(), {"bcdrSecurityLevel", "crossRegionBackupSettings", "regionOfChoiceSettings"}),
        ("2025-07-01", {"bcdrSecurityLevel"}, {"crossRegionBackupSettings", "regionOfChoiceSettings"}),
        ("2025-09-01", {"bcdrSecurityLevel", "crossRegionBackupSettings"}, {"regionOfChoiceSettings"}),
        ("2026-06-01", {"bcdrSecurityLevel", "regionOfChoiceSettings"}, {"crossRegionBackupSettings"}),
    ],
)
def test_read_only_properties_come_and_go_with_the_version(
    azure: Any, version: str, present: set[str], absent: set[str]
) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    properties = set(azure.get(azure.VAULT, version=version)["properties"])
    assert present <= properties
    assert not absent & properties


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (security("AlwaysOn"), security("On"), "UserErrorDisableSoftDeleteNotAllowed"),
        (security("AlwaysOn"), security("Off"), "UserErrorDisableSoftDeleteNotAllowed"),
        (
            security("On", immutability="Locked"),
            security("On", immutability="Unlocked"),
            "UserErrorUnsupportedVaultImmutabilityStateChange",
        ),
        (
            merge(GEO, restore("Enabled")),
            merge(GEO, restore("Disabled")),
            "UserErrorCrossRegionRestoreStateChangeNotAllowed",
        ),
        ({}, GEO, "BMSUserErrorInvalidInput"),
        ({}, restore("Enabled"), "BMSUserErrorInvalidInput"),
        (restore("", "PermanentlyDisabled"), restore("", "Enabled"), "BMSUserErrorInvalidInput"),
        ({}, security("On", 13.0), "BMSUserErrorInvalidInput"),
        ({}, security("On", 181.0), "BMSUserErrorInvalidInput"),
        ({}, security("Sometimes"), "BMSUserErrorInvalidInput"),
    ],
)
def test_one_way_doors_and_bad_values(azure: Any, before: Any, after: Any, code: str) -> None:
    assert azure.call("PUT", azure.VAULT, merge(azure.vault_body(), before)).status == 201
    assert azure.refused("PUT", azure.VAULT, merge(azure.vault_body(), after)) == (400, code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (security("On"), security("Off")),
        (security("Off"), security("On")),
        (security("On"), security("AlwaysOn")),
        (security("AlwaysOn", 30.0), security("AlwaysOn", 14.0)),
        (security(immutability="Disabled"), security(immutability="Unlocked")),
        (security(immutability="Unlocked"), security(immutability="Disabled")),
        (security(immutability="Disabled"), security(immutability="Locked")),
        (GEO, merge(GEO, restore("Enabled"))),
    ],
)
def test_changes_in_place(azure: Any, before: Any, after: Any) -> None:
    assert azure.call("PUT", azure.VAULT, merge(azure.vault_body(), before)).status == 201
    azure.wait(5)
    assert azure.call("PUT", azure.VAULT, merge(azure.vault_body(), after)).status == 201


@pytest.mark.parametrize(("location", "pair"), [("westus", ["eastus"]), ("East US", ["westus"]), ("italynorth", [])])
def test_a_geo_redundant_vault_names_the_pair_of_its_region(azure: Any, location: str, pair: list[str]) -> None:
    azure.call("PUT", azure.VAULT, merge(azure.vault_body(location=location), GEO))
    assert azure.get(azure.VAULT)["properties"]["replicatedRegions"] == pair


def test_the_location_never_changes(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    assert azure.call("PUT", azure.VAULT, azure.vault_body(location="West US")).status == 200
    assert azure.refused("PUT", azure.VAULT, azure.vault_body(location="eastus")) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize(
    ("version", "location", "state", "status"),
    [
        ("2025-07-01", "westus", "On", 201),
        ("2025-09-01", "westus", "On", 400),
        ("2026-06-01", "westus", "Off", 400),
        ("2026-06-01", "westus", "AlwaysOn", 201),
        ("2024-04-01", "eastasia", "On", 400),
        ("2024-04-01", "eastasia", "AlwaysOn", 201),
    ],
)
def test_newer_versions_and_some_regions_insist_on_always_on(
    azure: Any, version: str, location: str, state: str, status: int
) -> None:
    response = azure.call("PUT", azure.VAULT, azure.vault_body(state, location=location), version=version)
    assert response.status == status
    if status == 400:
        info = response.body["error"]["additionalInfo"][0]["info"]
        assert info["message"].startswith("This API version requires backup vaults")
        assert info["recommendedAction"]


def test_a_newer_version_takes_a_vault_that_stays_as_it_is(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.wait(5)
    body = azure.vault_body(tags={"a": "b"})
    assert azure.call("PUT", azure.VAULT, body, version="2026-06-01").status == 201
    azure.world.set_switch("always_on_for_unchanged", True)
    assert azure.call("PUT", azure.VAULT, body, version="2026-06-01").status == 400
    azure.world.set_switch("always_on_for_unchanged", False)
    off = azure.vault_body("Off")
    assert azure.call("PUT", azure.VAULT, off, version="2026-06-01").status == 400


def test_an_odd_accept_header_turns_the_providers_own_400_into_an_empty_406(ready: Any) -> None:
    odd = "application/json; charset=utf-8; IEEE754Compatible=false"
    policy, instance = ready.policy_body(every="PT3H"), ready.instance_body(policy=f"{ready.POLICY}-none")
    for path, body in (
        (f"{ready.VAULT}2", ready.vault_body()),
        (f"{ready.POLICY}2", policy),
        (ready.INSTANCE, instance),
    ):
        assert ready.call("PUT", path, body, version="2025-09-01").status == 400
        response = ready.call("PUT", path, body, version="2025-09-01", accept=odd)
        assert (response.status, response.body) == (406, b"")
    assert ready.call("PUT", f"{ready.VAULT}2", {}, accept=odd).body["error"]["code"] == "LocationRequired"
    assert ready.call("GET", ready.INSTANCE, accept=odd).status == 404


def test_the_system_identity_gets_a_new_principal_each_time(azure: Any) -> None:
    azure.world.set_switch("identity_throttle", False)
    azure.call("PUT", azure.VAULT, azure.vault_body())
    first = azure.principal()
    azure.call("PUT", azure.VAULT, azure.vault_body(identity={"type": "None"}))
    assert "principalId" not in azure.get(azure.VAULT)["identity"]
    azure.call("PUT", azure.VAULT, azure.vault_body())
    assert azure.principal() != first


def test_a_user_assigned_identity_shows_its_principal_only_on_a_later_get(azure: Any) -> None:
    user = f"{azure.VAULTS_AT}/resourceGroups/vaults/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    body = azure.vault_body(identity={"type": "UserAssigned", "userAssignedIdentities": {user: {}}})
    assert azure.refused("PUT", azure.VAULT, body) == (400, "FailedIdentityOperation")
    azure.world.store(user, {"id": user, "properties": {"clientId": "c", "principalId": "p", "tenantId": "t"}})
    response = azure.call("PUT", azure.VAULT, body)
    assert response.body["identity"]["userAssignedIdentities"] == {user: {}}
    assert azure.get(azure.VAULT)["identity"]["userAssignedIdentities"] == {user: {"clientId": "c", "principalId": "p"}}
    assert azure.call("PUT", azure.VAULT, body).status == 200


def test_a_write_right_after_an_identity_change_is_throttled_with_the_delay_in_the_text(azure: Any) -> None:
    azure.call("PUT", azure.VAULT, azure.vault_body())
    azure.call("PUT", azure.VAULT, azure.vault_body(identity={"type": "None"}))
    azure.wait(3)
    response = azure.call("PUT", azure.VAULT, azure.vault_body())
    assert (response.status, response.body["error"]["code"]) == (429, "FailedIdentityOperation")
    assert "Retry after 17 seconds" in response.body["error"]["message"]
    assert "Retry-After" not in response.headers
    azure.wait(17)
    assert azure.call("PUT", azure.VAULT, azure.vault_body()).status == 201


def test_too_many_new_vaults_in_an_hour_are_blocked(azure: Any) -> None:
    azure.world.set_switch("vault_create_limit", 2)
    paths = [azure.VAULT.replace("Vault1", f"Vault{number}") for number in (1, 2, 3)]
    assert [azure.call("PUT", path, azure.vault_body()).status for path in paths] == [201, 201, 400]
    assert azure.refused("PUT", paths[2], azure.vault_body()) == (400, "CloudDosTimeboudLimitReached")
    azure.wait(3600)
    assert azure.call("PUT", paths[2], azure.vault_body()).status == 201


@pytest.mark.parametrize("body", [None, [], {"properties": []}, {"location": "westus"}])
def test_a_body_that_makes_no_vault_is_refused(azure: Any, body: Any) -> None:
    assert azure.refused("PUT", azure.VAULT, body) == (400, "BMSUserErrorInvalidInput")


def test_a_bad_name_is_refused(azure: Any) -> None:
    assert azure.refused("PUT", azure.VAULT.replace("Vault1", "1"), azure.vault_body())[0] == 400


def test_lists_go_page_by_page(azure: Any) -> None:
    azure.world.set_switch("page_size", 2)
    for number in range(5):
        azure.call("PUT", azure.VAULT.replace("Vault1", f"Vault{number}"), azure.vault_body())
    for scope in (azure.VAULTS_AT, f"{azure.VAULTS_AT}/resourceGroups/vaults"):
        path, seen = f"{scope}/providers/Microsoft.DataProtection/backupVaults", []
        while path:
            answer = azure.get(path)
            seen += [row["name"] for row in answer["value"]]
            path = answer.get("nextLink", "")
        assert seen == [f"Vault{number}" for number in range(5)]


def test_check_name_availability(azure: Any) -> None:
    path = f"{azure.VAULT.rsplit('/', 2)[0]}/locations/westus/checkNameAvailability"
    body = {"name": "Vault1", "type": "Microsoft.DataProtection/BackupVaults"}
    assert azure.call("POST", path, body).body == {"nameAvailable": True}
    azure.call("PUT", azure.VAULT, azure.vault_body())
    taken = azure.call("POST", path, {**body, "name": "vault1"}).body
    assert (taken["nameAvailable"], taken["reason"]) == (False, "AlreadyExists")
    assert azure.call("POST", path, {**body, "name": "1"}).body["reason"] == "Invalid"


@pytest.mark.parametrize(("state", "days"), [("Off", 0.0), ("On", 14.0), ("AlwaysOn", 14.0)])
def test_days_of_soft_delete_where_none_are_given(azure: Any, state: str, days: float) -> None:
    body = azure.vault_body()
    body["properties"]["securitySettings"]["softDeleteSettings"] = {"state": state}
    made = azure.call("PUT", azure.VAULT, body).body["properties"]["securitySettings"]["softDeleteSettings"]
    assert made == {"state": state, "retentionDurationInDays": days}


def test_soft_delete_that_is_switched_on_later_has_days_again(azure: Any) -> None:
    body = azure.vault_body()
    soft_delete = body["properties"]["securitySettings"]["softDeleteSettings"] = {"state": "Off"}
    azure.call("PUT", azure.VAULT, body)
    azure.wait(2)
    soft_delete["state"] = "On"
    made = azure.call("PUT", azure.VAULT, body).body["properties"]["securitySettings"]["softDeleteSettings"]
    assert made["retentionDurationInDays"] == 14.0
