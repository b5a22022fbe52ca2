"""Checks right before a resume how many recovery points it would clean up, because they can't be brought back."""

from __future__ import annotations

from reconciler.applying.run import Run
from reconciler.azure.answering import answer
from reconciler.base.plurals import counted
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.estate import KEPT_POINTS, OWN_SNAPSHOTS
from reconciler.model.ids import ArmId
from reconciler.model.known import Known, Unsure, Yes, mapped
from reconciler.model.resources import RecoveryPoint
from reconciler.planning.resuming import NAME, expired, unlisted


async def check(run: Run, change: Change, instance: ArmId, step: Step) -> None:
    """ReconcilerError when the resume would clean up more recovery points than its step allows, or that isn't known.

    An instance that this very change has just stopped isn't checked, since its points age as before. A soft-deleted one
    listed no points for the plan, so its snapshots are counted as well.
    """
    planned = run.changes.get(change.address, change)
    if any(one.op is Op.INSTANCE_STOP and one.target == instance for one in planned.steps):
        return
    question = KEPT_POINTS(instance)
    found = (await answer(run.azure, [question]))[question]
    if isinstance(found, Yes) and planned.found is not None and planned.found.deleted:
        found = await _with_unlisted(run, planned, found)
    if isinstance(found, Unsure):
        raise ReconcilerError(
            f"{instance.name} was not resumed, because that may delete recovery points: {found.because}",
            code=found.code,
            hint=found.hint,
        )
    count = expired(found.value, run.clock.now()) if isinstance(found, Yes) else 0
    if count > step.expires:
        points = counted(count, "recovery point")
        raise ReconcilerError(
            f"{instance.name} was not resumed and keeps its recovery points: resuming would delete {points} that have expired",
            code=codes.RESUME_EXPIRES,
            hint=f"to resume anyway, apply again with the `--force {NAME}=N` that the new plan shows",
        )


async def _with_unlisted(
    run: Run, change: Change, found: Yes[tuple[RecoveryPoint, ...]]
) -> Known[tuple[RecoveryPoint, ...]]:
    """The points, with one more for each unlisted snapshot of the disk, unless these may be another instance's."""
    instance = change.found
    if instance is None or instance.disk is None or instance.snapshot_group is None or _makes_room(change):
        return found
    question = OWN_SNAPSHOTS(instance.snapshot_group, instance.disk.key)
    shown = (await answer(run.azure, [question]))[question]
    match shown:
        case Yes(times):
            return mapped(found, lambda listed: (*listed, *unlisted(instance, listed, times)))
        case Unsure() if not found.value:
            return shown
    return found


def _makes_room(change: Change) -> bool:
    """Whether the disk has instances in other vaults, which its change moves out of the way."""
    return any(step.target.parent != change.vault for step in change.steps)
