"""User-assigned identities, and when the directory knows them."""

from __future__ import annotations

from typing import Any

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"


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
