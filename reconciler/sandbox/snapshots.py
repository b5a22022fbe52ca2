"""Microsoft.Compute: snapshots, machines, scale sets and disk encryption sets of an estate file, and the deletion of snapshots."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.compute import IN_GROUP, provider
from reconciler.sandbox.diskoperations import stamp
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


@adopted("microsoft.compute/virtualmachines")
def adopt_machine(world: World, address: str, record: Record) -> None:
    """A machine of an estate file, completed."""
    record["location"] = region(str(record.get("location", "")))
    properties = record.setdefault("properties", {})
    properties.setdefault("vmId", world.guid(address, "machine"))
    properties.setdefault("provisioningState", "Succeeded")


@adopted("microsoft.compute/virtualmachinescalesets")
def adopt_scale_set(world: World, address: str, record: Record) -> None:
    """A scale set of an estate file, completed."""
    record["location"] = region(str(record.get("location", "")))
    properties = record.setdefault("properties", {})
    properties.setdefault("uniqueId", world.guid(address, "scale set"))
    properties.setdefault("provisioningState", "Succeeded")


@adopted("microsoft.compute/virtualmachinescalesets/virtualmachines")
def adopt_instance(world: World, address: str, record: Record) -> None:
    """A machine of a scale set, completed; its name is a number there, and has the scale set's name before it."""
    adopt_machine(world, address, record)
    scale_set, number = address.split("/")[-3], record["name"]
    record |= {"name": f"{scale_set}_{number}", "instanceId": number}


@adopted("microsoft.compute/diskencryptionsets")
def adopt_encryption_set(world: World, address: str, record: Record) -> None:
    """A disk encryption set of an estate file, completed."""
    record["location"] = region(str(record.get("location", "")))
    properties = record.setdefault("properties", {})
    key = f"https://{lower(record['name'])}.vault.azure.net/keys/disks/{world.hex32(address, 'key')}"
    properties.setdefault("activeKey", {"keyUrl": key})
    properties.setdefault("encryptionType", "EncryptionAtRestWithCustomerKey")
    properties.setdefault("provisioningState", "Succeeded")


@provider.route("DELETE", f"{IN_GROUP}/snapshots/{{name}}", "Microsoft.Compute/snapshots/delete")
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Delete a snapshot, at once."""
    return Response(204 if world.remove(request.path) is None else 200)
