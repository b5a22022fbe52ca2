"""Virtual machines, scale sets and the machines in them: only those of an estate file, since no request makes any.

The `storageProfile` of a machine has the keys of Microsoft's description of the API and of its example
`VirtualMachine_Get.json` (Azure/azure-rest-api-specs, ComputeRP 2024-07-01).
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.compute.disks import DISKS, IN_GROUP, listed, provider, the
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.tables import Record, indexed
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
    for disk in _named(properties.get("storageProfile") or {}):
        _attach(world, address, disk)


@indexed(DISKS)
def by_holder(record: Record) -> Iterable[str]:
    """Disks are also found by what uses them."""
    holders = (record.get("managedBy"), *(record.get("managedByExtended") or ()))
    return tuple(dict.fromkeys(f"holder:{lower(str(one))}" for one in holders if one))


def _named(profile: Record) -> list[str]:
    """The ids of the managed disks of a storage profile."""
    entries = [profile.get("osDisk") or {}, *(profile.get("dataDisks") or ())]
    return [str(entry["managedDisk"]["id"]) for entry in entries if (entry.get("managedDisk") or {}).get("id")]


def _attach(world: World, machine: str, disk: str) -> None:
    """Let a disk name the machine that names it, unless it names another one; SandboxError when there is no such disk."""
    found = world.find(disk)
    if found is None:
        raise SandboxError(f"{disk} doesn't exist, so no machine can have it", "declare the disk, or leave it out")
    if not found.get("managedBy"):
        properties = {**found["properties"], "diskState": "Attached"}
        world.store(found["id"], {**found, "managedBy": machine, "properties": properties})


def shown(world: World, record: Record) -> Record:
    """What Azure shows of a machine.

    A machine that an estate declares without a `storageProfile` has the disks that are attached to it, in the order of
    their names: the one with an `osType`, or else the first, is its OS disk, and the others have the LUNs 0, 1 and so on.
    One that nothing is attached to has an unmanaged OS disk, which no list of disks shows.
    """
    properties = record["properties"]
    profile = properties.get("storageProfile")
    if profile is None:
        profile = _of_attached(world, record)
    told = {
        **profile,
        "osDisk": _os_disk(world, record, profile.get("osDisk") or {}),
        "dataDisks": [_data_disk(world, lun, disk) for lun, disk in enumerate(profile.get("dataDisks") or ())],
    }
    return {**public(record), "properties": {**properties, "storageProfile": told}}


def _of_attached(world: World, record: Record) -> Record:
    """A storage profile with the disks that name the machine."""
    table = world.table(DISKS)
    found = [table[key] for key in table.below(f"holder:{lower(record['id'])}")]
    found.sort(key=lambda disk: (not disk["properties"].get("osType"), lower(disk["name"])))
    entries = [{"managedDisk": {"id": disk["id"]}} for disk in found]
    return {"osDisk": entries[0], "dataDisks": entries[1:]} if entries else {}


def _os_disk(world: World, record: Record, said: Record) -> Record:
    disk = _disk_of(world, said)
    usual: Record = {
        "osType": (disk or {}).get("properties", {}).get("osType", "Linux"),
        "createOption": "FromImage",
        "caching": "ReadWrite",
    }
    if disk is None and "managedDisk" not in said:
        usual |= {
            "name": record["name"],
            "vhd": {"uri": f"https://vhds.blob.core.windows.net/vhds/{record['name']}.vhd"},
        }
    return {**usual, **_entry(disk, said)}


def _data_disk(world: World, lun: int, said: Record) -> Record:
    usual = {"lun": lun, "createOption": "Attach", "caching": "None", "toBeDetached": False}
    return {**usual, **_entry(_disk_of(world, said), said)}


def _disk_of(world: World, said: Record) -> Record | None:
    own = (said.get("managedDisk") or {}).get("id")
    return world.find(str(own)) if own else None


def _entry(disk: Record | None, said: Record) -> Record:
    """What a storage profile says of one disk, with what the disk itself says; `said` overrides it."""
    if disk is None:
        return said
    managed = {"storageAccountType": disk["sku"]["name"], **said["managedDisk"]}
    keys = (disk["properties"].get("encryption") or {}).get("diskEncryptionSetId")
    if keys:
        managed.setdefault("diskEncryptionSet", {"id": keys})
    usual = {"name": disk["name"], "deleteOption": "Detach", "diskSizeGB": disk["properties"]["diskSizeGB"]}
    return {**usual, **said, "managedDisk": managed}


listed("virtualMachines", render=shown)


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
