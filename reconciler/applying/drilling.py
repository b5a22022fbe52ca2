"""Drills: restore a disk, check it, record the proof on its instance, and delete the disk again.

A run that dies may leave a disk; the next run derives the same name and deletes it first.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.applying import disks, moving, restoring
from reconciler.applying.restoring import until_ended
from reconciler.applying.run import Run, Skip
from reconciler.azure.answering import one_answer
from reconciler.base.durations import stamp
from reconciler.model.changes import Change, Kind, Op
from reconciler.model.errors import AzureError, ReconcilerError
from reconciler.model.estate import RESTORES
from reconciler.model.ids import ArmId, lower
from reconciler.model.tags import PROVEN_TAG

_RUNNING = "inprogress"
_PROVING = frozenset({Op.INSTANCE_MERGE, Op.INSTANCE_DELETE, Op.INSTANCE_UNDELETE})


async def perform(run: Run, change: Change) -> str:
    """Restore, check, record the proof, and clean up even after a failure; ReconcilerError when any of these fails."""
    steps = {step.op: step for step in change.steps}
    delete = steps[Op.DISK_DELETE]
    await _earlier_restores(run, change)
    await disks.remove(run, change, delete)
    told, failure = "", None
    try:
        told = await restoring.bring(run, change)
        await _prove(run, change)
    except (ReconcilerError, Skip) as error:
        failure = error
    if change.keeps == "all" or (change.keeps == "failed" and failure is not None):
        told = f"{told}{'; ' if told else ''}{delete.target} is kept until the next run"
    else:
        await _clean(run, change, failure)
    if failure is not None:
        raise failure
    return told


async def _clean(run: Run, change: Change, failure: Exception | None) -> None:
    """Delete the restored disk; a failure to do so doesn't hide why the drill failed."""
    delete = next(step for step in change.steps if step.op is Op.DISK_DELETE)
    try:
        await disks.remove(run, change, delete)
    except ReconcilerError as error:
        if failure is None:
            raise
        run.tell(change, f"could not delete {delete.target}: {error.message}")


async def _earlier_restores(run: Run, change: Change) -> None:
    """Wait for restores that an earlier run started and didn't see end; they may still create a disk."""
    disk = ArmId(str((change.after or {})["source"]))
    instance = next(step.target for step in change.steps if step.op is Op.INSTANCE_MERGE)
    for job in await one_answer(run.azure, RESTORES(disk, instance.parent.text)) or ():
        if lower(job.status) == _RUNNING:
            run.tell(change, f"waiting for an earlier restore, the job {job.id.name}")
            try:
                await until_ended(run, job.id, run.new_deadline())
            except AzureError as error:
                run.tell(change, f"the earlier restore: {error.message}")


async def _prove(run: Run, change: Change) -> None:
    """Write the time of the proof on the instance, working around what a move has left in other vaults."""
    proof = {"tags": {PROVEN_TAG: stamp(run.clock.now())}}
    steps = tuple(
        replace(step, body=proof) if step.op is Op.INSTANCE_MERGE else step
        for step in change.steps
        if step.op in _PROVING
    )
    await moving.perform_past_others(run, replace(change, kind=Kind.DISK, steps=steps, goal="", probe=None))
