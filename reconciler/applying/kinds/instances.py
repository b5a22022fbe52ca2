"""Backup instances: written once permissions are effective, done when the vault's list shows the goal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from reconciler.applying import resuming
from reconciler.applying.goal import GONE, Goal, health_in_row, is_moving, is_reached, reach
from reconciler.applying.guard import send
from reconciler.applying.probing import Probes, explained, needs_probe
from reconciler.applying.refusals import (
    AGAIN_SECONDS,
    is_already_protected,
    is_passing,
    is_protected_in,
    is_retryable,
    is_vague,
)
from reconciler.applying.rereading import Reread, Standing
from reconciler.applying.run import Run
from reconciler.applying.slices import Sighting
from reconciler.applying.watching import Row
from reconciler.azure.answering import one_answer
from reconciler.azure.fields import pick, read_as
from reconciler.azure.kinds.instances import project
from reconciler.azure.receipts import Receipt
from reconciler.base.durations import stamp
from reconciler.model.changes import Change, Op, Step
from reconciler.model.errors import AzureError, NotFound, ReconcilerError
from reconciler.model.estate import PROTECTED_ELSEWHERE
from reconciler.model.ids import ArmId, lower
from reconciler.model.protection import Health
from reconciler.model.tags import PROTECTED_TAG

_ENDS: Mapping[Op, str] = {
    Op.INSTANCE_UNDELETE: "protectionstopped",
    Op.INSTANCE_RESUME: "protectionconfigured",
    Op.INSTANCE_STOP: "protectionstopped",
    Op.INSTANCE_SUSPEND: "backupssuspended",
    Op.INSTANCE_REPAIR: "protectionconfigured",
    Op.INSTANCE_DELETE: GONE,
}
"""The state that each operation itself leads to (recorded traffic)."""

_BODIES = frozenset({Op.INSTANCE_PUT, Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR})
_FIRST_SECONDS, _MOST_SECONDS = 15.0, 120.0
_MOST_HOLDERS = 50


@dataclass(frozen=True, slots=True)
class _Task:
    change: Change
    step: Step
    is_last: bool
    is_repeated: bool = False

    @property
    def instance(self) -> ArmId:
        """The live instance, even when the step's target is in the list of deleted ones."""
        return _live(self.step.target)

    def goal(self, before: Row | None) -> Goal:
        """The state in which the step must end: the change's goal if it is the last one."""
        own = _ENDS.get(self.step.op, "")
        state = lower(self.change.goal) if self.is_last and self.change.goal else own
        wanted = _shown(self.step.body) if self.step.op in _BODIES else {}
        was_failing = self.is_repeated or (before is not None and health_in_row(before) is Health.FAILING)
        return Goal(frozenset({state} - {""}), wanted, was_failing)


def _live(target: ArmId) -> ArmId:
    return target.parent.child("backupInstances", target.name)


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a written body that its row must show: policy, identity and tags."""
    properties = body.get("properties") or {}
    policy = (properties.get("policyInfo") or {}).get("policyId")
    details = properties.get("identityDetails") or {}
    shown: dict[str, Any] = {}
    if policy:
        shown["policyInfo"] = {"policyId": policy}
    if details.get("userAssignedIdentityArmUrl"):
        shown["identityDetails"] = {"userAssignedIdentityArmUrl": details["userAssignedIdentityArmUrl"]}
    tags = {key: value for key, value in (body.get("tags") or {}).items() if key != PROTECTED_TAG}
    return {"properties": shown, "tags": tags}


async def perform(run: Run, change: Change) -> str:
    """Take a disk's instance through its steps to the goal; each step's own state is waited for before the next."""
    for number, planned in enumerate(change.steps, start=1):
        step = planned if planned.op is Op.INSTANCE_UNDELETE else replace(planned, target=_live(planned.target))
        step = _dated(run, step) if step.op is Op.INSTANCE_PUT else step
        task = _Task(change, step, number == len(change.steps))
        if step.op is Op.INSTANCE_VALIDATE:
            await _validate(run, task)
            continue
        try:
            if needs_probe(change, step):
                with run.turned(change, "waiting for permissions"):
                    await run.shared(Probes).passed(change, step)
            await _take_with_retries(run, task)
        except AzureError as error:
            await _name_holders(run, step, error)
            raise
    return ""


def _dated(run: Run, step: Step) -> Step:
    """The step with the time of creation, by Azure's clock, as a tag: Azure doesn't return it, and the first backup is due
    from then on.

    The time isn't in the plan, whose checksum would then change every second.
    """
    tags = {**(step.body.get("tags") or {}), PROTECTED_TAG: stamp(run.azure.azure_time or run.clock.now())}
    return replace(step, body={**step.body, "tags": tags})


def _is_creation(receipt: Receipt) -> bool:
    """Whether the instance is new: only then does Azure answer `Provisioning` (recorded traffic)."""
    return lower(str(pick(receipt.body, "properties", "provisioningState"))) == "provisioning"


async def _name_holders(run: Run, step: Step, error: AzureError) -> None:
    """Add the disk's instances in all vaults to the error, as Azure lists them on the disk itself."""
    if step.op is not Op.INSTANCE_PUT or not is_already_protected(error) or run.holders_asked >= _MOST_HOLDERS:
        return
    run.holders_asked += 1
    source = (step.body.get("properties") or {}).get("dataSourceInfo") or {}
    question = PROTECTED_ELSEWHERE(ArmId(str(source.get("resourceID") or "")))
    with suppress(ReconcilerError):
        found = await one_answer(run.azure, question)
        if found:
            error.message = f"{error.message} The disk has {', '.join(map(run.plan.names.in_vault, found))}."


