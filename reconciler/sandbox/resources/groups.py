"""Microsoft.Resources: resource groups, and what lies in subscriptions and groups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from reconciler.sandbox import tampering
from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import ArmError, Request, Response, error_body, public
from reconciler.sandbox.arm.paging import page, page_of
from reconciler.sandbox.resources.filters import group_filter, names_tag_and_value, top
from reconciler.sandbox.resources.subscriptions import provider
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import DEPARTURES, GROUPS, World, adopted, event

KIND = "Microsoft.Resources/resourceGroups"
_READ, _WRITE, _DELETE = (
    f"Microsoft.Resources/subscriptions/resourceGroups/{verb}" for verb in ("read", "write", "delete")
)
_NAME = re.compile(r"[-\w._()]{0,89}[-\w_()]")
_PLACE = "/subscriptions/{subscription}/resourceGroups"
_DELETION = 20.0
_VAULTS = "Microsoft.DataProtection/BackupVaults"
OPERATIONS = "operations of groups"


@adopted(GROUPS)
def adopt(world: World, address: str, record: Record) -> None:
    """A resource group of an estate file, completed."""
    del world, address
    record["type"] = KIND
    record["location"] = region(str(record.get("location") or "westus"))
    record["properties"] = {"provisioningState": "Succeeded"}


@provider.route("GET", _PLACE, _READ)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The groups of a subscription, filtered by `tagName eq '…' and tagValue eq '…'`."""
    keep, scope = group_filter(request.query.get("$filter", "")), f"/subscriptions/{lower(ids['subscription'])}"
    return page(world, request, world.table(GROUPS), scope, size=top(request), keep=keep)


@provider.route("GET", f"{_PLACE}/{{group}}", _READ)
def row(world: World, request: Request, **_ids: str) -> Response:
    """One group."""
    return Response(200, public(world.table(GROUPS)[lower(request.path)]))


@provider.route("HEAD", f"{_PLACE}/{{group}}", _READ)
def exists(world: World, request: Request, **_ids: str) -> Response:
    """Whether a group exists: 204, or 404."""
    return Response(204 if world.find(request.path) else 404)


@provider.route("PUT", f"{_PLACE}/{{group}}", _WRITE)
def put(world: World, request: Request, **ids: str) -> Response:
    """Make a group, or replace its tags; its location stays what it was."""
    if not _NAME.fullmatch(ids["group"]):
        raise ArmError(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{ids['group']}' has these invalid characters: they don't match '^[-\\w\\._\\(\\)]+$'.",
        )
    location = region(request.body.get("location") or "")
    if not location:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    known = world.find(request.path)
    if known is None:
        record = _group(request, location)
        world.store(request.path, record)
        return Response(201, public(record))
    if known["location"] != location:
        raise ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location '{known['location']}'.",
        )
    known.pop("tags", None)
    known |= _tags(request.body)
    return Response(200, public(known))


def _group(request: Request, location: str) -> Record:
    path = "/".join(("/subscriptions", request.segments[1], "resourceGroups", request.segments[3]))
    place: Record = {"id": path, "name": request.segments[3], "type": KIND, "location": location}
    by = {"managedBy": request.body["managedBy"]} if request.body.get("managedBy") else {}
    return {**place, **by, **_tags(request.body), "properties": {"provisioningState": "Succeeded"}}


def _tags(body: Any) -> Record:
    return {"tags": dict(body["tags"])} if isinstance(body.get("tags"), dict) else {}


@provider.route("PATCH", f"{_PLACE}/{{group}}", _WRITE)
def patch(world: World, request: Request, **_ids: str) -> Response:
    """Change a group's tags."""
    known = world.table(GROUPS)[lower(request.path)]
    known |= _tags(request.body)
    return Response(200, public(known))


@provider.route("DELETE", f"{_PLACE}/{{group}}", _DELETE)
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Delete a group and all that lies in it; that takes a while."""
    known = world.table(GROUPS)[lower(request.path)]
    known["properties"] = {"provisioningState": "Deleting"}
    operation = world.guid(request.path, f"deletion {world.count(request.path, 'deletion')}")
    world.table(OPERATIONS)[operation] = {"_ended": False, "_error": None}
    world.after(_DELETION, "resources.group-deleted", group=known["id"], operation=operation)
    return Response(202, None, _location(request, operation))


@event("resources.group-deleted")
def group_deleted(world: World, **data: Any) -> None:
    """The end of a group's deletion: all is gone, or what cannot go stays, and the group with it."""
    operation, group = world.table(OPERATIONS)[data["operation"]], world.find(data["group"])
    operation["_ended"] = True
    if group is None:
        return
    blocked = dict(_blocked(world, lower(group["id"])))
    tampering.remove(world, group["id"], but=blocked)
    if blocked:
        group["properties"] = {"provisioningState": "Succeeded"}
        operation["_error"] = _deletion_blocked(world, group, blocked)


