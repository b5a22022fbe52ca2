"""Resource groups, and lists of what lies in groups and subscriptions."""

from __future__ import annotations

from typing import Any

import pytest

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
VAULT = {
    "location": "westus",
    "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]},
}


def test_a_resource_group_comes_changes_and_goes(ask: Any) -> None:
    new = f"{TWO}/resourcegroups/new"
    assert ask("HEAD", new).status == 404
    made = ask("PUT", new, {"location": "West US", "tags": {"a": "b"}})
    assert made.status == 201
    assert made.body == {
        "id": f"{TWO}/resourceGroups/new",
        "name": "new",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westus",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    }
    assert ask("HEAD", new).status == 204
    assert ask("PUT", new, {"location": "westus"}).status == 200
    assert "tags" not in ask("GET", new).body
    assert ask("PATCH", new, {"tags": {"c": "d"}}).body["tags"] == {"c": "d"}
    assert ask("PUT", new, {"location": "eastus"}).code == "InvalidResourceGroupLocation"
    assert ask("PUT", new, {}).code == "LocationRequired"
    assert ask("PUT", f"{new}.", {"location": "westus"}).code == "InvalidResourceGroup"
    gone = ask("DELETE", new)
    assert gone.status == 202
    assert ask("GET", gone.headers["Location"]).status == 202
    assert ask("PUT", new, {"location": "westus"}).code == "ResourceGroupBeingDeleted"
    inside = f"{new}/providers/Microsoft.DataProtection/backupVaults/v1"
    assert ask("PUT", inside, {"location": "westus"}).code == "ResourceGroupBeingDeleted"
    ask.sandbox.advance(21)
    assert ask("GET", gone.headers["Location"]).status == 200
    assert ask("GET", new).code == "ResourceGroupNotFound"


def test_a_group_takes_what_lies_in_it_along(ask: Any) -> None:
    ask("DELETE", GROUP)
    ask.sandbox.advance(21)
    assert ask("GET", DISK).code == "ResourceGroupNotFound"


def test_a_group_stays_while_a_vault_in_it_is_not_empty(ask: Any) -> None:
    vault = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/kept"
    ask.sandbox.put(vault, {"location": "westus"})
    ask.sandbox.put(f"{vault}/backupInstances/data", {"properties": {"dataSourceInfo": {"resourceID": DISK}}})
    gone = ask("DELETE", GROUP)
    ask.sandbox.advance(21)
    answer = ask("GET", gone.headers["Location"])
    assert (answer.status, answer.code) == (409, "ResourceGroupDeletionBlocked")
    (detail,) = answer.body["error"]["details"]
    assert detail["target"] == vault
    assert "UserErrorVaultNotEmpty" in detail["message"]
    assert ask("GET", GROUP).body["properties"] == {"provisioningState": "Succeeded"}
    assert ask("GET", f"{vault}/backupInstances/data").status == 200
    assert ask("GET", DISK).code == "ResourceNotFound", "all else is gone"

    ask.sandbox.remove(f"{vault}/backupInstances/data")
    ask("DELETE", GROUP)
    ask.sandbox.advance(21)
    assert ask("GET", GROUP).code == "ResourceGroupNotFound"
    deleted = f"{TWO}/providers/Microsoft.DataProtection/locations/westus/deletedVaults"
    assert len(ask("GET", deleted, version="2025-09-01").names) == 1


def test_lists_and_filters(ask: Any) -> None:
    groups = f"{TWO}/resourcegroups"
    assert ask("GET", groups).names == ["diskrg", "other"]
    assert ask("GET", f"{groups}?$filter=tagName eq 'TEAM' and tagValue eq 'payments'").names == ["diskrg"]
    assert ask("GET", f"{groups}?$filter=tagName eq 'team' and tagValue eq 'Payments'").names == []
    assert ask("GET", f"{groups}?$filter=color").code == "InvalidFilterInQueryString"
    everything = ask("GET", f"{TWO}/resources")
    assert len(everything.names) == 10
    assert "properties" not in everything.body["value"][0]
    disks = "resourceType eq 'microsoft.compute/disks' and tagName eq 'backup'"
    assert ask("GET", f"{GROUP}/resources?$filter={disks}").names == ["data"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name eq 'DATA'", ["data"]),
        ("resourceType eq 'Microsoft.Compute/disks' and name ne 'data' and location ne 'westus'", ["elsewhere"]),
        (
            "substringof('og-00', name) and substringof('disk', resourceGroup)",
            ["log-001", "log-002", "log-003", "log-004"],
        ),
        ("substringof('ata', name) or name eq 'WEB'", ["data", "web"]),
        ("location eq 'West Europe'", ["elsewhere"]),
        ("startswith(tagName, 'back')", ["data"]),
        ("startswith(tagName, 'up')", []),
    ],
)
def test_filters_of_resources(ask: Any, query: str, found: list[str]) -> None:
    assert ask("GET", f"{TWO}/resources?$filter={query}").names == found


