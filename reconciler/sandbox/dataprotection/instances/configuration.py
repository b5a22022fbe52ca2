"""How an instance becomes protected: the operation succeeds at once, protection follows, or an error does.

Recorded traffic: a create's operation ends after about a second while the instance is still ConfiguringProtection for up
to a minute; an update's takes 51 to 152 seconds, and UpdatingProtection lasts a little longer still.
"""

from __future__ import annotations

import math
from typing import Any

from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.errors import INVALID_INPUT, MISSING_PERMISSIONS, facing
from reconciler.sandbox.dataprotection.instances import requirements, states
from reconciler.sandbox.dataprotection.namespace import vault_of
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

_MEDIAN, _SPREAD = 35.0, 0.4


def revise(world: World, instance: Record) -> int:
    """Begin a new revision of an instance, so that what was going to happen to the old one no longer does."""
    instance["_revision"] = world.count(instance["id"], "revision")
    return int(instance["_revision"])


def current(world: World, data: dict[str, Any]) -> Record | None:
    """The instance that an event or completion is about; None when it is gone or was written again."""
    instance = world.find(data["instance"])
    return instance if instance is not None and instance.get("_revision") == data["revision"] else None


def mode(world: World, error: dict[str, Any]) -> str:
    """What a problem of an instance leads to: protection-error, refused, operation-failed or given-up."""
    switch = "permission_failure" if error["code"] == MISSING_PERMISSIONS else "check_failure"
    return str(world.switch(switch))


def rest(world: World, address: str, revision: int) -> float:
    """Seconds from the end of a write's operation until the instance is at rest."""
    if world.switch("configuring") == "lognormal":
        return _MEDIAN * math.exp(_SPREAD * world.normal(address, f"settle {revision}"))
    return operations.between(world, address, f"settle {revision}", 15.0, 58.0)


@operations.completion
def instance_written(world: World, **data: Any) -> None:
    """The operation of a create or update has come to its end; the protection itself comes later."""
    instance = current(world, data)
    if instance is None:
        return
    error = _problem(world, instance, data["goal"])
    outcome = mode(world, error) if error else ""
    if error and outcome in {"operation-failed", "given-up"}:
        if outcome == "given-up":
            states.give_up(world, instance)
        else:
            states.enter(world, instance, states.FAILED, error)
        raise operations.OperationFailed(error)
    world.after(
        data["rest"], "dataprotection.instance-settles", **{key: data[key] for key in ("instance", "revision", "goal")}
    )


@event("dataprotection.instance-settles")
def settles(world: World, **data: Any) -> None:
    """The instance reaches its goal, or shows what keeps it from that."""
    instance = current(world, data)
    if instance is None:
        return
    error = _problem(world, instance, data["goal"])
    states.enter(world, instance, states.ERROR if error else data["goal"], error)


@operations.completion
def instance_left_given_up(world: World, **data: Any) -> None:  # noqa: ARG001 - as every completion
    """The operation of a write that was to repair what Azure had given up, and didn't."""
    detail = "The backup instance is in a failed provisioning state and cannot be updated."
    raise operations.OperationFailed(facing(INVALID_INPUT, detail=detail))


def _problem(world: World, instance: Record, goal: str) -> dict[str, Any] | None:
    vault = world.find(vault_of(instance["id"]))
    if goal != states.CONFIGURED or vault is None:
        return None
    return requirements.obstacle(world, vault, instance["properties"])
