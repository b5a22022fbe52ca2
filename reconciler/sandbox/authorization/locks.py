"""Management locks: what they forbid, and their own resources at any scope.

ReadOnly forbids writes, actions and deletions, CanNotDelete deletions, at the lock's scope and everywhere inside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.sandbox.arm.ids import enclosing, lower
from reconciler.sandbox.arm.messages import ArmError, Request, Response, invalid_body, not_found, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.authorization.role_assignments import provider
from reconciler.sandbox.tables import Record, indexed
from reconciler.sandbox.world import World, adopted

LOCKS = "microsoft.authorization/locks"
KIND = "Microsoft.Authorization/locks"
VERSIONS = ("2015-01-01", "2015-05-01-preview", "2015-06-01", "2016-09-01", "2017-04-01", "2020-05-01")
_LEVELS = {"readonly": "ReadOnly", "cannotdelete": "CanNotDelete", "notspecified": "NotSpecified"}
_EXEMPT = ("/providers/microsoft.authorization/locks/", "/providers/microsoft.resourcegraph/")
_IN = "{scope}/providers/Microsoft.Authorization/locks"


@indexed(LOCKS)
def by_scope(record: Record) -> Iterable[str]:
    """Locks are also found by the exact scope that they are at."""
    return (f"scope:{scope_of(record['id'])}",)


def scope_of(lock_id: str) -> str:
    """The lower-cased scope of a lock."""
    return lower(lock_id).rpartition("/providers/microsoft.authorization/")[0]


def blocking(world: World, resource_id: str, *, deletes: bool) -> list[Record]:
    """The locks that forbid a write or a deletion of a resource, nearest first."""
    table = world.table(LOCKS)
    if not table:
        return []
    found = [table[key] for scope in enclosing(resource_id) for key in table.below(f"scope:{scope}")]
    if deletes:
        found += [table[key] for key in table.below(lower(resource_id)) if table[key] not in found]
    levels = {"readonly", "cannotdelete"} if deletes else {"readonly"}
    return [lock for lock in found if lower(lock["properties"]["level"]) in levels]


def check(world: World, request: Request, scope: str) -> None:
    """409 ScopeLocked when a lock forbids a request at a scope."""
    if any(part in lower(request.path) + "/" for part in _EXEMPT):
        return
    deletes = request.method == "DELETE"
    found = blocking(world, scope, deletes=deletes)
    if found:
        places = ",".join(f"'{lock['id'].partition('/providers/Microsoft.Authorization/')[0]}'" for lock in found)
        raise ArmError(
            409,
            "ScopeLocked",
            f"The scope '{scope}' cannot perform {'delete' if deletes else 'write'} operation because following scope(s) are "
            f"locked: {places}. Please remove the lock and try again.",
        )


@adopted(LOCKS)
def adopt(world: World, address: str, record: Record) -> None:
    """A lock of an estate file: its level, spelled as Azure does."""
    del world, address
    properties = record.setdefault("properties", {})
    properties["level"] = _LEVELS.get(lower(str(properties.get("level", ""))), "CanNotDelete")


@provider.route("GET", _IN, f"{KIND}/read", versions=VERSIONS)
def rows(world: World, request: Request, **ids: str) -> Response:
    """Locks at a scope, inside it, and inherited by it."""
    scope, table = lower(ids["scope"]), world.table(LOCKS)
    inherited = {key for place in enclosing(scope) for key in table.below(f"scope:{place}")}
    return page(
        world,
        request,
        table,
        "",
        keep=lambda lock: lower(lock["id"]) in inherited or scope_of(lock["id"]).startswith(scope),
    )


@provider.route("GET", f"{_IN}/{{name}}", f"{KIND}/read", versions=VERSIONS)
def row(world: World, request: Request, **_ids: str) -> Response:
    """One lock."""
    return Response(200, public(_the(world, request)))


@provider.route("PUT", f"{_IN}/{{name}}", f"{KIND}/write", versions=VERSIONS)
def put(world: World, request: Request, **ids: str) -> Response:
    """Lock a scope."""
    properties = request.body.get("properties")
    level = _LEVELS.get(lower(str((properties or {}).get("level", ""))))
    if level is None or not isinstance(properties, dict):
        raise invalid_body("The lock level must be one of NotSpecified, CanNotDelete, ReadOnly.")
    known = world.find(request.path) is not None
    kept = {key: properties[key] for key in ("notes", "owners") if key in properties}
    record = {"properties": {"level": level, **kept}, "id": request.path, "type": KIND, "name": ids["name"]}
    world.store(request.path, record)
    return Response(200 if known else 201, public(record))


@provider.route("DELETE", f"{_IN}/{{name}}", f"{KIND}/delete", versions=VERSIONS)
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Remove a lock."""
    return Response(204 if world.remove(request.path) is None else 200)


def _the(world: World, request: Request) -> Record:
    found = world.find(request.path)
    if found is None:
        raise not_found(request.path)
    return found
