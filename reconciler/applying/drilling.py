"""Drills: restore a disk, check it, record the verdict, and delete the disk again.

A run that dies may leave a disk; the next run derives the same name and deletes it first.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.applying import disks, moving, restoring, verifying
from reconciler.applying.accounts import Account
from reconciler.applying.guard import send
from reconciler.applying.rereading import of_resource
from reconciler.applying.restoring import until_ended
from reconciler.applying.run import Run, Skip
from reconciler.azure.answering import one_answer
from reconciler.azure.disks import project
from reconciler.azure.fields import read_as
from reconciler.base.durations import stamp
from reconciler.model.changes import Change, Kind, Op, Step
from reconciler.model.errors import AzureError, ReconcilerError
from reconciler.model.estate import RESTORES
from reconciler.model.ids import ArmId, lower
from reconciler.model.results.trial import TrialVerdict
from reconciler.model.tags import DRILL_FAILED_TAG, PROVEN_TAG, VERIFIED_TAG
from reconciler.planning.provenance import Claim

_RUNNING = "inprogress"
_PROVING = frozenset({Op.INSTANCE_MERGE, Op.INSTANCE_DELETE, Op.INSTANCE_UNDELETE})


async def perform(run: Run, change: Change) -> str:
    """Restore, check, record the verdict, and clean up even after a failure; ReconcilerError when any of these fails."""
    delete = next(step for step in change.steps if step.op is Op.DISK_DELETE)
    await _earlier_restores(run, change)
    await disks.remove(run, change, delete)
    told, failure, account = "", None, None
    try:
        if verification := _verification(change):
            verifying.check(run, verification)
        account = Account(run, change)
        told = await _tried(run, change, account)
        await _record(run, change, PROVEN_TAG)
    except (ReconcilerError, Skip) as error:
        failure = error
    if account and account.trial.verdict is TrialVerdict.FAILED:
        await _record_failure(run, change)
    is_kept = change.keeps == "all" or (change.keeps == "failed" and failure is not None)
    if account and is_kept:
        told = f"{told}{'; ' if told else ''}{delete.target} is kept until the next run"
        await _mark_used(run, change, account)
    else:
        await _clean(run, change, account, failure)
    if failure is not None:
        raise failure
    return told


async def _tried(run: Run, change: Change, account: Account) -> str:
    """Restore a copy, compare it with its source and have it verified; a remark. The account is closed however it ends."""
    with account.closed():
        body = await restoring.bring(run, change, account.heard)
        account.restored()
        told = restoring.judged(change, body)
        if verification := _verification(change):
            size = read_as(project, body).size_gb or 0
            try:
                ending = await verifying.verify(run, change, verification, account.trial, size)
            finally:
                account.verified()
            account.ended(ending)
            verifying.judge(verification, ending)
    return told


def _verification(change: Change) -> Step | None:
    return next((step for step in change.steps if step.op is Op.DISK_VERIFY), None)


async def _clean(run: Run, change: Change, account: Account | None, failure: Exception | None) -> None:
    """Delete the restored disk; a failure to do so doesn't hide why the drill failed."""
    delete = next(step for step in change.steps if step.op is Op.DISK_DELETE)
    if account and account.trial.verified:
        claim = replace(Claim.read(delete.claimed), used=account.trial.verified)
        delete = replace(delete, body=claim.body)
    try:
        await disks.remove(run, change, delete)
    except ReconcilerError as error:
        if failure is None:
            raise
        run.tell(change, f"could not delete {delete.target}: {error.message}")


async def _mark_used(run: Run, change: Change, account: Account) -> None:
    """Write on a copy that is kept until when its program may have used it, so that the next run knows it for its own.

    A copy of a failed restore may not be there; a failure to write only makes the next run ask a person.
    """
    patch = next(step for step in change.steps if step.op is Op.DISK_PATCH)
    if account.trial.verified is None:
        return
    step = replace(patch, body={"tags": {VERIFIED_TAG: stamp(account.trial.verified)}})
    delete = next(step for step in change.steps if step.op is Op.DISK_DELETE)
    claim = replace(Claim.read(delete.claimed), used=account.trial.verified)
    proof = disks.proof(run, replace(delete, body=claim.body))
    try:
        await send(run, change, step, of_resource(run, step), run.new_deadline(), proof=proof)
    except ReconcilerError as error:
        run.tell(change, f"could not mark {patch.target}: {error.message}")


async def _earlier_restores(run: Run, change: Change) -> None:
    """Wait for restores that an earlier run started and didn't see end; they may still create a disk."""
    disk = ArmId(str((change.after or {})["source"]))
    instance = next(step.target for step in change.steps if step.op is Op.INSTANCE_MERGE)
    for job in await one_answer(run.azure, RESTORES(disk, instance.parent.text)) or ():
        if lower(job.status) == _RUNNING:
            run.tell(change, f"waiting for an earlier restore, the job {job.id.name}")
            try:
                await until_ended(run, job.id, job.target or disk, run.new_deadline())
            except AzureError as error:
                run.tell(change, f"the earlier restore: {error.message}")


async def _record_failure(run: Run, change: Change) -> None:
    """Write on the instance that its disk can't be restored; a failure to do so doesn't hide why the drill failed."""
    after = {key: value for key, value in (change.after or {}).items() if key != PROVEN_TAG}
    failed = replace(change, before=None, after={**after, DRILL_FAILED_TAG: stamp(run.clock.now())})
    try:
        await _record(run, failed, DRILL_FAILED_TAG)
    except (ReconcilerError, Skip) as error:
        run.tell(change, f"could not write the tag `{DRILL_FAILED_TAG}`: {error}")


async def _record(run: Run, change: Change, tag: str) -> None:
    """Write the time on the instance, working around what a move has left in other vaults."""
    proof = {"tags": {tag: stamp(run.clock.now())}}
    steps = tuple(
        replace(step, body=proof) if step.op is Op.INSTANCE_MERGE else step
        for step in change.steps
        if step.op in _PROVING
    )
    await moving.perform_past_others(run, replace(change, kind=Kind.DISK, steps=steps, goal="", probe=None))
