"""Restores: a new disk from a recovery point, marked as ours, and seen to be what was expected.

Azure's restore can't set tags or the kind of the disk, so both are written afterwards; until then only the restore's
job proves which disk it made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from reconciler.applying import disks
from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send
from reconciler.applying.jobs import until_ended
from reconciler.applying.probing import explained
from reconciler.applying.refusals import is_passing
from reconciler.applying.rereading import Reread, Standing, of_resource
from reconciler.applying.run import Run, overridden
from reconciler.azure.fields import pick
from reconciler.azure.operations import finish
from reconciler.azure.projection import disk as project
from reconciler.azure.provenance import origin
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, ReconcilerError
from reconciler.model.ids import ArmId, lower
from reconciler.planning.provenance import Claim

_FIRST_SECONDS, _MOST_SECONDS = 5.0, 60.0
_LOST_SECONDS = 600.0  # restores were recorded to take three and a half minutes
_NOT_MADE = frozenset({"failed", "canceled"})


async def settle(run: Run, change: Change) -> str:
    """Restore a disk, or take away one that a run before left behind; a remark on what came out."""
    if change.steps[0].op is Op.DISK_DELETE:
        return "" if await disks.remove(run, change, change.steps[0]) else "is gone already"
    return await bring(run, change)


async def bring(run: Run, change: Change) -> str:
    """Restore the disk of a change and check it; what is worth a remark. ReconcilerError when it isn't as it must be."""
    steps = {step.op: step for step in change.steps}
    patch, check = steps[Op.DISK_PATCH], steps[Op.DISK_CHECK]
    job = ArmId(check.body["job"]) if check.body.get("job") else None
    if Op.RESTORE_START in steps:
        job = await _until_it_is_there(run, change, steps[Op.RESTORE_START], patch.target)
    elif job is not None:
        run.tell(change, f"waiting for the job {job.name}, which an earlier run has begun")
        await until_ended(run, job, run.new_deadline())
    made = await _proven(run, patch.target, Claim.read(check.body["claim"]), job)
    return _judged(patch.target, check.body, await _marked(run, change, patch, origin(made).unique_id))


async def _until_it_is_there(run: Run, change: Change, start: Step, disk: ArmId) -> ArmId | None:
    """Restore, and the job that did; while role assignments are fresh, what fails for lack of them is tried again."""
    delays = run.delays(_FIRST_SECONDS, _MOST_SECONDS)
    while True:
        try:
            return await _restore(run, change, start, disk)
        except AzureError as error:
            delay = next(delays)
            if not is_passing(error) or run.now + delay > run.patience(change, error):
                raise await explained(run, change, error) from error
            run.tell(change, f"waiting for permissions to become effective: {error.code}")
            await run.clock.sleep(delay)


async def _restore(run: Run, change: Change, start: Step, disk: ArmId) -> ArmId | None:
    """Have Azure make the disk, and wait until it is there; the job that made it, None when Azure told of none.

    ReconcilerError when a disk of that name is there already.
    """
    deadline = run.new_deadline()
    await _check_free(run, disk)
    await finish(run.azure, await run.requests.validate_restore(start), deadline=deadline)
    receipt = await send(run, change, start, _appears(run, disk), deadline, proof=partial(_check_free, run, disk))
    patience, job = LAG_SECONDS, None
    if receipt is not None:
        found = await finish(run.azure, receipt, deadline=deadline)
        named = pick(found, "properties", "jobId") or pick(found, "jobId")
        job = ArmId(named) if isinstance(named, str) and named else None
    if job is not None:
        run.tell(change, f"the job {job.name} restores it")
        await until_ended(run, job, deadline)
    elif receipt is not None:
        patience = _LOST_SECONDS  # the operation tells of no job, so that only the disk can tell of its end
    await disks.at_rest(run, disk, deadline, patience=patience)
    return job


async def _check_free(run: Run, disk: ArmId) -> None:
    """ReconcilerError when there is a disk where a restore is to make one."""
    if await disks.live(run, disk) is not None:
        raise _exists(disk, "a restore never writes over a disk")


