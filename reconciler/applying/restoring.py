"""Restores: create a disk from a recovery point, mark it as ours, and check that it is as expected.

Azure's restore can't set the disk's tags or SKU, so both are written afterwards; until then only the restore's job
proves which disk it made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from reconciler.applying import disks
from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send
from reconciler.applying.probing import explained
from reconciler.applying.refusals import again, is_passing
from reconciler.applying.rereading import Reread, Standing, is_busy, of_resource
from reconciler.applying.run import Run, overridden
from reconciler.azure.disks import project
from reconciler.azure.failures import told
from reconciler.azure.fields import pick, read_as, text_at
from reconciler.azure.operations import finish
from reconciler.azure.provenance import job_of, origin, restore_job
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Change, Expectation, Kind, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OperationFailed, ReconcilerError
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import ENDED, WELL, RestoreJob
from reconciler.planning.provenance import Claim
from reconciler.planning.restored import differences

_FIRST_SECONDS, _MOST_SECONDS = 5.0, 60.0
_MOST_BEGUN = (
    650  # what Azure accepts while it validates one restore: 200 writes at once, and 10 a second for 46 seconds
)
_SELDOM_SECONDS = 300.0
_LOST_SECONDS = 600.0  # restores were recorded to take three and a half minutes
Heard = Callable[[ArmId], None]


async def perform(run: Run, change: Change) -> str:
    """Restore a disk, or delete one that an earlier run left behind; return a remark on the result."""
    if change.steps[0].op is Op.DISK_DELETE:
        return "" if await disks.remove(run, change, change.steps[0]) else "already gone"
    return judged(change, await bring(run, change))


async def bring(run: Run, change: Change, heard: Heard = lambda _: None) -> Mapping[str, Any]:
    """Restore the disk of a change, and return it, proved to be the restore's and marked; `heard` is told of the job."""
    steps = {step.op: step for step in change.steps}
    patch, expected = steps[Op.DISK_PATCH], steps[Op.DISK_CHECK].expectation
    ending = Finish()
    with run.arrivals(patch.target.subscription).counted():
        if Op.RESTORE_START in steps:
            ending = await _until_it_ended(run, change, steps[Op.RESTORE_START], patch.target, heard)
        elif expected["job"]:
            job = ArmId(expected["job"])
            run.tell(change, f"waiting for the job {job.name}, which an earlier run has begun")
            ending = await until_ended(run, job, patch.target, run.new_deadline())
        made = await _proven(run, patch.target, Claim.read(expected["claim"]), ending)
        return await _marked(run, change, patch, origin(made).unique_id)


class Finish(NamedTuple):
    """How a restore ended: its job (None: Azure named none), its disk where a list has shown it shortly before, and for how
    many seconds that may still be missing.
    """

    job: RestoreJob | None = None
    disk: Mapping[str, Any] | None = None
    patience: float = LAG_SECONDS


async def _until_it_ended(run: Run, change: Change, start: Step, disk: ArmId, heard: Heard) -> Finish:
    """Restore, and wait for the end of that; permission errors are retried while role assignments are fresh."""
    delays = run.delays(_FIRST_SECONDS, _MOST_SECONDS)
    while True:
        try:
            return await _restore(run, change, start, disk, heard)
        except AzureError as error:
            delay = next(delays)
            if not is_passing(error) or run.now + delay > run.patience(change, error):
                raise await explained(run, change, error) from error
            run.tell(change, f"waiting for permissions to become effective: {error.code}")
            with run.turned(change, "waiting for permissions"):
                await run.clock.sleep(delay)


async def _restore(run: Run, change: Change, start: Step, disk: ArmId, heard: Heard) -> Finish:
    """Have Azure create the disk, and wait until the job has ended.

    ReconcilerError when a disk of that name already exists.
    """
    async with run.shared(_Turns).free:
        deadline = run.new_deadline()
        receipt = await _begun(run, change, start, disk, deadline)
    if receipt is None:
        return Finish()
    found = await finish(run.azure, receipt, deadline=deadline)
    named = pick(found, "properties", "jobId") or pick(found, "jobId")
    if not (isinstance(named, str) and named):
        return Finish(patience=_LOST_SECONDS)  # the operation names no job, so only the disk shows that it has ended
    job = ArmId(named)
    heard(job)
    run.tell(change, f"the job {job.name} restores it")
    return await until_ended(run, job, disk, deadline, is_new=True)


