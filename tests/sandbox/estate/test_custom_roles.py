"""Custom roles of an estate, held by callers under a condition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from manifests import Data

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox

HOST = "https://management.azure.com"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/diskrg"
READER, OWNER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
LIMIT = (
    "!(ActionMatches{'Microsoft.Authorization/roleAssignments/*'}) OR "
    f"@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{READER}}} OR "
    f"@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{READER}}}"
)


def estate(**said: Any) -> Data:
    role = {
        "Name": "Granter",
        "IsCustom": True,
        "Description": "Grants.",
        "Actions": ["Microsoft.Authorization/roleAssignments/*", "Microsoft.Compute/*/read"],
        "NotActions": ["Microsoft.Compute/snapshots/read"],
        "AssignableScopes": [f"/subscriptions/{SUBSCRIPTION}"],
    }
    held = {"role": "granter", "scope": f"/subscriptions/{SUBSCRIPTION}", "condition": LIMIT}
    return {
        "switches": {"propagation": 0, "case_drift": "off"},
        "roleDefinitions": [role],
        "callers": [{"name": "ci", "token": "ci", "roles": [held]}],
        "subscriptions": [{"id": SUBSCRIPTION, "resourceGroups": [{"name": "diskrg", "location": "westus"}]}],
        **said,
    }


class Client:
    def __init__(self) -> None:
        self.sandbox = Sandbox.of(estate())

    def __call__(self, method: str, path: str, body: Any = None, *, who: str = "ci") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {who}", "Content-Type": "application/json"}
        version = "2024-03-02" if "Compute" in path else "2022-04-01"
        content = None if body is None else json.dumps(body).encode()
        status, _, answer, _ = self.sandbox.handle(method, f"{HOST}{path}?api-version={version}", headers, content)
        return status, json.loads(answer) if answer else None


@pytest.fixture
def ask() -> Client:
    return Client()


def grant(role: str) -> tuple[str, Data]:
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"properties": {"roleDefinitionId": definition, "principalId": "p", "principalType": "ServicePrincipal"}}
    return f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}", body


def test_actions_and_not_actions_are_enforced(ask: Client) -> None:
    assert ask("GET", f"{GROUP}/providers/Microsoft.Compute/disks")[0] == 200
    status, body = ask("GET", f"{GROUP}/providers/Microsoft.Compute/snapshots")
    assert (status, body["error"]["code"]) == (403, "AuthorizationFailed")
    assert "does not have authorization to perform action" in body["error"]["message"]


def test_the_condition_limits_what_is_granted_and_what_is_taken_away(ask: Client) -> None:
    path, body = grant(READER)
    assert ask("PUT", path, body)[0] == 201
    assert ask("DELETE", path)[0] == 200

    path, body = grant(OWNER)
    status, told = ask("PUT", path, body)
    assert (status, told["error"]["code"]) == (403, "AuthorizationFailed")
    assert "has an authorization with ABAC condition that is not fulfilled to perform" in told["error"]["message"]
    assert ask("PUT", path, body, who="somebody else")[0] == 201
    assert ask("DELETE", path)[0] == 403
    assert ask("DELETE", grant(OWNER)[0])[0] == 204, "where nothing is, nothing is taken away"


def test_the_definition_is_told_by_name(ask: Client) -> None:
    status, found = ask(
        "GET", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions", who="x"
    )
    (own,) = [row for row in found["value"] if row["properties"]["type"] == "CustomRole"]
    assert (status, own["properties"]["roleName"]) == (200, "Granter")
    assert own["properties"]["permissions"][0]["notActions"] == ["Microsoft.Compute/snapshots/read"]


def test_the_world_remembers_which_rights_were_needed(ask: Client) -> None:
    ask("GET", f"{GROUP}/providers/Microsoft.Compute/disks")
    ask("GET", f"{GROUP}/providers/Microsoft.Compute/snapshots", who="somebody else")
    me = ask.sandbox.world.callers[0]["objectId"]
    assert {action for who, action in ask.sandbox.world.asked if who == me} == {"Microsoft.Compute/disks/read"}


@pytest.mark.parametrize(("place", "status"), [("backupVaults", 200), ("locations", 403)])
def test_an_operations_link_is_read_by_the_right_of_its_place(place: str, status: int) -> None:
    actions = ["Microsoft.DataProtection/backupVaults/write", f"Microsoft.DataProtection/{place}/operationStatus/read"]
    role = {"Name": "Follower", "Actions": actions, "AssignableScopes": [f"/subscriptions/{SUBSCRIPTION}"]}
    held = {"role": "Follower", "scope": f"/subscriptions/{SUBSCRIPTION}"}
    sandbox = Sandbox.of(estate(roleDefinitions=[role], callers=[{"name": "ci", "token": "ci", "roles": [held]}]))
    storage = [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]
    content = json.dumps({"location": "westus", "properties": {"storageSettings": storage}}).encode()
    headers = {"Authorization": "Bearer ci"}
    vault = f"{HOST}{GROUP}/providers/Microsoft.DataProtection/backupVaults/v1?api-version=2025-07-01"
    made, told, _, _ = sandbox.handle("PUT", vault, headers, content)
    assert made == 201
    assert sandbox.handle("GET", told["Azure-AsyncOperation"], headers, None)[0] == status


HELD = {"role": "Reader", "scope": f"/subscriptions/{SUBSCRIPTION}"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            {"callers": [{"name": "ci", "roles": [HELD | {"condition": "@Resource[x] StringEquals 'y'"}]}]},
            "not understood",
        ),
        ({"roleAssignments": [HELD | {"principal": "p", "condition": "whatever"}]}, "not understood"),
        ({"callers": [{"name": "ci", "roles": [HELD | {"role": "Nobody"}]}]}, "there is no role 'Nobody'"),
        ({"roleDefinitions": [{"Name": "a"}, {"Name": "A"}], "callers": []}, "the role 'A' stands twice"),
        ({"roleDefinitions": [{"Name": "a", "Actions": "*"}], "callers": []}, "Actions takes a list of text"),
        ({"roleDefinitions": [{"Name": "a", "actions": []}], "callers": []}, "a role definition has no 'actions'"),
        ({"roleDefinitions": [{}], "callers": []}, "Name is missing"),
    ],
)
def test_what_is_refused(said: Data, message: str) -> None:
    with pytest.raises(SandboxError, match="estate:1:") as raised:
        Sandbox.of(estate(**said))
    assert message in raised.value.message


def test_the_shipped_files_can_be_pasted() -> None:
    folder = Path(__file__).parents[3] / "samples" / "roles"
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    condition = (folder / "condition.txt").read_text(encoding="utf-8").replace("OBJECT_ID", str(uuid4()))
    roles = [HELD | {"role": row["Name"], "condition": condition} for row in rows]
    sandbox = Sandbox.of(estate(roleDefinitions=rows, callers=[{"name": "ci", "roles": roles}]))
    assert len(sandbox.ids("*/roleAssignments/*")) == len(rows) == 4


def test_a_role_is_made_held_and_deleted(ask: Client) -> None:
    at = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
    role, held = f"{at}/roleDefinitions/{uuid4()}", f"{at}/roleAssignments/{uuid4()}"
    body = {"properties": {"roleName": "Looker", "assignableScopes": [at], "permissions": [{"actions": ["*/read"]}]}}
    assert ask("PUT", role, body, who="x")[0] == 201
    assert ask("PUT", role, body, who="x")[0] == 201
    assert ask("GET", role, who="x")[1]["properties"]["type"] == "CustomRole"
    for name in ("looker", "Reader"):
        body["properties"]["roleName"] = name
        status, answer = ask("PUT", f"{at}/roleDefinitions/{uuid4()}", body, who="x")
        assert (status, answer["error"]["code"]) == (409, "RoleDefinitionWithSameNameExists")
    sent = {"properties": {"roleDefinitionId": role, "principalId": str(uuid4()), "principalType": "ServicePrincipal"}}
    assert ask("PUT", held, sent, who="x")[0] == 201
    assert ask("DELETE", role, who="x")[1]["error"]["code"] == "RoleDefinitionHasAssignments"
    assert ask("DELETE", held, who="x")[0] == 200
    assert [ask("DELETE", role, who="x")[0] for _ in range(2)] == [200, 204]
    assert ask("PUT", role, {"properties": {}}, who="x")[0] == 400
