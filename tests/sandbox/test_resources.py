"""Subscriptions, tenants, resource groups, tags, providers, management groups and identities."""

from __future__ import annotations

from typing import Any

import pytest

ONE = "/subscriptions/11111111-1111-1111-1111-111111111111"
TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
VAULT = {
    "location": "westus",
    "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]},
}


def test_subscriptions_and_tenants(ask: Any) -> None:
    assert [row["displayName"] for row in ask("GET", "/subscriptions").body["value"]] == ["backup", "apps"]
    one = ask("GET", ONE).body
    assert (one["subscriptionId"], one["state"]) == (ONE.rpartition("/")[2], "Enabled")
    assert ask("GET", "/tenants").body["value"][0]["tenantId"] == one["tenantId"]
    assert ask("GET", f"{ONE}/locations").names


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


def test_locations_are_told_in_short(ask: Any) -> None:
    assert {row["location"] for row in ask("GET", f"{GROUP}/resources").body["value"]} == {"westus"}


def test_pages_of_any_list(ask: Any) -> None:
    ask.sandbox.set_switch("page_size", 4)
    first = ask("GET", f"{TWO}/providers/Microsoft.Compute/disks")
    assert first.body["nextLink"].startswith("https://management.azure.com/subscriptions/")
    ask("DELETE", f"{GROUP}/providers/Microsoft.Compute/disks/log-003")
    second = ask("GET", first.body["nextLink"])
    assert first.names + second.names == ["data", "log-001", "log-002", "log-003", "log-004", "elsewhere"]
    assert "nextLink" not in second.body


@pytest.mark.parametrize(
    ("operation", "sent", "left"),
    [
        ("Merge", {"a": "b"}, {"backup": "gold", "a": "b"}),
        ("Merge", {"Backup": "silver"}, {"Backup": "silver"}),
        ("Replace", {"a": "b"}, {"a": "b"}),
        ("Delete", {"BACKUP": "gold"}, {}),
        ("Delete", {"backup": "other"}, {"backup": "gold"}),
    ],
)
def test_tags(ask: Any, operation: str, sent: dict[str, str], left: dict[str, str]) -> None:
    tags = f"{DISK}/providers/Microsoft.Resources/tags/default"
    answer = ask("PATCH", tags, {"operation": operation, "properties": {"tags": sent}})
    assert answer.body["properties"] == {"tags": left}
    assert ask("GET", tags).body == answer.body
    assert ask("GET", DISK).body["tags"] == left


