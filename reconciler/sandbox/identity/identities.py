"""Microsoft.ManagedIdentity: user-assigned identities; and principals in the directory."""

from __future__ import annotations

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import ArmError, Request, Response, not_found, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.arm.routing import Provider
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import PRINCIPALS, World, adopted

VERSIONS = (
    "2015-08-31-preview",
    "2018-11-30",
    "2021-09-30-preview",
    "2022-01-31-preview",
    "2023-01-31",
    "2023-07-31-preview",
    "2024-11-30",
    "2025-01-31-preview",
    "2025-05-31-preview",
)
IDENTITIES = "microsoft.managedidentity/userassignedidentities"
KIND = "Microsoft.ManagedIdentity/userAssignedIdentities"
_IN_GROUP = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{KIND}"

provider = Provider("Microsoft.ManagedIdentity", VERSIONS)


def new_principal(world: World, owner_id: str, generation: int) -> Record:
    """A new principal for a managed identity: `principalId`, `tenantId` and `clientId`; the directory hears of it later."""
    found = {
        "tenantId": world.tenant,
        "principalId": world.guid(owner_id, f"principal {generation}"),
        "clientId": world.guid(owner_id, f"client {generation}"),
    }
    announce(world, owner_id, found["principalId"])
    return found


def announce(world: World, owner_id: str, principal_id: str) -> None:
    """Let the directory hear of a principal, after the delay that a switch says."""
    known = world.timestamp + world.span("principal_replication", owner_id)
    world.table(PRINCIPALS)[lower(principal_id)] = {"id": principal_id, "_owner": owner_id, "_known": known}


@adopted(IDENTITIES)
def adopt(world: World, address: str, record: Record) -> None:
    """An identity of an estate file, completed; the directory has long known it."""
    made = new_principal(world, address, 0)
    del world.table(PRINCIPALS)[made["principalId"]]
    record["properties"] = {**made, **(record.get("properties") or {})}
    record["type"] = KIND
    record["location"] = region(str(record.get("location", "")))
    principal = record["properties"]["principalId"]
    world.table(PRINCIPALS)[lower(principal)] = {"id": principal, "_owner": address, "_known": 0.0}


@provider.route("GET", f"/subscriptions/{{subscription}}/providers/{KIND}", f"{KIND}/read")
@provider.route("GET", _IN_GROUP, f"{KIND}/read")
def rows(world: World, request: Request, **_ids: str) -> Response:
    """The identities of a subscription or group."""
    return page(world, request, world.table(IDENTITIES), lower(request.path).partition("/providers/")[0])


@provider.route("GET", f"{_IN_GROUP}/{{name}}", f"{KIND}/read")
def row(world: World, request: Request, **_ids: str) -> Response:
    """One identity."""
    found = world.find(request.path)
    if found is None:
        raise not_found(request.path)
    return Response(200, public(found))


@provider.route("PUT", f"{_IN_GROUP}/{{name}}", f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Make an identity, or replace its tags."""
    if not request.body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    known = world.find(request.path)
    place = {"location": region(request.body["location"]), "tags": request.body.get("tags") or {}}
    properties = (
        known["properties"] if known else new_principal(world, request.path, world.generation(request.path) + 1)
    )
    record = {**place, "id": request.path, "name": ids["name"], "type": KIND, "properties": properties}
    world.store(request.path, record)
    return Response(200 if known else 201, public(record))


@provider.route("PATCH", f"{_IN_GROUP}/{{name}}", f"{KIND}/write")
def patch(world: World, request: Request, **_ids: str) -> Response:
    """Replace an identity's tags."""
    known = world.find(request.path)
    if known is None:
        raise not_found(request.path)
    if isinstance(request.body.get("tags"), dict):
        known["tags"] = dict(request.body["tags"])
    return Response(200, public(known))


@provider.route("DELETE", f"{_IN_GROUP}/{{name}}", f"{KIND}/delete")
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Delete an identity; what was assigned to it stays behind."""
    gone = world.remove(request.path)
    if gone is None:
        return Response(204)
    world.table(PRINCIPALS).pop(lower(gone["properties"]["principalId"]), None)
    return Response(200)
