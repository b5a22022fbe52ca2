"""Snapshots of disks: those of an estate file, and the deletion of any."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import region
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.compute.disk_operations import stamp
from reconciler.sandbox.compute.disks import IN_GROUP, provider
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


@provider.route("DELETE", f"{IN_GROUP}/snapshots/{{name}}", "Microsoft.Compute/snapshots/delete")
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Delete a snapshot, at once."""
    return Response(204 if world.remove(request.path) is None else 200)
