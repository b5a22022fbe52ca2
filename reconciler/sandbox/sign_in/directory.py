"""The directory behind principals, as far as the Azure CLI asks Microsoft Graph: who an object id or a client id is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import PRINCIPALS, World

_BY_NAME = re.compile(r"servicePrincipalNames/any\(c:c eq '([^']*)'\)|(?:appId|displayName) eq '([^']*)'")
_CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#"
_KIND = "#microsoft.graph.servicePrincipal"


def answer(world: World, method: str, path: str, query: str, body: bytes) -> tuple[int, Any] | None:
    """Status and JSON of a question to the directory (`query`: its `$filter`); None for other requests.

    Everybody there is a service principal: managed identities, and the estate's callers and principals.
    """
    if not path.startswith("/v1.0/"):
        return None
    known = list(_principals(world))
    if method == "POST" and path == "/v1.0/directoryObjects/getByIds":
        wanted = _ids(body)
        rows = [{"@odata.type": _KIND, **row} for row in known if lower(row["id"]) in wanted]
        return 200, {"@odata.context": f"{_CONTEXT}directoryObjects", "value": rows}
    if method == "GET" and path == "/v1.0/servicePrincipals":
        match = _BY_NAME.fullmatch(query)
        name = lower((match[1] or match[2]) if match else "")
        rows = [row for row in known if not query or name in _names(row)]
        return 200, {"@odata.context": f"{_CONTEXT}servicePrincipals", "value": rows}
    found = [row for row in known if path == f"/v1.0/servicePrincipals/{row['id']}"]
    if method == "GET" and found:
        return 200, found[0]
    if method == "GET" and path in {"/v1.0/users", "/v1.0/groups"}:
        return 200, {"value": []}
    return 404, {
        "error": {"code": "Request_ResourceNotFound", "message": f"Resource '{name_of(path)}' does not exist."}
    }


def _principals(world: World) -> Iterator[dict[str, Any]]:
    """Those of whom the directory has heard."""
    seen = set()
    for caller in world.callers:
        seen.add(lower(caller["objectId"]))
        row = _row(caller["objectId"], caller["appId"], str(caller.get("name") or caller["appId"]), "Application")
        yield {**row, "servicePrincipalNames": [*row["servicePrincipalNames"], *caller.get("clients", ())]}
    for key, record in sorted(world.table(PRINCIPALS).items()):
        if lower(key) not in seen and record.get("_known", 0.0) <= world.timestamp:
            owner = str(record.get("_owner") or record.get("_vault") or "")
            client = _client(world.find(owner)) if owner else str(record.get("_client", ""))
            name = record.get("_name") or name_of(owner) or record["id"]
            kind = "ManagedIdentity" if owner else "Application"
            row = _row(record["id"], client or world.guid(record["id"], "client"), name, kind)
            yield {**row, "alternativeNames": ["isExplicit=False", owner]} if owner else row


def _ids(body: bytes) -> set[str]:
    try:
        return {lower(str(one)) for one in orjson.loads(body)["ids"]}
    except (ValueError, KeyError, TypeError):
        return set()


def _names(row: dict[str, Any]) -> set[str]:
    return {lower(row["displayName"]), *map(lower, row["servicePrincipalNames"])}


def _client(owner: Record | None) -> str:
    return str(((owner or {}).get("properties") or {}).get("clientId", ""))


def _row(object_id: str, client: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "id": object_id,
        "appId": client,
        "displayName": name,
        "servicePrincipalType": kind,
        "servicePrincipalNames": [client],
        "accountEnabled": True,
    }