class _Turns:
    """How many restores are validated and begun at a time, in the plan's order."""

    def __init__(self, run: Run) -> None:
        self.free = asyncio.Semaphore(min(_MOST_BEGUN, max(1, run.settings.parallelism)))


async def _begun(run: Run, change: Change, start: Step, disk: ArmId, deadline: float) -> Receipt | None:
    """Azure's answer to a restore that it has validated before; None when the disk has appeared without one."""

    async def ask() -> dict[str, Any]:
        return await run.finish("validateRestore", await run.requests.validate_restore(start), deadline)

    if _checked(change)["job"] and await _has_just_come(run, change, disk):
        return None
    try:
        await again(run.clock, ask)
        return await send(
            run, change, start, _appears(run, disk), deadline, proof=partial(_check_free, run, change, disk)
        )
    except _JustCome:
        return None
    except AzureError as error:
        if is_passing(error) or not await _has_just_come(run, change, disk):
            raise
        return None


def _checked(change: Change) -> Expectation:
    return next(step for step in change.steps if step.op is Op.DISK_CHECK).expectation


class _JustCome(Exception):
    """The same restore, begun by an earlier run, has ended since the plan was made."""


async def _has_just_come(run: Run, change: Change, disk: ArmId) -> bool:
    """Whether the same restore, begun by an earlier run, has ended since the plan was made: then the disk is proved.

    ReconcilerError when any other disk is there; False when there is none.
    """
    body = await disks.live(run, disk)
    if body is None:
        return False
    expected = _checked(change)
    job = restore_job(await run.azure.get(expected["job"])) if expected["job"] else None
    why, at_work = await disks.doubt(run, disk, Claim.read(expected["claim"]), body=body, job=job)
    if change.kind is not Kind.RESTORE or at_work is not None or why:
        raise _exists(disk, "a restore never overwrites a disk")
    return True


async def _check_free(run: Run, change: Change, disk: ArmId) -> None:
    """ReconcilerError when a disk already exists where a restore is to create one, _JustCome when it is that very disk."""
    if await _has_just_come(run, change, disk):
        raise _JustCome


async def _check_same(run: Run, disk: ArmId, unique_id: str) -> Mapping[str, Any]:
    """The disk; ReconcilerError when another one has taken the place of the restored one, or a virtual machine uses it."""
    body = await disks.live(run, disk)
    if body is None or origin(body).unique_id != unique_id:
        raise _exists(disk, "another disk has taken its place")
    if read_as(project, body).machines:
        raise _exists(disk, "a virtual machine uses it")
    return body


async def _proven(run: Run, disk: ArmId, claim: Claim, ending: Finish) -> Mapping[str, Any]:
    """The disk, proved to be the one that the restore made; ReconcilerError otherwise, before it is written to.

    A job may end shortly after its disk appears, so it is waited for.
    """
    deadline = run.new_deadline()
    row = ending.disk or await _listed(run, disk, _is_whole)
    while True:
        body = row or await disks.at_rest(run, disk, deadline, patience=ending.patience)
        why, at_work = await disks.doubt(run, disk, claim, body=body, job=ending.job)
        if at_work is not None:
            ending = await until_ended(run, at_work, disk, deadline)
            row = ending.disk
        elif not why:
            return body
        elif row is None:
            raise _exists(disk, why)
        else:
            row = None  # the list may show the disk that was here before


async def _listed(run: Run, disk: ArmId, judge: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any] | None:
    """The disk's row in the next list where `judge` accepts it; None where few disks are restored, or there is no such row."""
    arrivals = run.arrivals(disk.subscription)
    return await arrivals.until(disk, judge, _MOST_SECONDS) if arrivals.are_many else None


def _is_whole(row: Mapping[str, Any]) -> bool:
    return bool(origin(row).unique_id) and not is_busy(row)


def _exists(disk: ArmId, why: str) -> ReconcilerError:
    return ReconcilerError(
        f"the disk {disk.name} exists, and nothing was written to it: {why}",
        code=disk_codes.DISK_EXISTS,
        hint="check that disk, or give the new one another name with `--name`",
    )


