"""Managed disks and their encryption sets, and the routes by which everything of Microsoft.Compute is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from reconciler.sandbox import tampering
from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import ArmError, Request, Response, not_found, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.arm.routing import Provider
from reconciler.sandbox.compute import disk_operations
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.tables import Record
from reconciler.sandbox.tampering import merged
from reconciler.sandbox.world import World, adopted, event, later

VERSIONS = (
    "2019-07-01", "2019-11-01", "2020-05-01", "2020-06-01", "2020-06-30", "2020-09-30", "2020-12-01", "2021-04-01",
    "2021-08-01", "2021-12-01", "2022-03-02", "2022-07-02", "2023-01-02", "2023-04-02", "2023-10-02", "2024-03-02",
    "2022-03-01", "2022-08-01", "2022-11-01", "2023-03-01", "2023-07-01", "2023-09-01", "2024-03-01", "2024-07-01",
    "2024-11-01", "2025-01-02", "2025-04-01", "2026-03-02", "2026-04-01",
)  # fmt: skip
DISKS = "microsoft.compute/disks"
DISK_KIND = "Microsoft.Compute/disks"
IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
IN_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.Compute"
_TIERS = {
    "Standard": "Standard",
    "StandardSSD": "Standard",
    "Premium": "Premium",
    "PremiumV2": "Premium",
    "UltraSSD": "Ultra",
}
_DELETION = 3.0
_GIGABYTE = 1 << 30

provider = Provider("Microsoft.Compute", VERSIONS)
provider.route("GET", disk_operations.AT, "Microsoft.Compute/locations/diskOperations/read")(disk_operations.operation)


@adopted(DISKS)
def adopt(world: World, address: str, record: Record) -> None:
    """A disk of an estate file, or put by hand, completed; one put over another keeps its identity."""
    known = (world.find(address) or {}).get("properties") or {}
    kept = {key: known[key] for key in ("timeCreated", "uniqueId") if key in known}
    long_ago = {"timeCreated": disk_operations.stamp(world, later(world, -90 * 86400.0))}
    _complete(world, address, record, {**long_ago, **kept, **(record.get("properties") or {})})


@adopted("microsoft.compute/diskencryptionsets")
def adopt_encryption_set(world: World, address: str, record: Record) -> None:
    """A disk encryption set of an estate file, completed."""
    record["location"] = region(str(record.get("location", "")))
    properties = record.setdefault("properties", {})
    key = f"https://{lower(record['name'])}.vault.azure.net/keys/disks/{world.hex32(address, 'key')}"
    properties.setdefault("activeKey", {"keyUrl": key})
    properties.setdefault("encryptionType", "EncryptionAtRestWithCustomerKey")
    properties.setdefault("provisioningState", "Succeeded")


def _complete(world: World, address: str, record: Record, sent: Any) -> None:
    sku = dict(record.get("sku") or {"name": "Premium_LRS"})
    sku.setdefault("tier", _TIERS.get(str(sku["name"]).partition("_")[0], "Standard"))
    size = int(sent.get("diskSizeGB") or size_of_source(world, sent) or 128)
    attached = bool(record.get("managedBy"))
    record["type"] = DISK_KIND
    record["location"] = region(str(record.get("location", "")))
    record["sku"] = sku
    record["properties"] = {
        "creationData": {"createOption": "Empty"},
        "diskSizeGB": size,
        "diskSizeBytes": size * _GIGABYTE,
        "diskState": "Attached" if attached else "Unattached",
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
        "timeCreated": disk_operations.stamp(world),
        "uniqueId": world.guid(address, "disk"),
        **sent,
        "provisioningState": "Succeeded",
    }


def size_of_source(world: World, sent: Any) -> Any:
    """The size in gigabytes of the disk or snapshot that is copied; None where there is none."""
    source = (sent.get("creationData") or {}).get("sourceResourceId")
    found = world.find(str(source)) if source else None
    return ((found or {}).get("properties") or {}).get("diskSizeGB")


def replaced(world: World, address: str) -> Record:
    """Another disk in a disk's place: empty, of the same kind, size and tags, as when it was deleted and made anew."""
    known = tampering.existing(world, address)
    if lower(known["type"]) != DISKS:
        raise SandboxError(
            f"{known['id']} is no managed disk", "name a disk: /subscriptions/…/Microsoft.Compute/disks/…"
        )
    kept: Record = {key: known[key] for key in ("location", "sku", "zones", "tags", "managedBy") if key in known}
    properties = {"diskSizeGB": known["properties"]["diskSizeGB"], "timeCreated": disk_operations.stamp(world)}
    world.remove(known["id"])
    return tampering.put(world, known["id"], {**kept, "properties": properties})


