"""Managed disks that restores create: read by id, waited for, and deleted only when proved to be ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.guard import send
from reconciler.applying.proving import Proof
from reconciler.applying.rereading import is_busy, of_resource
from reconciler.applying.run import Run
from reconciler.azure.disks import project
from reconciler.azure.fields import read_as
from reconciler.azure.provenance import Lists, trace, traced
from reconciler.model.changes import Change, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed, ReconcilerError
from reconciler.model.ids import ArmId
from reconciler.model.jobs import RestoreJob
from reconciler.model.known import Unsure, Yes
from reconciler.planning.provenance import Claim, is_marked_by, objection, running

Body = Mapping[str, Any]


async def live(run: Run, disk: ArmId) -> Body | None:
    """The disk's current body; None when it doesn't exist."""
    try:
        return await run.azure.get(disk)
    except NotFound:
        return None


async def at_rest(run: Run, disk: ArmId, deadline: float, *, patience: float = LAG_SECONDS) -> Body:
    """The disk once Azure has finished with it; OperationFailed when it doesn't appear in `patience` seconds."""
    believed = run.now + patience
    delays = run.delays(2.0, 15.0)
    while True:
        body = await live(run, disk)
        if body is not None and not is_busy(body):
            return body
        if body is None and run.now >= believed:
            raise OperationFailed(
                f"the disk {disk.name} does not exist, although Azure says that the restore succeeded",
                code=error_codes.RESTORED_NOTHING,
                target=disk.text,
                hint="check the restore's job in the vault, then run the command again",
            )
        await run.pause(next(delays), deadline, disk.name)


async def doubt(
    run: Run, disk: ArmId, claim: Claim, *, body: Body | None = None, job: RestoreJob | None = None
) -> tuple[str, ArmId | None]:
    """Why a disk can't be proved to be what is claimed (empty: it is proved, or there is no disk), and the restore that
    still works on it.

    `body` is the disk as just read, and `job` the restore that created it in this run, once it has ended. All restores of
    the instance are searched only for a disk without our mark.
    """
    body = body or await live(run, disk)
    is_marked = body is not None and is_marked_by(read_as(project, body).tags, claim)
    if body is not None and job is not None:
        made = [_as_requested(job, claim)] if job.target in (disk, None) else []
        found = await traced(Lists(run.azure), disk, body, made)
    else:
        found = await trace(run.azure, disk, None if is_marked else claim.instance)
    match found:
        case Yes(told):
            at_work = running(told)
            return objection(told, claim), at_work.id if at_work else None
        case Unsure(because):
            return because, None
    return "", None


def _as_requested(job: RestoreJob, claim: Claim) -> RestoreJob:
    """The job of our own request: one that names no recovery point restored the one that was requested."""
    return replace(job, point=job.point or claim.point)


async def _check_ours(run: Run, step: Step) -> Body | None:
    """The disk, if it exists; ReconcilerError unless it is proved to be the one that a step may delete."""
    body = await live(run, step.target)
    why, _ = await doubt(run, step.target, Claim.read(step.claimed), body=body)
    if why:
        raise ReconcilerError(
            f"the disk {step.target.name} has the name of a drill's disk, but was not deleted: {why}",
            code=error_codes.NOT_OURS,
            hint="check the disk: detach it, move it away, or delete it if nobody needs it",
        )
    return body


def proof(run: Run, step: Step) -> Proof:
    """Raises ReconcilerError unless the disk is proved to be the one that the step may delete."""
    return partial(_check_ours, run, step)


async def remove(run: Run, change: Change, step: Step) -> bool:
    """Delete a disk that a restore made, and wait until it is gone; False when there was none.

    ReconcilerError, before anything is deleted, when it can't be proved to be ours.
    """
    deadline = run.new_deadline()
    body = await live(run, step.target)
    if body is None:
        return False
    await send(run, change, step, of_resource(run, step), deadline, proof=proof(run, step))
    delays = run.delays(2.0, 15.0)
    while await live(run, step.target) is not None:
        await run.pause(next(delays), deadline, f"{step.target.name} is being deleted")
    return True