async def _check_same(run: Run, disk: ArmId, unique_id: str) -> None:
    """ReconcilerError when another disk has come to be where the restored one was, or a machine uses it."""
    body = await disks.live(run, disk)
    if body is None or origin(body).unique_id != unique_id:
        raise _exists(disk, "another disk has taken its place")
    if project(body).machines:
        raise _exists(disk, "a virtual machine uses it")


async def _proven(run: Run, disk: ArmId, claim: Claim, job: ArmId | None) -> Mapping[str, Any]:
    """The disk, proved to be what the restore was to make; ReconcilerError otherwise, and nothing is written to it.

    A job may end a moment after its disk is there.
    """
    deadline = run.new_deadline()
    while True:
        body = await disks.at_rest(run, disk, deadline)
        why, at_work = await disks.doubt(run, disk, claim, job=job)
        if at_work is None and why:
            raise _exists(disk, why)
        if at_work is None:
            return body
        await until_ended(run, at_work, deadline)


def _exists(disk: ArmId, why: str) -> ReconcilerError:
    return ReconcilerError(
        f"{disk} exists, and nothing was written to it: {why}",
        code=disk_codes.DISK_EXISTS,
        hint="look at that disk; give the new one another name with --name",
    )


def _appears(run: Run, disk: ArmId) -> Reread:
    """The second look, when it isn't known whether Azure was asked: a disk that appears was made by that request."""

    async def look() -> Standing:
        until = run.now + _LOST_SECONDS
        while await disks.live(run, disk) is None:
            if run.now >= until:
                return Standing.DIFFERENT
            await run.clock.sleep(_LOST_SECONDS / 40)
        return Standing.AS_WANTED

    return look


async def _marked(run: Run, change: Change, patch: Step, unique_id: str) -> Mapping[str, Any]:
    """The disk once it shows what was written on it; ReconcilerError when it is another one by then."""
    deadline = run.new_deadline()
    proof = partial(_check_same, run, patch.target, unique_id)
    await send(run, change, patch, of_resource(run, patch), deadline, proof=proof)
    believed = run.now + LAG_SECONDS
    delays = run.delays(2.0, 15.0)
    while True:
        body = await disks.at_rest(run, patch.target, deadline)
        if origin(body).unique_id != unique_id:
            raise _exists(patch.target, "another disk has taken its place")
        paths = differing(patch.body, body)
        if not paths:
            return body
        if run.now >= believed:
            raise overridden(change.address, paths[0], value_at(patch.body, paths[0]), value_at(body, paths[0]))
        await run.pause(next(delays), deadline, change.address)


def _judged(disk: ArmId, expected: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """A remark on what differs from the source and may; ReconcilerError for what must not."""
    told = list(_differences(expected, body))
    failing = [text for text, fails in told if fails]
    if failing:
        raise ReconcilerError(
            f"{disk} was restored, and isn't as expected: {'; '.join(failing)}",
            code=error_codes.RESTORED_DIFFERENTLY,
            hint="look at the disk before it is used",
        )
    return "; ".join(text for text, _ in told)


def _differences(expected: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """What differs from what is expected (None: not known), each with whether that fails the restore.

    A disk may have grown since it was backed up, but never shrinks. Whether Azure keeps kind and zone of the source is
    not documented, so these fail it only where they were asked for.
    """
    found, asked = project(body), expected.get("asked", ())
    if lower(found.provisioning_state) in _NOT_MADE:
        yield f"Azure calls its making {found.provisioning_state}", True
    size, most = found.size_gb or 0, expected.get("size_gb")
    if not size or (most and size > most):
        yield f"its size is {size} GiB, that of the source {most}", True
    elif most and size < most:
        yield f"its size is {size} GiB; the source has grown to {most} GiB since", False
    wanted_set, live_set = expected.get("encryption_set"), found.encryption_set
    if "encryption_set" in expected and lower(str(wanted_set or "")) != (live_set.key if live_set else ""):
        yield f"its encryption set is {live_set}, expected was {wanted_set}", True
    if expected.get("sku") and lower(found.sku) != lower(expected["sku"]):
        yield f"its kind is {found.sku}, expected was {expected['sku']}", "sku" in asked
    if expected.get("zones") is not None and sorted(found.zones) != sorted(expected["zones"]):
        yield f"its zones are {list(found.zones)}, expected were {list(expected['zones'])}", "zones" in asked
