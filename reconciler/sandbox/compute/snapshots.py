"""Snapshots of disks: those of an estate file, those that clients make, and the deletion of any."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import region
from reconciler.sandbox.arm.messages import ArmError, Request, Response, not_found
from reconciler.sandbox.compute.disk_operations import stamp
from reconciler.sandbox.compute.disks import IN_GROUP, accepted, provider, the
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, adopted

SNAPSHOTS = "microsoft.compute/snapshots"


@adopted(SNAPSHOTS)
def adopt_snapshot(world: World, address: str, record: Record) -> None:
    """A snapshot of an estate file, completed."""
    sent = record.get("properties") or {}
    source = (sent.get("creationData") or {}).get("sourceResourceId", "")
    disk = world.find(source) if source else None
    size = (disk or {}).get("properties", {}).get("diskSizeGB", 128)
    record["type"] = "Microsoft.Compute/snapshots"
    record["location"] = region(str(record.get("location", "")))
    record.setdefault("sku", {"name": "Standard_ZRS", "tier": "Standard"})
    record["properties"] = {
        "diskSizeGB": size,
        "incremental": True,
        "timeCreated": stamp(world),
        "uniqueId": world.guid(address, "snapshot"),
        "provisioningState": "Succeeded",
        **sent,
        "creationData": _origin(sent.get("creationData") or {"createOption": "Empty"}, disk),
    }


def _origin(told: Any, disk: Record | None) -> Any:
    """What a snapshot was made from: with the disk's own id where there is that disk, as Azure tells it."""
    unique = ((disk or {}).get("properties") or {}).get("uniqueId")
    return {"sourceUniqueId": unique, **told} if unique else told


@provider.route("PUT", f"{IN_GROUP}/snapshots/{{name}}", "Microsoft.Compute/snapshots/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Make a snapshot of a disk or of another snapshot, or change one; accepted at once, done seconds later."""
    body, known = request.body, world.find(request.path)
    sent = body.get("properties") or {}
    if not body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if known is None and not sent.get("creationData"):
        raise ArmError(400, "InvalidParameter", "Required parameter 'snapshot.creationData' is missing (null).")
    source = (sent.get("creationData") or {}).get("sourceResourceId")
    if known is None and source and world.find(source) is None:
        raise not_found(source)
    kept = {key: body[key] for key in ("location", "sku", "tags") if key in body}
    old = {} if known is None else known["properties"]
    record: Record = {"id": request.path, "name": ids["name"], "sku": {"name": "Standard_LRS"}, **kept}
    record["properties"] = {"incremental": False, **old, **sent}
    adopt_snapshot(world, request.path, record)
    world.store(request.path, record)
    return accepted(world, request, record)


@provider.route("PATCH", f"{IN_GROUP}/snapshots/{{name}}", "Microsoft.Compute/snapshots/write")
def patch(world: World, request: Request, **_ids: str) -> Response:
    """Change a snapshot's tags or SKU; tags are replaced as a whole."""
    known, body = the(world, request.path), request.body
    record = {**known, **{key: body[key] for key in ("tags", "sku") if key in body}}
    world.store(request.path, record)
    return accepted(world, request, record)


@provider.route("DELETE", f"{IN_GROUP}/snapshots/{{name}}", "Microsoft.Compute/snapshots/delete")
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Delete a snapshot, at once."""
    return Response(204 if world.remove(request.path) is None else 200)
