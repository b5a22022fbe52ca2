"""Microsoft.Management: management groups and what lies below them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.arm.messages import ArmError, Request, Response
from reconciler.sandbox.arm.paging import page_of
from reconciler.sandbox.arm.routing import Provider
from reconciler.sandbox.authorization.rights import GROUPS_OF_SUBSCRIPTIONS
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import SUBSCRIPTIONS, World, adopted

VERSIONS = (
    "2018-03-01-preview",
    "2020-02-01",
    "2020-05-01",
    "2020-10-01",
    "2021-04-01",
    "2023-04-01",
    "2024-02-01-preview",
)
KIND = "Microsoft.Management/managementGroups"
_READ = f"{KIND}/read"
_AT = f"/providers/{KIND}/{{group}}"

provider = Provider("Microsoft.Management", VERSIONS)


@adopted(GROUPS_OF_SUBSCRIPTIONS)
def adopt(world: World, address: str, record: Record) -> None:
    """A management group of an estate file, completed."""
    properties = record.setdefault("properties", {})
    parent = ((properties.get("details") or {}).get("parent") or {}).get("id", "")
    record["type"] = KIND
    record.setdefault("_parent", lower(parent))
    record["_parent"] = lower(record["_parent"])
    properties.setdefault("tenantId", world.tenant)
    properties.setdefault("displayName", name_of(address))


@provider.route("GET", f"/providers/{KIND}", "", collection=False)
def rows(world: World, request: Request) -> Response:
    """Every management group."""
    found = [record for _, record in sorted(world.table(GROUPS_OF_SUBSCRIPTIONS).items())]
    return page_of(world, request, [_outline(record) for record in found])


@provider.route("GET", _AT, _READ)
def row(world: World, request: Request, **ids: str) -> Response:
    """One management group; `$expand=children` tells what lies right below it, `$recurse=true` everything below that."""
    record = _the(world, ids["group"])
    body = {**_outline(record)}
    parent = world.table(GROUPS_OF_SUBSCRIPTIONS).get(record["_parent"])
    if parent is not None:
        body["properties"]["details"] = {"version": 1, "parent": {key: _outline(parent)[key] for key in ("id", "name")}}
    if lower(request.query.get("$expand", "")) == "children":
        recurses = lower(request.query.get("$recurse", "")) == "true"
        body["properties"]["children"] = _expanded(world, lower(record["id"]), recurses=recurses)
    return Response(200, body)


@provider.route("GET", f"{_AT}/descendants", f"{KIND}/descendants/read", collection=False)
def descendants(world: World, request: Request, **ids: str) -> Response:
    """Everything below a management group, at any depth."""
    return page_of(world, request, list(_descendants(world, lower(_the(world, ids["group"])["id"]))))


@provider.route("GET", f"{_AT}/subscriptions/{{subscription}}", f"{KIND}/subscriptions/read")
def subscription(world: World, request: Request, **ids: str) -> Response:
    """One subscription right below a management group."""
    group = lower(_the(world, ids["group"])["id"])
    for row in _children(world, group):
        if lower(row["id"]) == f"/subscriptions/{lower(ids['subscription'])}":
            shown = {
                "displayName": row["displayName"],
                "tenant": world.tenant,
                "state": "Active",
                "parent": {"id": group},
            }
            return Response(
                200, {"id": request.path, "type": f"{KIND}/subscriptions", "name": row["name"], "properties": shown}
            )
    raise ArmError(404, "NotFound", f"'{request.path}' not found")


def _the(world: World, name: str) -> Record:
    found = world.find(f"/providers/{KIND}/{name}")
    if found is None:
        raise ArmError(404, "NotFound", f"'/providers/{KIND}/{name}' not found")
    return found


def _outline(record: Record) -> dict[str, Any]:
    shown = {key: record["properties"][key] for key in ("tenantId", "displayName")}
    return {"id": record["id"], "type": KIND, "name": record["name"], "properties": shown}


def _children(world: World, group: str) -> Iterator[dict[str, Any]]:
    for _, record in sorted(world.table(GROUPS_OF_SUBSCRIPTIONS).items()):
        if record["_parent"] == group:
            yield {
                "id": record["id"],
                "type": KIND,
                "name": record["name"],
                "displayName": record["properties"]["displayName"],
            }
    for _, record in sorted(world.table(SUBSCRIPTIONS).items()):
        if lower(record["_managementGroup"]) == group:
            name = record["subscriptionId"]
            yield {"id": record["id"], "type": "/subscriptions", "name": name, "displayName": record["displayName"]}


def _expanded(world: World, group: str, *, recurses: bool) -> list[dict[str, Any]]:
    rows = list(_children(world, group))
    for row in rows if recurses else ():
        if row["type"] == KIND:
            row["children"] = _expanded(world, lower(row["id"]), recurses=True)
    return rows


def _descendants(world: World, group: str) -> Iterator[dict[str, Any]]:
    for child in list(_children(world, group)):
        properties = {"displayName": child["displayName"], "parent": {"id": group}}
        is_group = child["type"] == KIND
        kind = f"{KIND}" if is_group else f"{KIND}/subscriptions"
        yield {"id": child["id"], "type": kind, "name": child["name"], "properties": properties}
        if is_group:
            yield from _descendants(world, lower(child["id"]))
