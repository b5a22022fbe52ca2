"""What is read and never written, and the projection of any body by the type of its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from reconciler.azure import disks
from reconciler.azure.fields import enclosing, id_of, moment, parsed, pick, tags_of, text_at
from reconciler.azure.kinds import KINDS
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import NEVER, Lock, Machine, RecoveryPoint, UserIdentity

_LOCKS = "microsoft.authorization/locks"


def machine(body: Mapping[str, Any]) -> Machine:
    """A virtual machine."""
    return Machine(id=id_of(body), tags=tags_of(body))


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