def test_resources_found_by_a_tag_and_its_value_are_told_without_tags(ask: Any) -> None:
    (row,) = ask("GET", f"{TWO}/resources?$filter=tagName eq 'backup' and tagValue eq 'gold'").body["value"]
    assert (row["name"], "tags" in row) == ("data", False)
    (row,) = ask("GET", f"{TWO}/resources?$filter=tagName eq 'backup'").body["value"]
    assert row["tags"] == {"backup": "gold"}


def test_resources_tell_how_far_they_are_when_asked_to(ask: Any) -> None:
    row = ask("GET", f"{GROUP}/resources?$filter=name eq 'data'&$expand=createdTime,provisioningState").body["value"][0]
    assert row["provisioningState"] == "Succeeded"
    assert "provisioningState" not in ask("GET", f"{GROUP}/resources").body["value"][0]


@pytest.mark.parametrize("path", ["resources", "resourcegroups"])
def test_top_says_how_long_a_page_is(ask: Any, path: str) -> None:
    every, names, url = ask("GET", f"{TWO}/{path}").names, [], f"{TWO}/{path}?$top=1"
    while url:
        page = ask("GET", url)
        assert len(page.names) == 1
        names += page.names
        url = page.body.get("nextLink", "")
    assert names == every


def test_pages_of_any_list(ask: Any) -> None:
    ask.sandbox.set_switch("page_size", 4)
    first = ask("GET", f"{TWO}/providers/Microsoft.Compute/disks")
    assert first.body["nextLink"].startswith("https://management.azure.com/subscriptions/")
    ask("DELETE", f"{GROUP}/providers/Microsoft.Compute/disks/log-003")
    second = ask("GET", first.body["nextLink"])
    assert first.names + second.names == ["data", "log-001", "log-002", "log-003", "log-004", "elsewhere"]
    assert "nextLink" not in second.body


def test_a_group_tells_who_manages_it(ask: Any) -> None:
    new = f"{TWO}/resourcegroups/new"
    made = ask("PUT", new, {"location": "westus", "managedBy": "me", "tags": {}}).body
    assert (made["managedBy"], made["tags"]) == ("me", {})
    assert ask("GET", new).body == made


@pytest.mark.parametrize(("drift", "word"), [("on", "BackupVaults"), ("off", "backupVaults")])
def test_the_list_of_resources_spells_vaults_its_own_way(ask: Any, drift: str, word: str) -> None:
    ask.sandbox.set_switch("case_drift", drift)
    ask("PUT", f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/kept", VAULT)
    (row,) = ask("GET", f"{GROUP}/resources?$filter=resourceType eq 'Microsoft.DataProtection/backupVaults'").body[
        "value"
    ]
    assert row["type"] == f"Microsoft.DataProtection/{word}"
    assert row["id"] == f"{GROUP}/providers/Microsoft.DataProtection/{word}/kept"
