"""What is read and never written, and the projection of any body by the type of its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from reconciler.azure import disks
from reconciler.azure.fields import enclosing, id_of, moment, optional_id, parsed, pick, pick_each, tags_of, text_at
from reconciler.azure.kinds import KINDS
from reconciler.model.ids import ArmId, is_arm_id, lower
from reconciler.model.resources import NEVER, Attachment, Lock, Machine, RecoveryPoint, UserIdentity

_CACHES = {lower(name): name for name in ("None", "ReadOnly", "ReadWrite")}
_LOCKS = "microsoft.authorization/locks"


def machine(body: Mapping[str, Any]) -> Machine:
    """A virtual machine."""
    return Machine(id=id_of(body), tags=tags_of(body), attached=_attached(pick(body, "properties", "storageProfile")))


def _attached(profile: Any) -> tuple[Attachment, ...] | None:
    """The disks in a machine's storage profile; None when any of it lacks the documented form.

    Selectors need none of it, so it never makes a machine unreadable.
    """
    os_disk, data = pick_each(profile, "osDisk", "dataDisks")
    rows = [(None, os_disk), *((pick(row, "lun"), row) for row in (data if isinstance(data, list) else ()))]
    found = [_attachment(lun, row) for lun, row in rows]
    luns = [one.lun for one in found if one]
    is_clear = len(luns) == len(found) and len({*luns}) == len(luns) and luns.count(None) == 1
    return tuple(filter(None, found)) if is_clear and isinstance(data, list | None) else None


def _attachment(lun: Any, row: Any) -> Attachment | None:
    name, caching, accelerated, managed = pick_each(row, "name", "caching", "writeAcceleratorEnabled", "managedDisk")
    disk = optional_id(pick(managed, "id"))
    is_clear = (
        isinstance(row, dict)
        and (lun is None or (type(lun) is int and lun >= 0))
        and (managed is None or (disk is not None and disk.type == disks.TYPE and is_arm_id(disk.text)))
        and isinstance(name, str)
        and lower(str(caching or "None")) in _CACHES
        and accelerated in (None, True, False)
    )
    return (
        Attachment(disk, name, lun, _CACHES[lower(caching)] if caching else "", accelerated is True)
        if is_clear
        else None
    )


def recovery_point(body: Mapping[str, Any]) -> RecoveryPoint:
    """A recovery point; ValueError when it has no time."""
    properties = pick(body, "properties") or {}
    taken = moment(pick(properties, "recoveryPointTime"))
    if taken is None:
        raise ValueError("a recovery point without a time")
    state = lower(str(pick(properties, "recoveryPointState") or "completed"))
    kinds = {lower(str(pick(one, "type"))) for one in pick(properties, "recoveryPointDataStoresDetails") or ()}
    return RecoveryPoint(id_of(body), taken, state == "completed", _expiry(properties), kinds <= {"operationalstore"})


def _expiry(properties: Mapping[str, Any]) -> datetime | None:
    """When a recovery point expires; None when it doesn't say, year 9999 for never."""
    stores = pick(properties, "recoveryPointDataStoresDetails") or ()
    told = (pick(properties, "expiryTime"), *(pick(store, "expiryTime") for store in stores))
    times = [found for found in map(parsed, told) if found and found.year >= NEVER.year]
    return next(filter(None, map(moment, told)), NEVER if times else None)


def lock(body: Mapping[str, Any]) -> Lock:
    """A management lock; its scope is the part of its id before the lock."""
    own = id_of(body)
    return Lock(id=own, scope=ArmId(enclosing(own, _LOCKS)), level=text_at(body, "properties", "level"))


def identity(body: Mapping[str, Any]) -> UserIdentity:
    """A user-assigned managed identity."""
    return UserIdentity(id=id_of(body), principal_id=lower(text_at(body, "properties", "principalId")))


def resource(own: ArmId, body: Mapping[str, Any]) -> Any:
    """The projection of a body by the type of its id; None for types that have none."""
    project = _BY_TYPE.get(own.type) if own.type or own.group else None
    return project(body) if project else None


_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    disks.TYPE: disks.project,
    "microsoft.compute/virtualmachines": machine,
    _LOCKS: lock,
    "microsoft.managedidentity/userassignedidentities": identity,
    **{name: project for kind in KINDS for name, project in kind.types.items()},
}