def test_tags_replaced_and_refused(ask: Any) -> None:
    tags = f"{DISK}/providers/Microsoft.Resources/tags/default"
    assert ask("PUT", tags, {"properties": {"tags": {"x": "y"}}}).status == 200
    assert ask("DELETE", tags).status == 200
    assert ask("GET", tags).body["properties"] == {"tags": {}}
    assert ask("PATCH", tags, {"operation": "Eat", "properties": {"tags": {}}}).code == "InvalidRequestContent"
    assert ask("PUT", f"{DISK}x/providers/Microsoft.Resources/tags/default", {}).code == "ResourceNotFound"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({f"t{number}": "" for number in range(50)}, ""),
        ({f"t{number}": "" for number in range(51)}, "InvalidTags"),
        ({"n" * 512: "v" * 256, "hidden-link:/a/b": "", "link:/a?b": ""}, ""),
        ({"n" * 513: ""}, "InvalidTagName"),
        ({"": ""}, "InvalidTagName"),
        ({"a": "v" * 257}, "InvalidTagValueLength"),
        ({"a/b": ""}, "InvalidTagNameCharacters"),
        ({"a\n": ""}, "InvalidTagNameCharacters"),
        ({"team": "a", "Team": "b"}, "InvalidRequestContent"),
    ],
)
def test_tags_have_limits(ask: Any, tags: dict[str, str], code: str) -> None:
    for path, body in (
        (f"{TWO}/resourceGroups/tagged", {"location": "westus", "tags": tags}),
        (f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i", {"location": "westus", "tags": tags}),
        (f"{DISK}/providers/Microsoft.Resources/tags/default", {"properties": {"tags": tags}}),
    ):
        answer = ask("PUT", path, body)
        assert answer.code == code if code else answer.status in {200, 201}


def test_tags_are_counted_once_they_are_merged(ask: Any) -> None:
    tags = f"{DISK}/providers/Microsoft.Resources/tags/default"
    sent = {f"t{number}": "" for number in range(50)}
    assert ask("PATCH", tags, {"operation": "Merge", "properties": {"tags": sent}}).code == "InvalidTags"


def test_providers(ask: Any) -> None:
    found = ask("GET", f"{TWO}/providers").body["value"]
    assert "Microsoft.DataProtection" in [row["namespace"] for row in found]
    one = ask("GET", f"{TWO}/providers/microsoft.compute", version="2021-04-01").body
    assert (one["namespace"], one["registrationState"]) == ("Microsoft.Compute", "Registered")


def test_management_groups(ask: Any) -> None:
    at = "/providers/Microsoft.Management/managementGroups"
    assert ask("GET", at).names == ["corp", "root"]
    below = ask("GET", f"{at}/root/descendants")
    assert [row["type"] for row in below.body["value"]] == [
        "Microsoft.Management/managementGroups",
        "Microsoft.Management/managementGroups/subscriptions",
    ]
    corp = ask("GET", f"{at}/corp?$expand=children").body["properties"]
    assert corp["details"]["parent"]["name"] == "root"
    assert [child["displayName"] for child in corp["children"]] == ["apps"]
    assert ask("GET", f"{at}/none").code == "NotFound"
    (child,) = ask("GET", f"{at}/root?$expand=children&$recurse=true").body["properties"]["children"]
    assert [below["displayName"] for below in child["children"]] == ["apps"]
    (held,) = (row["name"] for row in corp["children"])
    assert ask("GET", f"{at}/corp/subscriptions/{held}").body["properties"]["displayName"] == "apps"
    assert ask("GET", f"{at}/root/subscriptions/{held}").code == "NotFound"


def test_identities(ask: Any) -> None:
    at = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    assert ask("GET", at).names == ["backup"]
    made = ask("PUT", f"{at}/new", {"location": "West US"})
    assert made.status == 201
    assert set(made.body["properties"]) == {"principalId", "clientId", "tenantId"}
    again = ask("PUT", f"{at}/new", {"location": "westus", "tags": {"a": "b"}})
    assert (again.status, again.body["properties"]) == (200, made.body["properties"])
    assert ask("DELETE", f"{at}/new").status == 200
    assert ask("DELETE", f"{at}/new").status == 204
    anew = ask("PUT", f"{at}/new", {"location": "westus"})
    assert anew.body["properties"]["principalId"] != made.body["properties"]["principalId"]


def test_the_directory_hears_of_an_identity_later(ask: Any) -> None:
    ask.sandbox.set_switch("principal_replication", 20)
    ask.sandbox.set_switch("principal_type_skips_check", "off")
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/new"
    principal = ask("PUT", identity, {"location": "westus"}).body["properties"]["principalId"]
    role = f"{TWO}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    body = {"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}}
    path = f"{DISK}/providers/Microsoft.Authorization/roleAssignments/{principal}"
    assert ask("PUT", path, body).code == "PrincipalNotFound"
    ask.sandbox.advance(20)
    assert ask("PUT", path, body).status == 201


def test_a_registration_goes_as_slowly_as_it_comes(ask: Any) -> None:
    compute = f"{TWO}/providers/Microsoft.Compute"
    states = [ask("POST", f"{compute}/unregister", version="2021-04-01").body["registrationState"]]
    ask.sandbox.advance(31)
    states.append(ask("GET", compute, version="2021-04-01").body["registrationState"])
    assert states == ["Unregistering", "Unregistered"]


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
