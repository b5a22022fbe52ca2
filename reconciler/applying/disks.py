"""Managed disks that restores make: read by id, waited for, changed, and deleted only when they prove to be ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.guard import send
from reconciler.applying.rereading import is_busy, of_resource
from reconciler.applying.run import Run
from reconciler.azure.projection import disk as project
from reconciler.azure.provenance import trace
from reconciler.model.changes import Change, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed, ReconcilerError
from reconciler.model.estate import Trace
from reconciler.model.ids import ArmId
from reconciler.model.known import Unsure, Yes
from reconciler.planning.provenance import Claim, is_marked_by, objection, running

Body = Mapping[str, Any]


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
                code=error_codes.RESTORED_NOTHING,
                target=disk.text,
                hint="look at the restore's job in the vault, then run it again",
            )
        await run.pause(next(delays), deadline, disk.name)


async def doubt(run: Run, disk: ArmId, claim: Claim, *, job: ArmId | None = None) -> tuple[str, ArmId | None]:
    """Why a disk isn't known to be what is claimed (empty: that is proved, or no disk is there), and which restore is
    still at work on it.

    `job` is the restore that this run has had made it. All restores of the instance are looked through only for a disk
    without our mark.
    """
    body = await live(run, disk)
    is_marked = body is not None and is_marked_by(project(body).tags, claim)
    match await trace(run.azure, disk, None if is_marked else claim.instance, job=job):
        case Yes(found):
            at_work = running(found)
            return objection(_as_requested(found, claim) if job else found, claim), at_work.id if at_work else None
        case Unsure(because):
            return because, None
    return "", None


def _as_requested(found: Trace, claim: Claim) -> Trace:
    """The trace, its job being that of our own request: what it doesn't tell is what was asked for."""
    return replace(found, jobs=tuple(replace(job, point=job.point or claim.point) for job in found.jobs))


async def _check_ours(run: Run, step: Step) -> None:
    """ReconcilerError unless a disk proves to be the one that a step may delete."""
    why, _ = await doubt(run, step.target, Claim.read(step.body))
    if why:
        raise ReconcilerError(
            f"{step.target} has the name of a drill's disk, and is left alone: {why}",
            code=error_codes.NOT_OURS,
            hint="look at it: detach it, move it away, or delete it if nobody needs it",
        )


async def remove(run: Run, change: Change, step: Step) -> bool:
    """Delete a disk that a restore made, and wait until it is gone; whether there was one.

    ReconcilerError, and nothing is deleted, when it isn't ours.
    """
    deadline = run.new_deadline()
    body = await live(run, step.target)
    if body is None:
        return False
    await send(run, change, step, of_resource(run, step), deadline, proof=partial(_check_ours, run, step))
    delays = run.delays(2.0, 15.0)
    while await live(run, step.target) is not None:
        await run.pause(next(delays), deadline, f"{step.target.name} is being deleted")
    return True
