"""Plan to Outcome: a task for each change, started when its dependencies are done; a failure stops only its dependants."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from reconciler.applying import drilling, moving, restoring
from reconciler.applying.goal import GONE, Goal, reach
from reconciler.applying.guard import Guard
from reconciler.applying.kinds import KINDS, Perform, vaults
from reconciler.applying.moving import others
from reconciler.applying.progress import Progress
from reconciler.applying.run import Run, Settings, Skip
from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind, Op
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import planning as codes
from reconciler.model.errors import AzureError, OperationFailed, ReconcilerError
from reconciler.model.findings import Finding
from reconciler.model.ids import lower
from reconciler.model.plan import AT_REST, Mark, Plan, Wait
from reconciler.model.protection import GOALS
from reconciler.model.results.outcome import Outcome, Result, Status, result_of

__all__ = ["Settings", "apply"]

_PERFORM: Mapping[Kind, Perform] = {
    **dict(KINDS),
    Kind.DISK: moving.perform_past_others,  # a move may have left instances of the disk in other vaults
    Kind.MOVE: moving.perform,
    Kind.RESTORE: restoring.perform,
    Kind.DRILL: drilling.perform,
}
"""Writes, waits for and checks each kind of change: returns a remark, or raises the error that stops it."""

_CUT_OFF: Mapping[Kind, str] = {
    Kind.MOVE: "run the move again soon: the disk may be unprotected now, and Azure purges soft-deleted instances in the end",
    Kind.RESTORE: "Azure continues on its own; run the restore again to finish it",
    Kind.DRILL: "Azure continues on its own; run the drill again, which deletes what this one created",
}
"""Hints for interrupted changes of kinds that `apply` doesn't finish."""

_RESTING = frozenset({GONE, *map(lower, GOALS.values())})
_GRACE_SECONDS = 15.0
_INTERRUPTED = "the run was interrupted"
_OUT_OF_TIME = "the run reached its timeout"


async def apply(
    plan: Plan,
    azure: Azure,
    clock: Clock,
    *,
    settings: Settings,
    progress: Progress,
    stop: asyncio.Event,
) -> Outcome:
    """Apply the plan and check the result; never raises because a single change fails.

    `stop` ends it at once: nothing new starts, nothing is waited for, and Azure continues on its own. ValueError when
    the plan's changes depend on each other in a circle.
    """
    _check_order(plan)
    run = Run(plan, azure, clock, settings, progress)
    execution = _Execution(run, plan)
    try:
        await execution.until(stop)
    finally:
        await execution.end()
        await run.shared(Guard).close()
        await run.close()
    return execution.outcome(interrupted=_INTERRUPTED if stop.is_set() and execution.was_cut else "")


def _check_order(plan: Plan) -> None:
    try:
        TopologicalSorter({change.address: change.depends for change in plan.changes}).prepare()
    except CycleError as error:
        raise ValueError(f"the plan's changes depend on each other in a circle: {error.args[1]}") from error


def _addresses(plan: Plan) -> list[str]:
    return [*(change.address for change in plan.changes), *(wait.address for wait in plan.waits)]