def _blocked(world: World, group: str) -> Iterator[tuple[str, ArmError]]:
    """What cannot go with its group, by id, and why; all else of those kinds is gone."""
    for kind, depart in sorted(DEPARTURES.items()):
        table = world.table(kind)
        for key in table.below(group):
            try:
                depart(world, table[key])
            except ArmError as error:
                yield key, error


def _deletion_blocked(world: World, group: Record, blocked: dict[str, ArmError]) -> Record:
    ids = {key: str((world.find(key) or {})["id"]) for key in blocked}
    names = ",".join(resource_id.partition("/providers/")[2] for resource_id in ids.values())
    body = error_body(
        "ResourceGroupDeletionBlocked",
        f"Deletion of resource group '{group['name']}' failed as resources with identifiers '{names}' could not be deleted. "
        "The provisioning state of the resource group will be rolled back. The tracking Id is "
        f"'{world.guid(group['id'], 'tracking')}'. Please check audit logs for more details.",
    )
    details = [{"target": ids[key], "message": json.dumps(error.body)} for key, error in blocked.items()]
    body["error"]["details"] = details
    return body


@provider.route("GET", "/subscriptions/{subscription}/operationresults/{operation}")
def result(world: World, request: Request, **ids: str) -> Response:
    """How a group's deletion goes: 202 until it is over, 409 when something in the group could not be deleted."""
    found = world.table(OPERATIONS).get(ids["operation"])
    if found is None:
        raise ArmError(404, "OperationNotFound", f"The operation '{ids['operation']}' could not be found.")
    if not found["_ended"]:
        return Response(202, None, _location(request, ids["operation"]))
    return Response(409, found["_error"]) if found["_error"] else Response(200)


def _location(request: Request, operation: str) -> dict[str, str]:
    path = f"/subscriptions/{request.segments[1]}/operationresults/{operation}"
    return {"Location": f"{request.base}{path}?api-version={request.api_version}", "Retry-After": "15"}


@provider.route("GET", "/subscriptions/{subscription}/resources", "Microsoft.Resources/subscriptions/resources/read")
@provider.route(
    "GET", f"{_PLACE}/{{group}}/resources", "Microsoft.Resources/subscriptions/resourceGroups/resources/read"
)
def resources(world: World, request: Request, **_ids: str) -> Response:
    """The tracked resources of a subscription or group; those found by a tag's name and value are told without tags."""
    query = request.query.get("$filter", "")
    keep, untagged = group_filter(query), names_tag_and_value(query)
    expanded = "provisioningstate" in lower(request.query.get("$expand", "")).split(",")
    scope = lower(request.path).removesuffix("/resources")
    found = []
    for name, table in sorted(world.tables.items()):
        if name.count("/") == 1 and not name.startswith(("microsoft.authorization/", "microsoft.resources/")):
            found += [_outline(table[key], expanded=expanded) for key in table.below(scope) if keep(table[key])]
    if world.switch("case_drift"):
        found = [_listed(row) for row in found]
    if untagged:
        found = [{key: value for key, value in row.items() if key != "tags"} for row in found]
    return page_of(world, request, found, size=top(request))


def _listed(row: Record) -> Record:
    """A row in the spelling of this list, which writes BackupVaults in types and ids (recorded traffic)."""
    if lower(row["type"]) != _VAULTS.lower():
        return row
    return {**row, "type": _VAULTS, "id": re.sub(_VAULTS, _VAULTS, row["id"], flags=re.IGNORECASE)}


def _outline(record: Record, *, expanded: bool) -> Record:
    """What the list of all resources tells of one: no properties, but how far it is when it was asked to."""
    kept = ("id", "name", "type", "location", "tags", "sku", "zones", "managedBy", "identity", "kind")
    state = (record.get("properties") or {}).get("provisioningState")
    told = {key: record[key] for key in kept if key in record}
    return {**told, "provisioningState": state} if expanded and state else told
