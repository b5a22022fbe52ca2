"""What other clients ask beside Resource Manager: where to sign in, and who somebody is."""

from __future__ import annotations

import json
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