class _Execution:
    """The tasks of one apply, and their results."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self.was_cut = False
        self._run = run
        self._plan = plan
        self._results: dict[str, Result] = {}
        self._wait_results: dict[str, Result] = {}
        self._warnings: list[Finding] = []
        self._marked: list[Result] = []
        self._ended = {address: asyncio.Event() for address in _addresses(plan)}
        self._why = _INTERRUPTED
        self._tasks = [asyncio.create_task(work) for work in self._works()]

    def _works(self) -> list[Coroutine[Any, Any, None]]:
        by_vault: defaultdict[str, list[Mark]] = defaultdict(list)
        for mark in self._plan.marks:
            by_vault[mark.vault.key].append(mark)
        return [
            *(self._change(change) for change in self._plan.changes),
            *(self._wait(wait) for wait in self._plan.waits),
            *(self._mark(marks) for marks in by_vault.values()),
        ]

    async def until(self, stop: asyncio.Event) -> None:
        """Run until all is done, `stop` is set, or the timeout and a grace period for last answers are over."""
        if not self._tasks:
            return
        run = self._run
        everything = asyncio.ensure_future(asyncio.wait(self._tasks))
        guards: list[asyncio.Future[Any]] = [asyncio.ensure_future(stop.wait())]
        if run.settings.timeout_seconds is not None:
            guards.append(asyncio.ensure_future(run.clock.sleep(run.settings.timeout_seconds + _GRACE_SECONDS)))
        try:
            await asyncio.wait([everything, *guards], return_when=asyncio.FIRST_COMPLETED)
            self.was_cut = not everything.done()
            self._why = _INTERRUPTED if stop.is_set() else _OUT_OF_TIME
        finally:
            for future in (everything, *guards):
                future.cancel()
            await asyncio.gather(everything, *guards, return_exceptions=True)

    async def end(self) -> None:
        """Cancel what still runs; each task gives its result on the way out."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def outcome(self, *, interrupted: str) -> Outcome:
        """The results in the plan's order; changes that never ran are skipped."""
        results = [
            self._results.get(change.address) or result_of(change, Status.SKIPPED, message=self._why)
            for change in self._plan.changes
        ]
        waits = [self._wait_results.get(wait.address) or self._waiting(wait) for wait in self._plan.waits]
        return Outcome(
            (*results, *waits, *self._marked), interrupted, (*self._plan.left_out, *self._warnings), self._plan.errors
        )

    async def _change(self, change: Change) -> None:
        try:
            result = await self._performed(change)
        except asyncio.CancelledError:
            self._end_change(change, self._cut(change))
            raise
        self._end_change(change, result)

    def _end_change(self, change: Change, result: Result) -> None:
        if result.status is Status.DONE:
            self._run.done_at[change.address] = self._run.now
        result = replace(result, trial=self._run.trials.get(change.address))
        self._results[change.address] = result
        self._ended[change.address].set()
        self._run.progress.ended(result)

    async def _performed(self, change: Change) -> Result:
        obstacle = await self._obstacle(change)
        if obstacle:
            return result_of(change, Status.SKIPPED, message=obstacle.because, cause=obstacle.cause)
        if self._run.now >= self._run.ends:
            return result_of(change, Status.SKIPPED, message=_OUT_OF_TIME)
        self._run.progress.started(change)
        try:
            message = await _PERFORM[change.kind](self._run, change)
        except Exception as error:  # noqa: BLE001 - one failed change doesn't stop the others
            return _ending(self._run, change, error)
        return result_of(change, Status.DONE, message=message)

    async def _obstacle(self, change: Change) -> _Obstacle | None:
        """Wait for what the change depends on; return why it can't start, None when it can."""
        found: _Obstacle | None = None
        for address in change.depends:
            if address not in self._ended:
                continue
            await self._ended[address].wait()
            result = self._results[address]
            if result.status is not Status.DONE and found is None:
                found = _as_obstacle(result)
        return found

    def _cut(self, change: Change) -> Result:
        if change.address not in self._run.touched:
            return result_of(change, Status.SKIPPED, message=self._why)
        hint = _when_cut(change, "apply again to wait for the result: Azure continues on its own")
        return result_of(change, Status.IN_PROGRESS, message=f"begun, then {self._why}", hint=hint)

    async def _wait(self, wait: Wait) -> None:
        run = self._run
        try:
            deadline = run.new_deadline()
            goal = Goal(_RESTING if wait.goal == AT_REST else frozenset({lower(wait.goal)}))
            await reach(run, wait.instance, goal, None, deadline)
        except asyncio.CancelledError:
            self._end_wait(self._waiting(wait))
            raise
        except Exception as error:  # noqa: BLE001 - one failed wait doesn't stop the others
            status, message, code, hint = _explanation(run, error)
            self._end_wait(Result(wait.address, Kind.DISK, None, status, message, code, hint))
        else:
            self._end_wait(Result(wait.address, Kind.DISK, None, Status.DONE))

    def _end_wait(self, result: Result) -> None:
        self._wait_results[result.address] = result
        self._ended[result.address].set()
        self._run.progress.ended(result)

    def _waiting(self, wait: Wait) -> Result:
        return Result(wait.address, Kind.DISK, None, Status.IN_PROGRESS, f"not waited for: {self._why}")

    async def _mark(self, marks: list[Mark]) -> None:
        """Write the marks of one vault once everything else there is done; with no other change they count as one."""
        vault, address = marks[0].vault, marks[0].address
        own = [change.address for change in self._plan.changes if change.vault == vault]
        waited = [wait.address for wait in self._plan.waits if wait.instance.parent == vault]
        for one in (*own, *waited):
            await self._ended[one].wait()
        ends = [*(self._results[one] for one in own), *(self._wait_results[one] for one in waited)]
        if any(result.status is not Status.DONE for result in ends) or self._run.now >= self._run.ends:
            return
        try:
            await vaults.mark(self._run, marks)
        except Exception as error:  # noqa: BLE001 - a mark is worth a warning, not a failure
            _, message, _, hint = _explanation(self._run, error)
            text = f"could not write the tag that records what was applied: {message}"
            self._warnings.append(codes.MARK_NOT_WRITTEN.at(text, hint=hint, address=addresses.resource(vault)))
        else:
            if not own:
                self._marked.append(Result(address, Kind.VAULT, Action.CHANGE, Status.DONE, "marked as applied"))


