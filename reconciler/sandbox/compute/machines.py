"""Virtual machines, scale sets and the machines in them: only those of an estate file, since no request makes any."""

from __future__ import annotations

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.compute.disks import IN_GROUP, provider, the
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, adopted

_IN_SCALE_SET = f"{IN_GROUP}/virtualMachineScaleSets/{{name}}/virtualMachines"
_READ_INSTANCE = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read"


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


@provider.route("GET", _IN_SCALE_SET, _READ_INSTANCE)
def instances(world: World, request: Request, **_ids: str) -> Response:
    """The machines of a scale set."""
    table = world.table("microsoft.compute/virtualmachinescalesets/virtualmachines")
    return page(world, request, table, lower(request.path).rpartition("/")[0])


@provider.route("GET", f"{_IN_SCALE_SET}/{{number}}", _READ_INSTANCE)
def instance(world: World, request: Request, **_ids: str) -> Response:
    """One machine of a scale set."""
    return Response(200, public(the(world, request.path)))
