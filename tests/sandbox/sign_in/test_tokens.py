"""What other clients ask beside Resource Manager: where to sign in, and who somebody is."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import urlencode

import pytest

from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.sign_in import cloud, directory, tokens

BASE = "https://arm.example"


@pytest.fixture
def ask_who(sandbox: Sandbox) -> Any:
    def ask(method: str, path: str, query: str = "", body: Any = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        return directory.answer(sandbox.world, method, f"/v1.0/{path}", query, content)

    return ask


def token(sandbox: Sandbox, **said: str) -> str:
    body = urlencode({"grant_type": "client_credentials", **said}).encode()
    path = f"/{sandbox.world.tenant}/oauth2/v2.0/token"
    return str(tokens.answer(sandbox.world, BASE, "POST", path, body, 0)["access_token"])


def test_documents_lead_to_the_token(sandbox: Sandbox) -> None:
    tenant = sandbox.world.tenant
    for named, place in [("common", tenant), (tenant, tenant), ("adfs", "adfs")]:
        path = f"/{named}/v2.0/.well-known/openid-configuration"
        found = tokens.answer(sandbox.world, BASE, "GET", path, b"", 0)
        assert found["token_endpoint"] == f"{BASE}/{place}/oauth2/v2.0/token"
        assert found["issuer"].endswith(f"/{place}/")
    found = tokens.answer(sandbox.world, BASE, "GET", "/common/discovery/instance", b"", 0)
    assert found["tenant_discovery_endpoint"].startswith(f"{BASE}/{tenant}/v2.0/.well-known/")
    assert tokens.answer(sandbox.world, BASE, "GET", "/subscriptions", b"", 0) is None
    assert cloud.endpoints(BASE, "2022-09-01")["microsoftGraphResourceId"] == f"{BASE}/"


def test_a_client_id_signs_in_as_its_caller(ask: Any, place: Any) -> None:
    nobody, group = ask.sandbox.world.callers[2]["appId"], place("group")
    assert ask("GET", group, who=token(ask.sandbox, client_id=nobody.upper())).status == 403
    assert ask("GET", group, who=token(ask.sandbox, client_id="somebody")).status == 200
    assert [tokens.object_id_of(text) for text in ("", "a.b.c", "a.WzFd.c")] == [""] * 3


@pytest.mark.parametrize(
    "client", ["99999999-9999-4999-8999-999999999999", "ABCDEF00-0000-4000-8000-000000000000", "my-app"]
)
def test_a_client_that_nobody_named_is_found_by_its_own_id(ask_who: Any, ask: Any, place: Any, client: str) -> None:
    """As `az role assignment create --assignee CLIENT` looks for it."""
    signed = token(ask.sandbox, client_id=client)
    claims = json.loads(urlsafe_b64decode(signed.split(".")[1] + "=="))
    assert claims["appid"] == client
    for query in (f"servicePrincipalNames/any(c:c eq '{client}')", f"appId eq '{client.lower()}'"):
        _, found = ask_who("GET", "servicePrincipals", query)
        assert [(row["id"], row["appId"]) for row in found["value"]] == [(claims["oid"], client)]
    assert token(ask.sandbox, client_id=client).split(".")[1] != token(ask.sandbox, client_id="other").split(".")[1]
    assert ask("GET", place("group"), who=signed).status == 200
    roles = f"{place('group')}/providers/Microsoft.Authorization"
    body = {
        "roleDefinitionId": f"{roles}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "principalId": claims["oid"],
    }
    name = f"{roles}/roleAssignments/00000000-0000-4000-8000-000000000001"
    assert ask("PUT", name, {"properties": body}, who=signed).status == 201
    assert ask("GET", name).body["properties"]["createdBy"] == claims["oid"]


def test_a_client_is_known_again_by_the_token_that_it_kept(ask_who: Any, sandbox: Sandbox, client: Any) -> None:
    """The sandbox may have been reset since."""
    signed = token(sandbox, client_id="my-app")
    later = Sandbox.of({"seed": 1})
    query = "servicePrincipalNames/any(c:c eq 'my-app')"

    def found() -> Any:
        return directory.answer(later.world, "GET", "/v1.0/servicePrincipals", query, b"")[1]["value"]

    for other in ("", "Bearer x", f"Bearer {token(sandbox)}", f"Bearer a.{signed.split('.')[2]}.c"):
        tokens.recall(later.world, other)
        assert found() == []
    tokens.recall(later.world, f"Bearer {signed}")
    assert [row["appId"] for row in found()] == ["my-app"]


def test_where_everybody_else_has_roles_a_new_client_has_no_more(client: Any, place: Any) -> None:
    role = {"role": "Reader", "scope": place("one")}
    estate = {
        "subscriptions": [{"id": place("one").rpartition("/")[2]}],
        "callers": [{"name": "rest", "roles": [role]}],
    }
    ask = client(Sandbox.of(estate))
    signed = token(ask.sandbox, client_id="newcomer")
    assert json.loads(urlsafe_b64decode(signed.split(".")[1] + "=="))["appid"] == "newcomer"
    assert ask("GET", place("one"), who=signed).status == 200
    assert ask("PUT", f"{place('one')}/resourceGroups/g", {"location": "westus"}, who=signed).status == 403
    query = "servicePrincipalNames/any(c:c eq 'newcomer')"
    _, found = directory.answer(ask.sandbox.world, "GET", "/v1.0/servicePrincipals", query, b"")
    assert [row["displayName"] for row in found["value"]] == ["rest"]


def test_the_directory_knows_identities_and_callers(ask_who: Any, ask: Any, place: Any) -> None:
    identity = f"{place('group')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup"
    told = ask("GET", identity).body["properties"]
    by_name = f"servicePrincipalNames/any(c:c eq '{told['clientId']}')"
    status, found = ask_who("GET", "servicePrincipals", by_name)
    assert (status, found["value"][0]["id"]) == (200, told["principalId"])
    _, found = ask_who("POST", "directoryObjects/getByIds", body={"ids": [told["principalId"].upper(), "c1"]})
    assert [(row["displayName"], row["@odata.type"][-16:]) for row in found["value"]] == [
        ("ci", "servicePrincipal"),
        ("backup", "servicePrincipal"),
    ]
    assert ask_who("GET", "servicePrincipals", "appId eq 'none'")[1]["value"] == []
    assert ask_who("GET", f"servicePrincipals/{told['principalId']}")[1]["appId"] == told["clientId"]
    assert ask_who("GET", "users", "userPrincipalName eq 'a@b'") == (200, {"value": []})
    assert ask_who("GET", "servicePrincipals/none")[0] == 404
    assert ask_who("POST", "directoryObjects/getByIds")[1]["value"] == []
