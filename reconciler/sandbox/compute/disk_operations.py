"""Microsoft.Compute's operations on disks: the progress of each, and the disk that resulted."""

from __future__ import annotations

from datetime import datetime

from reconciler.sandbox.arm.ids import name_of, subscription_of
from reconciler.sandbox.arm.messages import ArmError, Request, Response, public
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

OPERATIONS = "operations of disks"
AT = "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/DiskOperations/{operation}"


def stamp(world: World, at: datetime | None = None) -> str:
    """A time (default: now) as Microsoft.Compute writes it: with an offset, not a Z (recorded traffic)."""
    return f"{world.stamp(at).removesuffix('Z')}+00:00"


def begun(world: World, request: Request, disk: Record, seconds: float, *, shows: bool = False) -> dict[str, str]:
    """Begin an operation of that many seconds on a disk; the headers that lead to it. `shows`: it ends with the disk."""
    name = world.guid(request.path, f"operation {world.count(request.path, 'operation')}")
    world.table(OPERATIONS)[name] = {
        "_started": stamp(world),
        "_due": world.timestamp + seconds,
        "_disk": disk["id"] if shows else "",
    }
    ids = {"subscription": subscription_of(disk["id"]), "location": disk["location"], "operation": name}
    address, version = f"{request.base}{AT.format(**ids)}", f"api-version={request.api_version}"
    part = world.guid(name, "partition")
    return {
        "Azure-AsyncOperation": f"{address}?p={part}&{version}",
        "Location": f"{address}?p={part}&monitor=true&{version}",
        "Retry-After": "2",
    }


def operation(world: World, request: Request, **ids: str) -> Response:
    """How an operation on a disk goes; with `monitor=true`, the disk itself once it is over."""
    found = world.table(OPERATIONS).get(ids["operation"])
    if found is None:
        raise ArmError(404, "NotFound", f"The entity was not found: {name_of(request.path)}.")
    ended = world.timestamp >= found["_due"]
    disk = world.find(found["_disk"]) if ended and found["_disk"] else None
    if request.query.get("monitor") == "true":
        return Response(200 if ended else 202, public(disk) if disk else None)
    body = {"startTime": found["_started"], "status": "Succeeded" if ended else "InProgress", "name": ids["operation"]}
    if ended:
        body["endTime"] = stamp(world)
    return Response(200, {**body, "properties": {"output": public(disk)}} if disk else body)