async def _validate(run: Run, task: _Task) -> None:
    """Validate before a repair; "already protected" by this very instance counts as passed."""
    for tries, delay in enumerate(run.delays(_FIRST_SECONDS, _MOST_SECONDS)):
        deadline = run.new_deadline()
        try:
            receipt = await send(run, task.change, task.step, _reread(run, task, None), deadline)
            if receipt is not None:
                await run.finish(task.step.op, receipt, deadline)
        except AzureError as error:
            if is_protected_in(error, task.instance.parent):
                return
            await _wait_until_it_may(run, task, error, delay, tries)
        else:
            return


async def _take_with_retries(run: Run, task: _Task) -> None:
    """Take a step, and retry what may pass: permission errors while role assignments are fresh, Azure's own failures.

    Azure's "invalid input" may be a missing permission or a wrong body; a validation tells which, before the retry.
    """
    for tries, delay in enumerate(run.delays(_FIRST_SECONDS, _MOST_SECONDS)):
        try:
            await _take(run, task)
        except AzureError as error:
            await _wait_until_it_may(run, task, error, delay, tries)
            if is_vague(error) and needs_probe(task.change, task.step):
                refusal = await run.shared(Probes).refusal(task.step)
                if refusal is not None and not is_passing(refusal):
                    raise refusal from error
            task = _again(task)
        else:
            return


def _again(task: _Task) -> _Task:
    """The next try of a write: a failed merge may already be in the body, and still has to be PUT once more.

    A failure that lists show may be that of the previous try.
    """
    step = replace(task.step, op=Op.INSTANCE_REPAIR) if task.step.op is Op.INSTANCE_MERGE else task.step
    return replace(task, step=step, is_repeated=True)


async def _wait_until_it_may(run: Run, task: _Task, error: AzureError, delay: float, tries: int) -> None:
    """Wait before a retry after an error that may pass; raises when waiting can't help."""
    may_pass = is_passing(error) and run.now + delay <= run.patience(task.change, error)
    if not may_pass and not (is_retryable(error) and tries < len(AGAIN_SECONDS)):
        raise await explained(run, task.change, error)
    run.tell(task.change, f"retrying shortly: {error.code}")
    await run.clock.sleep(delay)


async def _take(run: Run, task: _Task) -> None:
    deadline = run.new_deadline()
    before = await _before(run, task, deadline)
    goal = task.goal(before)
    if _is_needless(task.step.op, before, goal):
        return
    if task.step.op is Op.INSTANCE_RESUME:
        await resuming.check(run, task.change, task.instance, task.step)
    seen = None if before is None else Sighting(run.now, before)
    receipt = await send(run, task.change, task.step, _reread(run, task, goal), deadline, seen=seen)
    deadline = run.new_deadline()
    if receipt is not None and task.step.op not in _BODIES:
        await run.finish(task.step.op, receipt, deadline)
        receipt = None
    if receipt is not None and task.step.op is not Op.INSTANCE_MERGE:
        goal = replace(goal, was_there=not _is_creation(receipt))
    await reach(run, task.instance, goal, receipt, deadline)


def _is_needless(op: Op, before: Row | None, goal: Goal) -> bool:
    """Whether a step without a body is already done: another run may have been faster."""
    if op is Op.INSTANCE_DELETE:
        return before is None
    if op is Op.INSTANCE_UNDELETE:
        return before is not None
    return op not in _BODIES and before is not None and is_reached(before, goal)


async def _before(run: Run, task: _Task, deadline: float) -> Row | None:
    """The existing instance, at rest, before a write; None for a new one, and for one that is gone."""
    if task.step.op is Op.INSTANCE_PUT:
        return None
    delays = run.delays(5.0, 15.0)
    while True:
        try:
            row: Row = await run.azure.get(str(task.instance))
        except NotFound:
            if task.step.op in (Op.INSTANCE_DELETE, Op.INSTANCE_UNDELETE):
                return None
            raise
        if not is_moving(row):
            return row
        await run.pause(next(delays), deadline, f"its backup instance is {read_as(project, row).state}")


def _reread(run: Run, task: _Task, goal: Goal | None) -> Reread:
    """The second look: whether the instance is as the step would make it, in progress, or different."""

    async def look() -> Standing:
        if goal is None:
            return Standing.DIFFERENT
        try:
            row = await run.azure.get(str(task.instance))
        except NotFound:
            return Standing.AS_WANTED if GONE in goal.states else Standing.DIFFERENT
        if is_reached(row, goal):
            return Standing.AS_WANTED
        return Standing.BUSY if is_moving(row) else Standing.DIFFERENT

    return look