def _plain(_world: World, record: Record) -> Record:
    return public(record)


def listed(kind: str, *, action: str = "", render: Callable[[World, Record], Record] = _plain) -> None:
    """Add the routes that read a kind: both lists, and one by id; `render` makes a record what is shown of it."""
    name = lower(f"{provider.namespace}/{kind}")
    action = action or f"{provider.namespace}/{kind}/read"

    @provider.route("GET", f"{IN_SUBSCRIPTION}/{kind}", action)
    @provider.route("GET", f"{IN_GROUP}/{kind}", action)
    def rows(world: World, request: Request, **_ids: str) -> Response:
        scope = lower(request.path).partition("/providers/")[0]
        return page(world, request, world.table(name), scope, render=partial(render, world))

    @provider.route("GET", f"{IN_GROUP}/{kind}/{{name}}", action)
    def row(world: World, request: Request, **_ids: str) -> Response:
        return Response(200, render(world, the(world, request.path)))


def the(world: World, resource_id: str) -> Record:
    """The record of a resource that has to be there; ArmError 404 when it is not."""
    found = world.find(resource_id)
    if found is None:
        raise not_found(resource_id)
    return found


for _kind in ("disks", "snapshots", "virtualMachineScaleSets", "diskEncryptionSets"):
    listed(_kind)


@provider.route("PUT", f"{IN_GROUP}/disks/{{name}}", f"{DISK_KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Make a disk or replace what can be replaced; accepted at once, done seconds later."""
    body, known = request.body, world.find(request.path)
    if not body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if known is None and not (body.get("properties") or {}).get("creationData"):
        raise ArmError(400, "InvalidParameter", "Required parameter 'disk.creationData' is missing (null).")
    if known is not None and region(body["location"]) != known["location"]:
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{ids['name']}' already exists in location '{known['location']}' in resource group '{ids['group']}'. "
            f"A resource with the same name cannot be created in location '{body['location']}'. Please select a new resource name.",
        )
    kept = {key: body[key] for key in ("location", "sku", "zones", "tags") if key in body}
    record: Record = {"name": ids["name"], "id": request.path, "type": DISK_KIND, **kept}
    old = {} if known is None else {**known["properties"]}
    record |= {key: value for key, value in (known or {}).items() if key == "managedBy" or key[0] == "_"}
    generation = world.generation(request.path) + (known is None)
    _complete(world, f"{request.path}#{generation}", record, {**old, **(body.get("properties") or {})})
    world.store(request.path, record)
    return accepted(world, request, record)


@provider.route("PATCH", f"{IN_GROUP}/disks/{{name}}", f"{DISK_KIND}/write")
def patch(world: World, request: Request, **_ids: str) -> Response:
    """Change a disk; tags are replaced as a whole."""
    known, body = the(world, request.path), request.body
    record = {**known, **{key: body[key] for key in ("tags", "zones") if key in body}}
    if "sku" in body:
        record["sku"] = {"name": body["sku"]["name"]}
    _complete(world, request.path, record, merged(known["properties"], body.get("properties") or {}))
    world.store(request.path, record)
    return accepted(world, request, record)


def accepted(world: World, request: Request, record: Record) -> Response:
    """202 with what was asked for, not yet the disk or snapshot: that is the operation's output, and what its Location leads to."""
    body: Record = {key: record[key] for key in ("name", "location", "tags", "zones") if key in record}
    body["sku"] = {"name": record["sku"]["name"]}
    sent = merged((request.body or {}).get("properties"), {})
    body["properties"] = {**sent, "provisioningState": "Updating", "isArmResource": True}
    return Response(202, body, disk_operations.begun(world, request, record, _DELETION, shows=True))


@provider.route("DELETE", f"{IN_GROUP}/disks/{{name}}", f"{DISK_KIND}/delete")
def delete(world: World, request: Request, **ids: str) -> Response:
    """Delete a disk that no machine holds."""
    known = world.find(request.path)
    if known is None:
        return Response(204)
    if known.get("managedBy"):
        raise ArmError(409, "OperationNotAllowed", f"Disk {ids['name']} is attached to VM {known['managedBy']}.")
    known["properties"] = {**known["properties"], "provisioningState": "Deleting"}
    links = disk_operations.begun(world, request, known, _DELETION)
    world.after(_DELETION, "compute.disk-deleted", disk=known["id"])
    return Response(202, None, links)


@event("compute.disk-deleted")
def disk_deleted(world: World, **data: Any) -> None:
    """The end of a disk's deletion."""
    found = world.find(data["disk"])
    if found is not None and found["properties"].get("provisioningState") == "Deleting":
        world.remove(data["disk"])
