"""Managed disks that restores make: read by id, waited for, changed, and deleted only when they prove to be ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.applying.guard import send
from reconciler.applying.rereading import is_busy, of_resource
from reconciler.applying.run import Run
from reconciler.applying.waiting import LAG_SECONDS
from reconciler.azure.projection import disk as project
from reconciler.azure.projection import pick
from reconciler.errors import NotFound, OperationFailed, ReconcilerError
from reconciler.ids import ArmId
from reconciler.planning.model import Change, Step
from reconciler.planning.naming import RESTORED_TAG, tag_of

Body = Mapping[str, Any]
_SNAPSHOTS = "microsoft.compute/snapshots"


async def live(run: Run, disk: ArmId) -> Body | None:
    """The disk as it is; None when it isn't there."""
    try:
        return await run.azure.get(disk)
    except NotFound:
        return None


async def at_rest(run: Run, disk: ArmId, deadline: float, *, patience: float = LAG_SECONDS) -> Body:
    """The disk once Azure works on it no more; OperationFailed when it doesn't appear in so many seconds."""
    believed = run.now + patience
    delays = run.delays(2.0, 15.0)
    while True:
        body = await live(run, disk)
        if body is not None and not is_busy(body):
            return body
        if body is None and run.now >= believed:
            raise OperationFailed(
                f"{disk} isn't there, though a restore was to make it",
                code="restored-nothing",
                target=disk.text,
                hint="look at the restore's job in the vault, then run it again",
            )
        await run.pause(next(delays), deadline, disk.name)


def is_ours(body: Body, proof: Mapping[str, Any]) -> bool:
    """Whether a disk that bears a derived name was made by the restores that `proof` tells of, and nobody uses it.

    It bears their mark; or none yet, since a run died first: then it was made from a snapshot of that instance.
    """
    disk = project(body)
    if disk.machines:
        return False
    mark = tag_of(disk.tags, RESTORED_TAG)
    if mark:
        return mark.startswith(proof["mark"])
    source = pick(body, "properties", "creationData", "sourceResourceId")
    if not isinstance(source, str) or not source:
        return False
    snapshot = ArmId(source)
    return snapshot.type == _SNAPSHOTS and bool(proof["snapshots"]) and snapshot.is_within(proof["snapshots"])


async def remove(run: Run, change: Change, step: Step) -> bool:
    """Delete a disk that a restore made, and wait until it is gone; whether there was one.

    ReconcilerError, and nothing is deleted, when it isn't ours.
    """
    deadline = run.new_deadline()
    body = await live(run, step.target)
    if body is None:
        return False
    if not is_ours(body, step.body):
        raise ReconcilerError(
            f"{step.target} has the name of a drill's disk and is none, or is in use: it is left alone",
            code="not-ours",
            hint="look at it: rename it, detach it, or delete it if nobody needs it",
        )
    await send(run, change, step, of_resource(run, step), deadline)
    delays = run.delays(2.0, 15.0)
    while await live(run, step.target) is not None:
        await run.pause(next(delays), deadline, f"{step.target.name} is being deleted")
    return True
