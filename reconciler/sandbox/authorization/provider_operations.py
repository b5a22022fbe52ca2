"""Microsoft.Authorization: the operations of all providers, as `az provider operation` lists them."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm import operation_lists
from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Request, Response
from reconciler.sandbox.arm.routing import PROVIDERS, Provider
from reconciler.sandbox.authorization.role_assignments import provider
from reconciler.sandbox.world import World

KIND = "Microsoft.Authorization/providerOperations"
_AT = f"/providers/{KIND}"


@provider.route("GET", _AT, collection=False)
def rows(_world: World, request: Request) -> Response:
    """The operations of every provider that is simulated."""
    return Response(200, {"value": [_told(found, request) for _, found in sorted(PROVIDERS.items())]})


@provider.route("GET", f"{_AT}/{{namespace}}", collection=False)
def row(_world: World, request: Request, **ids: str) -> Response:
    """The operations of one provider."""
    found = PROVIDERS.get(lower(ids["namespace"]))
    if found is None:
        raise ArmError(404, "ProviderNotFound", f"Provider '{ids['namespace']}' not found.")
    return Response(200, _told(found, request))


def _told(found: Provider, request: Request) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in operation_lists.rows(found.namespace, found.actions):
        *kind, last = one["name"].split("/")[1:]
        kinds.setdefault("/".join(kind[:-1] if last == "action" else kind), []).append(_operation(one))
    types = [
        {"name": name, "displayName": operation_lists.described(f"x/{name}/read")[0], "operations": told}
        for name, told in sorted(kinds.items())
        if name
    ]
    is_short = "$expand" in request.query and lower(request.query["$expand"]) != "resourcetypes"
    return {
        "id": f"{_AT}/{found.namespace}",
        "type": KIND,
        "name": found.namespace,
        "displayName": found.namespace,
        "resourceTypes": [] if is_short else types,
        "operations": kinds.get("", []),
    }


def _operation(one: dict[str, Any]) -> dict[str, Any]:
    display = one["display"]
    told = {"displayName": display["operation"], "description": display["description"], "origin": one["origin"]}
    return {"name": one["name"], **told, "properties": None, "isDataAction": False}
