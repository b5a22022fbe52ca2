"""Microsoft.Authorization: role definitions, built-in ones and an estate's own; and what the caller may do."""

from __future__ import annotations

import re
from typing import Any

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.arm.messages import ArmError, Request, Response, invalid_body, public
from reconciler.sandbox.arm.paging import page_of
from reconciler.sandbox.authorization.built_in_roles import BUILT_IN, BY_GUID, BY_NAME, Role, definition
from reconciler.sandbox.authorization.rights import (
    ASSIGNMENTS,
    DEFINITIONS,
    chain,
    definition_named,
    in_effect,
    permissions,
)
from reconciler.sandbox.authorization.role_assignments import provider
from reconciler.sandbox.tables import Record
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
    own = _own(world, ids["name"])
    if own is not None:
        return Response(200, public(own))
    raise ArmError(
        404,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{ids['name'].replace('-', '')}' does not exist.",
    )


@provider.route("PUT", f"{_IN}/{{name}}", f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Make a custom role, or write all of one."""
    sent = request.body.get("properties")
    if not isinstance(sent, dict) or not sent.get("roleName") or not sent.get("assignableScopes"):
        raise invalid_body("Required properties 'roleName' and 'assignableScopes' were not found in JSON.")
    known, namesake = _own(world, ids["name"]), definition_named(world, str(sent["roleName"]))
    if lower(str(sent["roleName"])) in BY_NAME or (namesake and (known is None or namesake != known["id"])):
        raise ArmError(
            409,
            "RoleDefinitionWithSameNameExists",
            "A custom role with the same name already exists in this directory. Use a different name",
        )
    properties = {
        "roleName": sent["roleName"],
        "type": "CustomRole",
        "description": sent.get("description") or "",
        "assignableScopes": sent["assignableScopes"],
        "permissions": [_permission(row) for row in sent.get("permissions") or ()],
        "createdOn": known["properties"].get("createdOn") if known else world.stamp(),
        "updatedOn": world.stamp(),
        "createdBy": request.caller.object_id,
        "updatedBy": request.caller.object_id,
    }
    address = known["id"] if known else request.path
    record = {"properties": properties, "id": address, "type": KIND, "name": ids["name"]}
    world.store(address, record)
    return Response(201, {**public(record), "properties": {**properties, "createdBy": None}})


def _permission(row: Any) -> dict[str, Any]:
    return {key: list(row.get(key) or ()) for key in ("actions", "notActions", "dataActions", "notDataActions")}


@provider.route("DELETE", f"{_IN}/{{name}}", f"{KIND}/delete")
def delete(world: World, _request: Request, **ids: str) -> Response:
    """Delete a custom role that nobody holds."""
    known = _own(world, ids["name"])
    if known is None:
        return Response(204)
    held = [row["properties"]["roleDefinitionId"] for row in world.table(ASSIGNMENTS).values()]
    if any(lower(name_of(role)) == lower(ids["name"]) for role in held):
        raise ArmError(
            400,
            "RoleDefinitionHasAssignments",
            "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).",
        )
    world.remove(known["id"])
    return Response(200, public(known))


def _own(world: World, name: str) -> Record | None:
    """The estate's own role of that GUID, at whatever scope it was made."""
    table = world.table(DEFINITIONS)
    return next((table[key] for key in table.below(f"guid:{lower(name)}")), None)


@provider.route("GET", "{scope}/providers/Microsoft.Authorization/permissions", "", collection=False)
def allowed(world: World, request: Request, **ids: str) -> Response:
    """What the caller may do at a scope: the permissions of every role that reaches it."""
    found: list[Any] = [(("*",), ())] if request.caller.everywhere else []
    table, scopes = world.table(ASSIGNMENTS), set(chain(world, ids["scope"]))
    for key in table.below(f"principal:{lower(request.caller.object_id)}"):
        properties = table[key]["properties"]
        shown = world.switch("permissions_under_condition") or not properties.get("condition")
        if shown and lower(properties["scope"]).rstrip("/") in scopes and in_effect(world, table[key]):
            found += permissions(world, properties["roleDefinitionId"])
    rows = [
        {"actions": list(actions), "notActions": list(minus), "dataActions": [], "notDataActions": []}
        for actions, minus in found
    ]
    return page_of(world, request, rows)


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