def _when_cut(change: Change, hint: str) -> str:
    """The hint for an interrupted change: an instance that made room for it may still be soft-deleted."""
    if change.kind is Kind.MOVE or not any(step.op is Op.INSTANCE_UNDELETE for step in others(change)):
        return _CUT_OFF.get(change.kind, hint)
    return f"{hint}; then run `reconciler move` for the disk, which undeletes the instance that made room, if it is soft-deleted"


class _Obstacle(NamedTuple):
    """Why a change can't start, and the address of what it waited for, at the end of the chain."""

    because: str
    cause: Address


def _as_obstacle(result: Result) -> _Obstacle:
    """What a result is for whatever waited for it."""
    cause = result.cause or result.address
    if result.status is Status.SKIPPED:
        return _Obstacle(result.because, cause)
    word = "failed" if result.status is Status.FAILED else "isn't done"
    return _Obstacle(f"{result.address} {word}: {result.message or result.code}", cause)


def _ending(run: Run, change: Change, error: Exception) -> Result:
    if isinstance(error, Skip):
        return result_of(change, Status.SKIPPED, message=str(error), cause=error.cause)
    status, message, code, hint = _explanation(run, error)
    if status is Status.IN_PROGRESS:
        hint = _when_cut(change, hint)
    return result_of(change, status, message=message, code=code, hint=hint, request=_request(error))


def _request(error: Exception) -> str:
    return error.request_id if isinstance(error, AzureError) else ""


def _told(error: ReconcilerError) -> str:
    return f"{error.message.rstrip('.')}; after that {error.aftermath}" if error.aftermath else error.message


def _explanation(run: Run, error: Exception) -> tuple[Status, str, str, str]:
    """Status, message, code and hint for an error."""
    if not isinstance(error, ReconcilerError):
        return (
            Status.FAILED,
            f"{type(error).__name__}: {error}",
            error_codes.UNEXPECTED.code,
            "this is a bug; please report it",
        )
    if error.code == error_codes.STILL_IN_PROGRESS.code:
        late = run.still_in_progress("")
        tells_more = error.aftermath or (isinstance(error, OperationFailed) and error.tells_limit)
        return Status.IN_PROGRESS, _told(error) if tells_more else late.message, error.code, late.hint
    message = _told(error)
    if request := _request(error):
        message = f"{message} [request {request}]"
    return Status.FAILED, message, error.code, error.hint