def _appears(run: Run, disk: ArmId) -> Reread:
    """The second look when a request may not have reached Azure: a disk that appears was made by that request."""

    async def look() -> Standing:
        until = run.now + _LOST_SECONDS
        while await disks.live(run, disk) is None:
            if run.now >= until:
                return Standing.DIFFERENT
            await run.clock.sleep(_LOST_SECONDS / 40)
        return Standing.AS_WANTED

    return look


async def _marked(run: Run, change: Change, patch: Step, unique_id: str) -> Mapping[str, Any]:
    """The disk once it shows what was written to it; ReconcilerError when another disk has taken its place."""
    deadline = run.new_deadline()
    proof = partial(_check_same, run, patch.target, unique_id)
    await send(run, change, patch, of_resource(run, patch), deadline, proof=proof)
    believed = run.now + LAG_SECONDS
    delays = run.delays(2.0, 15.0)

    def is_as_written(body: Mapping[str, Any]) -> bool:
        return not is_busy(body) and origin(body).unique_id == unique_id and not differing(patch.body, body)

    while True:
        body = await _listed(run, patch.target, is_as_written) or await disks.at_rest(run, patch.target, deadline)
        if origin(body).unique_id != unique_id:
            raise _exists(patch.target, "another disk has taken its place")
        paths = differing(patch.body, body)
        if not paths:
            return body
        if run.now >= believed:
            raise overridden(paths[0], value_at(patch.body, paths[0]), value_at(body, paths[0]))
        await run.pause(next(delays), deadline, "")


def judged(change: Change, body: Mapping[str, Any]) -> str:
    """A remark on differences that are allowed between a restored disk and what is expected; ReconcilerError when there are
    others.
    """
    check = next(step for step in change.steps if step.op is Op.DISK_CHECK)
    disk, expected = check.target, check.expectation
    told = list(differences(expected, read_as(project, body)))
    failing = [text for text, fails in told if fails]
    if failing:
        raise ReconcilerError(
            f"the disk {disk.name} was restored, but isn't as expected: {'; '.join(failing)}",
            code=error_codes.RESTORED_DIFFERENTLY,
            hint="check the disk before it is used",
        )
    return "; ".join(text for text, _ in told)


async def until_ended(run: Run, job: ArmId, disk: ArmId, deadline: float, *, is_new: bool = False) -> Finish:
    """How a job that makes a disk ended; OperationFailed with Azure's reason when it fails, or doesn't end in time.

    One that `is_new` isn't asked for at once, and seldom while many others are under way, until a list shows the disk.
    """
    believed = run.now + LAG_SECONDS
    delays = run.delays(10.0, 30.0)
    status, has_come = "unknown", False
    row = await _passed(run, disk, next(delays), deadline, status) if is_new else None
    while True:
        has_come = has_come or row is not None
        try:
            body = await job_of(run.azure, job)
        except NotFound:
            if run.now >= believed:
                raise
        else:
            status = text_at(body, "properties", "status") or status
            if lower(status) in WELL:
                return Finish(restore_job(body), row)
            if lower(status) in ENDED:
                raise _failed(job, body, status)
        told = f"the job {job.name} is {status}"
        row = await _passed(run, disk, next(delays), deadline, told, has_come=has_come)


async def _passed(
    run: Run, disk: ArmId, delay: float, deadline: float, what: str, *, has_come: bool = False
) -> Mapping[str, Any] | None:
    """Wait before the next look at a job; where many wait, until a list shows its disk, which is then returned."""
    arrivals = run.arrivals(disk.subscription)
    seconds = max(delay, min(arrivals.seldom, _MOST_SECONDS if has_come else _SELDOM_SECONDS))
    if has_come or not arrivals.are_many:
        await run.pause(seconds, deadline, what)
        return None
    if run.now + seconds > deadline:
        raise run.still_in_progress(what)
    return await arrivals.until(disk, _is_whole, seconds)


def _failed(job: ArmId, body: Mapping[str, Any], status: str) -> OperationFailed:
    details = pick(body, "properties", "errorDetails")
    says = told({"details": details} if isinstance(details, list) else details)
    return OperationFailed(
        f"the job ended as {status}: {says.reason}",
        code=says.code or error_codes.JOB_FAILED,
        advice=says.advice,
        target=job.text,
        hint="" if says.advice else f"look at the job {job.name} in the vault {job.parent.name}",
    )
