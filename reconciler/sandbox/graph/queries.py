"""Microsoft.ResourceGraph: queries over everything that the caller may read, in rows as Resource Graph shows them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

from reconciler.sandbox.arm.ids import group_of, lower, subscription_of
from reconciler.sandbox.arm.messages import ArmError, Request, Response, error_body, invalid_body, public
from reconciler.sandbox.arm.routing import Provider
from reconciler.sandbox.authorization.rights import ASSIGNMENTS, DEFINITIONS, GROUPS_OF_SUBSCRIPTIONS, allowed, chain
from reconciler.sandbox.graph.evaluation import Row, run
from reconciler.sandbox.graph.kql import Query, QueryError, parse
from reconciler.sandbox.resources.subscriptions import visible
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import GROUPS, SUBSCRIPTIONS, World

VERSIONS = (
    "2018-09-01-preview",
    "2019-04-01",
    "2020-04-01-preview",
    "2020-09-01-preview",
    "2021-03-01",
    "2021-06-01-preview",
    "2022-10-01",
    "2024-04-01",
)
_LARGEST, _DEFAULT = 1000, 100
_KEPT = 8
"""How many runs of queries are kept for the pages that follow."""

_BACKUP = ("backupinstances", "backuppolicies", "backupjobs", "deletedbackupinstances")
_TABLES: dict[str, tuple[str, ...]] = {
    "resources": (),
    "resourcecontainers": (SUBSCRIPTIONS, GROUPS, GROUPS_OF_SUBSCRIPTIONS),
    "recoveryservicesresources": tuple(f"microsoft.dataprotection/backupvaults/{kind}" for kind in _BACKUP),
    "authorizationresources": (ASSIGNMENTS, DEFINITIONS),
}
_NOT_TRACKED = (
    "microsoft.authorization/",
    "microsoft.resources/",
    "microsoft.management/",
    "microsoft.dataprotection/operationstatus",
)
_TYPES = {GROUPS: "microsoft.resources/subscriptions/resourcegroups"}
_COLUMNS = ("managedBy", "sku", "plan", "tags", "identity", "zones", "extendedLocation")

Showing = Callable[[World, Record], "Record | None"]

SHOWN: dict[str, Showing] = {}

provider = Provider("Microsoft.ResourceGraph", VERSIONS)


def shows(kind: str) -> Callable[[Showing], Showing]:
    """Register what Resource Graph shows of a record of the lower-cased type `kind`; else it is all that is public.

    What it has forgotten is None.
    """

    def register(function: Showing) -> Showing:
        SHOWN[kind] = function
        return function

    return register


@provider.route("POST", "/providers/Microsoft.ResourceGraph/resources")
def query(world: World, request: Request) -> Response:
    """Run a query over the subscriptions named, else over all that the caller can see; later pages are of the same run."""
    body = request.body
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise invalid_body("Required property 'query' was not found in JSON.")
    try:
        parsed = parse(body["query"])
    except QueryError as error:
        raise _invalid(world, error) from error
    for table in sorted(parsed.tables() - _TABLES.keys()):
        raise _bad(world, "InvalidQuery", f"Table {table} was not found or is not supported here.")
    kept: dict[str, list[Row]] = world.scratch.setdefault("graph", {})
    name, goes_on = (
        f"{request.caller} {body['query']} {body.get('subscriptions')}",
        (body.get("options") or {}).get("$skipToken"),
    )
    try:
        scope = _scope(world, request)
        found = (goes_on and kept.get(name)) or run(parsed, lambda part: _rows(world, request, part, scope))
    except (TypeError, ValueError) as error:
        raise _bad(world, "InvalidQuery", str(error)) from error
    answer = _page(world, body, found)
    kept.pop(name, None)
    if "$skipToken" in answer.body:
        kept[name] = found
        kept.pop(next(iter(kept)) if len(kept) > _KEPT else "", None)
    return answer


def _scope(world: World, request: Request) -> set[str]:
    """The subscriptions to look in, of those that the caller can see."""
    seen = {record["subscriptionId"].lower(): record for record in visible(world, request)}
    named = {lower(str(name)) for name in request.body.get("subscriptions") or ()}
    groups = {
        f"/providers/microsoft.management/managementgroups/{lower(str(name))}"
        for name in request.body.get("managementGroups") or ()
    }
    if named:
        return named & set(seen)
    if groups:
        return {name for name, record in seen.items() if groups.intersection(chain(world, record["id"]))}
    return set(seen)


def _rows(world: World, request: Request, parsed: Query, subscriptions: set[str]) -> Iterator[Row]:
    kind, may_read = parsed.kind(), _reader(world, request)
    for name in _TABLES[parsed.table] or _tracked(world):
        if kind and lower(_TYPES.get(name, name)) != kind:
            continue
        for key, record in _shown(world, name):
            place = subscription_of(key)
            if place in subscriptions or (not place and not request.body.get("subscriptions")):
                action = "/".join(str(record.get("type") or name).split("/")) + "/read"
                shown = SHOWN[name](world, record) if name in SHOWN else public(record)
                if shown is not None and may_read(action, key):
                    yield _row(world, name, shown)


def _reader(world: World, request: Request) -> Callable[[str, str], bool]:
    """Whether the caller may read a resource; asked once for all that lies in one place and has no role assignments of its own."""
    known: dict[tuple[str, str], bool] = {}
    own = world.table(ASSIGNMENTS)

    def may_read(action: str, key: str) -> bool:
        if request.caller.everywhere:
            return True
        at = key if any(own.below(f"scope:{key}")) else key.rsplit("/", 2)[0]
        if (action, at) not in known:
            known[action, at] = allowed(world, request.caller.object_id, action, at)
        return known[action, at]

    return may_read


def _tracked(world: World) -> list[str]:
    return sorted(name for name in world.tables if name.count("/") == 1 and not name.startswith(_NOT_TRACKED))


def _shown(world: World, name: str) -> Iterator[tuple[str, Record]]:
    """The records of a table in the order of their ids, as they were before the graph's lag."""
    table, now = world.table(name), world.timestamp
    stale = {
        key: shadow.before for key, shadow in world.shadows.items() if now < shadow.graph_until and shadow.kind == name
    }
    for key in sorted({*table, *stale}):
        record = stale[key] if key in stale else table[key]
        if record is not None:
            yield key, record


