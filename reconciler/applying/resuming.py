"""Right before a resume: how many recovery points it would clean up, since nobody gets them back."""

from __future__ import annotations

from reconciler.applying.run import Run
from reconciler.azure.answering import answer
from reconciler.errors import ReconcilerError
from reconciler.estate import Question
from reconciler.ids import ArmId
from reconciler.known import Unsure, Yes
from reconciler.planning.model import Change, Op, Step
from reconciler.planning.resuming import NAME, expired
from reconciler.plurals import counted


async def check(run: Run, change: Change, instance: ArmId, step: Step) -> None:
    """ReconcilerError when the resume would clean up more recovery points than its step allows, or that isn't known.

    What this very change stopped a moment ago goes on ageing as it did.
    """
    planned = run.changes.get(change.address, change).steps
    if any(one.op is Op.INSTANCE_STOP and one.target == instance for one in planned):
        return
    question = Question("kept-points", instance)
    found = (await answer(run.azure, [question]))[question]
    if isinstance(found, Unsure):
        raise ReconcilerError(
            f"{instance.name} is not resumed, since that may clean up recovery points: {found.because}",
            code=found.code,
            hint=found.hint,
        )
    count = expired(found.value, run.clock.now()) if isinstance(found, Yes) else 0
    if count > step.body.get("expires", 0):
        points = counted(count, "recovery point")
        raise ReconcilerError(
            f"{instance.name} is not resumed, and keeps its recovery points: {points} expired meanwhile and would go",
            code=NAME,
            hint=f"to resume all the same, apply again with --force {NAME}=N, as the plan then says",
        )
