"""Microsoft.Authorization: role definitions, built-in ones and an estate's own; and what the caller may do."""

from __future__ import annotations

import re
from typing import Any

from reconciler.sandbox.arm import ArmError, Request, Response, lower, public
from reconciler.sandbox.authorization import provider
from reconciler.sandbox.paging import page_of
from reconciler.sandbox.rights import ASSIGNMENTS, DEFINITIONS, chain, in_effect, permissions
from reconciler.sandbox.roles import BUILT_IN, BY_GUID, Role, definition
from reconciler.sandbox.world import World

KIND = "Microsoft.Authorization/roleDefinitions"
_IN = "{scope}/providers/Microsoft.Authorization/roleDefinitions"
_PART = re.compile(r"(?P<name>roleName|type)\s+eq\s+'(?P<value>[^']*)'|(?P<at>atScope(AndBelow)?\(\))", re.IGNORECASE)


@provider.route("GET", _IN, f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """Role definitions usable at a scope, filtered by `roleName eq '…'` and `type eq '…'`."""
    wanted = _filter(request.query.get("$filter", ""))
    subscription = "/".join(ids["scope"].split("/")[:3])
    found = [_built_in(role, subscription) for role in BUILT_IN]
    found += [public(record) for _, record in sorted(world.table(DEFINITIONS).items())]
    kept = [row for row in found if all(lower(str(row["properties"].get(key, ""))) == value for key, value in wanted)]
    return page_of(world, request, kept)


@provider.route("GET", f"{_IN}/{{name}}", f"{KIND}/read")
def row(world: World, _request: Request, **ids: str) -> Response:
    """One role definition, by its GUID."""
    role = BY_GUID.get(lower(ids["name"]))
    if role:
        return Response(200, _built_in(role, "/".join(ids["scope"].split("/")[:3])))
    for key in world.table(DEFINITIONS).below(f"guid:{lower(ids['name'])}"):
        return Response(200, public(world.table(DEFINITIONS)[key]))
    raise ArmError(
        404,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{ids['name'].replace('-', '')}' does not exist.",
    )


@provider.route("GET", "{scope}/providers/Microsoft.Authorization/permissions", "", collection=False)
def allowed(world: World, request: Request, **ids: str) -> Response:
    """What the caller may do at a scope, conditional permissions left out."""
    found: list[Any] = [(("*",), ())] if request.caller.everywhere else []
    table, scopes = world.table(ASSIGNMENTS), set(chain(world, ids["scope"]))
    for key in table.below(f"principal:{lower(request.caller.object_id)}"):
        properties = table[key]["properties"]
        if (
            lower(properties["scope"]).rstrip("/") in scopes
            and in_effect(world, table[key])
            and not properties.get("condition")
        ):
            found += permissions(world, properties["roleDefinitionId"])
    return Response(200, {"value": [{"actions": list(actions), "notActions": list(minus)} for actions, minus in found]})


def _built_in(role: Role, subscription: str) -> dict[str, Any]:
    return {
        "properties": definition(role),
        "id": f"{subscription}/providers/{KIND}/{role.guid}",
        "type": KIND,
        "name": role.guid,
    }


def _filter(text: str) -> list[tuple[str, str]]:
    wanted = []
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ArmError(400, "UnsupportedQuery", f"The filter '{text}' is not supported.")
        if match["name"]:
            key = "roleName" if lower(match["name"]) == "rolename" else "type"
            wanted.append((key, lower(match["value"])))
    return wanted