def _row(world: World, name: str, shown: Record) -> Row:
    resource_id = str(shown["id"])
    row: Row = {
        "id": resource_id,
        "name": shown.get("name") or shown.get("displayName", ""),
        "type": _TYPES.get(name, name),
        "tenantId": world.tenant,
        "kind": shown.get("kind", ""),
        "location": shown.get("location", ""),
        "resourceGroup": lower(group_of(resource_id)),
        "subscriptionId": subscription_of(resource_id),
    }
    row |= {key: shown.get(key) for key in _COLUMNS}
    row["managedBy"] = row["managedBy"] or ""
    return {**row, "properties": shown.get("properties") or {}}


def _page(world: World, body: dict[str, Any], found: list[Row]) -> Response:
    options = body.get("options") or {}
    top, skip = int(options.get("$top") or _DEFAULT), int(options.get("$skip") or 0)
    if not 1 <= top <= _LARGEST:
        raise _bad(world, "InvalidTop", "The $top parameter must be between 1 and 1000.")
    if options.get("$skipToken"):
        skip = _decoded(world, str(options["$skipToken"]))
    top = min(top, world.switch("page_size") or top)
    rows = found[skip : skip + top]
    answer = {
        "totalRecords": len(found),
        "count": len(rows),
        "data": _format(rows, str(options.get("resultFormat") or "")),
    }
    answer |= {"facets": [], "resultTruncated": "false"}
    if skip + top < len(found):
        answer["$skipToken"] = base64.urlsafe_b64encode(f"skip:{skip + top}".encode()).decode()
    return Response(200, answer)


def _decoded(world: World, token: str) -> int:
    try:
        return int(base64.b64decode(token, altchars=b"-_", validate=True).decode().removeprefix("skip:"))
    except ValueError:
        raise _bad(world, "InvalidSkipToken", "The skip token is invalid.") from None


def _format(rows: list[Row], form: str) -> Any:
    if lower(form) != "table":
        return rows
    names = list(rows[0]) if rows else []
    columns = [
        {"name": name, "type": "object" if rows and isinstance(rows[0][name], (dict, list)) else "string"}
        for name in names
    ]
    return {"columns": columns, "rows": [[row[name] for name in names] for row in rows]}


def _bad(world: World, code: str, message: str, **more: Any) -> ArmError:
    support = (
        f"Please provide below info when asking for support: timestamp = {world.stamp()}, correlationId = "
        f"{world.guid('graph', message)}."
    )
    body = error_body("BadRequest", support)
    generic = "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."
    details: list[dict[str, Any]] = [{"code": code, "message": message}]
    if more:
        details = [{"code": "InvalidQuery", "message": generic}, {**details[0], **more}]
    body["error"]["details"] = details
    return ArmError(400, "BadRequest", support, body=body)


def _invalid(world: World, error: QueryError) -> ArmError:
    place = {"line": error.line, "characterPositionInLine": error.column, "token": error.token}
    return _bad(world, "ParserFailure", "ParserFailure", **place)
