"""Moves: the old protection is stopped, the new one is made, and whatever happens the disk ends up protected.

Recorded traffic: Azure protects a disk in another vault while its old instance is soft-deleted, and then undeletes that
one as stopped. Whether a stopped one alone is in the way isn't documented, so that is tried first.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.applying import instances
from reconciler.applying.reaching import GONE
from reconciler.applying.refusals import is_already_protected
from reconciler.applying.run import Run, Skip
from reconciler.errors import AzureError, OperationFailed, ReconcilerError
from reconciler.ids import ArmId
from reconciler.planning.model import Change, Op, Step
from reconciler.planning.protection import GOALS

_GOALS = {
    Op.INSTANCE_STOP: GOALS["stopped"],
    Op.INSTANCE_DELETE: GONE,
    Op.INSTANCE_UNDELETE: GOALS["stopped"],
    Op.INSTANCE_RESUME: GOALS["protected"],
}


_LEFT_DELETED = (
    "the disk is protected at the new place, and its old recovery points are soft-deleted still: move it again,"
    " which brings them back, before they are purged"
)
_BACK = {
    Op.INSTANCE_UNDELETE: "the old instance is back from soft delete, stopped",
    Op.INSTANCE_RESUME: "the disk is protected at the old place again",
}


async def settle(run: Run, change: Change) -> str:
    """Take a disk's protection to its new place; where that fails, whatever the cause, back to the old one.

    The error then tells what has become of the old protection as well.
    """
    steps, made = _old(change), _new(change)
    if not made:
        await _do(run, change, change.steps[0])
        return ""
    if Op.INSTANCE_STOP in steps:
        await _do(run, change, steps[Op.INSTANCE_STOP])
    if not await _taken_over(run, change, made):
        return ""
    try:
        await _do(run, change, steps[Op.INSTANCE_UNDELETE])
    except ReconcilerError as error:
        error.message = f"{error.message.rstrip('.')}; after that {_LEFT_DELETED}"
        raise
    return "the old instance went through soft delete and is back, stopped"


async def _taken_over(run: Run, change: Change, made: tuple[Step, ...]) -> bool:
    """Protect the disk at the new place; whether the old instance is soft-deleted then."""
    steps = _old(change)
    deleted = Op.INSTANCE_STOP not in steps
    try:
        try:
            await _protect(run, change, made)
        except AzureError as error:
            if not is_already_protected(error) or deleted:
                raise
            if Op.INSTANCE_DELETE not in steps:
                raise _refused(error) from error
            run.tell(change, "Azure refuses while the old instance exists: it is deleted softly")
            deleted = True  # from the request on: a deletion that isn't seen to end may end all the same
            await _do(run, change, steps[Op.INSTANCE_DELETE])
            again = change.probe and replace(change.probe, key=f"{change.probe.key}|again")
            await _protect(run, replace(change, probe=again), made)
    except Exception as error:
        told = await _back(run, change, deleted=deleted)
        if isinstance(error, Skip):
            raise _unready(error, told) from error
        if isinstance(error, ReconcilerError):
            error.message = f"{error.message.rstrip('.')}; after that {told}"
        raise
    return deleted


def _unready(because: Skip, told: str) -> OperationFailed:
    """What is skipped in other changes has failed here: the old protection was stopped for it."""
    return OperationFailed(
        f"{because}; after that {told}",
        code="move-unready",
        hint="have the roles assigned that are missing, then move it again",
    )


def _refused(error: AzureError) -> OperationFailed:
    return OperationFailed(
        f"Azure protects the disk in no other vault while its old instance exists: {error.message}",
        code="move-refused",
        hint="pass --through-soft-delete, which deletes the old instance softly and brings it back afterwards",
    )


def _is_old(change: Change, step: Step) -> bool:
    return step.target.parent == ArmId(str((change.before or {})["instance"])).parent


def _old(change: Change) -> dict[Op, Step]:
    """The steps on the old instance."""
    return {step.op: step for step in change.steps if _is_old(change, step)}


def _new(change: Change) -> tuple[Step, ...]:
    """The steps that protect the disk at the new place."""
    return tuple(step for step in change.steps if not _is_old(change, step))


async def _protect(run: Run, change: Change, made: tuple[Step, ...]) -> None:
    """Take the new instance to where it is protected."""
    await instances.settle(run, replace(change, steps=made, goal=GOALS["protected"]))


async def _back(run: Run, change: Change, *, deleted: bool) -> str:
    """Have the old protection again; what became of it, since the first failure is what counts."""
    steps = _old(change)
    wanted = [Op.INSTANCE_UNDELETE] * deleted + [Op.INSTANCE_RESUME]
    told = "nothing was changed at the old place"
    for step in (steps[op] for op in wanted if op in steps):
        try:
            await _do(run, change, step)
        except ReconcilerError as error:
            told = f"the old protection could not be brought back: {error.message}"
            break
        told = _BACK[step.op]
    run.tell(change, told)
    return told


async def _do(run: Run, change: Change, step: Step) -> None:
    """One step on the old instance, up to the state that it leads to."""
    await instances.settle(run, replace(change, steps=(step,), goal=_GOALS[step.op], probe=None))
