"""Whether a backup instance has reached the goal of a write, according to its row in the vault's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.equality import differing, value_at
from reconciler.applying.refusals import failure_of
from reconciler.applying.rereading import is_busy
from reconciler.applying.run import Run, overridden
from reconciler.applying.watching import LATE, Row
from reconciler.azure.fields import read_as
from reconciler.azure.kinds.instances import project, provisioning_state
from reconciler.azure.kinds.instances import state as state_of
from reconciler.azure.operations import finish
from reconciler.azure.receipts import Receipt
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed, ReconcilerError
from reconciler.model.ids import ArmId, lower
from reconciler.model.protection import AT_WORK, Health, health_in

GONE = "gone"
_DONE, _FAILED, _DIFFERS, _ELSEWHERE, _ABSENT = "done", "failed", "differs", "elsewhere", "absent"
_UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Goal:
    """What to wait for: one of `states` (lower-cased; empty: any but transient ones), or GONE alone; `wanted` as in
    the written body; `was_failing`, `was_there`: a failing row, or one that is as wanted, may still show the state
    before the write.
    """

    states: frozenset[str]
    wanted: Mapping[str, Any] = field(default_factory=dict)
    was_failing: bool = False
    was_there: bool = False


def is_moving(row: Row) -> bool:
    """Whether Azure still works on the instance; it doesn't where it gave up halfway through a transient state."""
    return is_busy(row) or health_in_row(row) in AT_WORK


def health_in_row(row: Row) -> Health:
    """The meaning of the states in an instance's row."""
    return health_in(state_of(row), provisioning_state(row))


def is_reached(row: Row, goal: Goal) -> bool:
    """Whether the row shows what is waited for."""
    if is_moving(row):
        return False
    state = lower(state_of(row))
    rests = state in goal.states if goal.states else health_in_row(row) is not Health.FAILING
    return rests and not differing(goal.wanted, row)


class Judgement:
    """Judges rows after a write: stale, in progress, or final.

    A row that fails as it did before the write is old, or the write was in vain: its operation is asked once.
    """

    def __init__(self, run: Run, goal: Goal, *, may_ask: bool) -> None:
        self._run = run
        self._goal = goal
        self._believes_failure = not goal.was_failing
        self.may_ask = may_ask
        self.since = run.now

    @property
    def may_be_stale(self) -> bool:
        """Whether a list may still show the state before the write."""
        return self._run.now - self.since < LAG_SECONDS

    def __call__(self, row: Row | None) -> str:
        """The verdict on the row; empty: keep waiting."""
        if row is None:
            return _ABSENT if GONE in self._goal.states or not self.may_be_stale else ""
        if is_moving(row):
            self._believes_failure = True
            return ""
        if is_reached(row, self._goal):
            return _DONE
        return self._contradiction(row)

    def _contradiction(self, row: Row) -> str:
        """The verdict on a row at rest that isn't as wanted."""
        is_failing = health_in_row(row) is Health.FAILING and GONE not in self._goal.states
        if self.may_be_stale:
            if not is_failing:
                return ""
            return _FAILED if self._believes_failure else _UNSURE if self.may_ask else ""
        if is_failing:
            return _FAILED
        reached = lower(state_of(row)) in self._goal.states or not self._goal.states
        return _DIFFERS if reached else _ELSEWHERE


async def reach(run: Run, instance: ArmId, goal: Goal, receipt: Receipt | None, deadline: float) -> None:
    """Wait until the instance is as `goal` says; the error says what it became instead.

    A contradicting row is believed only when reads can no longer lag and the write's operation has ended. The
    operation is read only then, or where a row still fails, and only if the row doesn't carry the error itself.
    """
    operation = receipt if receipt is not None and receipt.operation else None
    judgement = Judgement(run, goal, may_ask=operation is not None)
    while True:
        word, row = await run.watch(instance.parent).until(instance, judgement, deadline)
        if word == _ABSENT:
            row = await _by_id(run, instance)
            word = judgement(row) if row is not None else _ABSENT
            if row is None and GONE in goal.states:
                return
        if word == _DONE and goal.was_there and judgement.may_be_stale:
            row = await _by_id(run, instance)
            word = judgement(row)
            if not word:
                continue
        if word == _DONE:
            return
        if word == LATE:
            raise run.still_in_progress(_so_far(instance, row))
        if word == _UNSURE and operation is not None:
            await finish(run.azure, operation, deadline=deadline)
            judgement.may_ask = False
        elif operation is not None and not (word == _FAILED and row is not None and read_as(project, row).error):
            await finish(run.azure, operation, deadline=deadline)
            operation, judgement.since = None, run.now
        else:
            raise _ending(instance, goal, word, row)


async def _by_id(run: Run, instance: ArmId) -> Row | None:
    """The instance by its id: absence from a list proves nothing."""
    try:
        return await run.azure.get(instance)
    except NotFound:
        return None


def _so_far(instance: ArmId, row: Row | None) -> str:
    return (
        f"its backup instance is {state_of(row)}"
        if row is not None
        else f"the backup instance {instance.name} is not there yet"
    )


def _ending(instance: ArmId, goal: Goal, word: str, row: Row | None) -> ReconcilerError:
    if row is None:
        return _by_others(instance, "it is gone")
    if word == _FAILED:
        return failure_of(row, str(instance))
    if word == _DIFFERS:
        path = next(iter(differing(goal.wanted, row)))
        return overridden(path, value_at(goal.wanted, path), value_at(row, path))
    return _by_others(instance, f"it is {state_of(row)}")


def _by_others(instance: ArmId, what: str) -> OperationFailed:
    return OperationFailed(
        f"someone else changed the backup instance: {what}",
        code=error_codes.CHANGED_BY_SOMEONE_ELSE,
        target=str(instance),
        hint="look at the vault's activity log, then plan again",
    )
