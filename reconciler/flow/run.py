"""One run: look, check the gates, get approval, look again, apply, and check what it waited for.

The floors above provide the `Approver`, the `Progress` display, the `Ledger` of writes, and the `Signals` that interrupt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, TypeVar

from reconciler.applying import preflight as preflights
from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.auditing import Ledger
from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.connection.session import Session
from reconciler.flow.look import Planner, look
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError, Refused
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.results.outcome import Outcome

_INTERRUPTED = "interrupted"
_MINUTE = 60.0

T = TypeVar("T")


class Task(NamedTuple):
    """What a run is for.

    `planner` makes its plans (None: that of `apply`); `subscriptions` are read in addition to the manifest's own.
    `passing` are codes of errors in the plan that fail the run at the end, but don't keep it from the other changes;
    None: all errors are like that.
    """

    manifest: Manifest
    options: Options
    planner: Planner | None = None
    subscriptions: tuple[str, ...] = ()
    passing: frozenset[str] | None = None

    def check(self, plan: Plan) -> None:
        """Raise Refused when nothing of the plan may be applied."""
        if self.passing is None:
            if self.refuses(plan):
                names = ", ".join(gate.name for gate in plan.closed_gates)
                message = f"Nothing was written: {names} refused the plan."
                raise Refused(message, hint="see the gates above", code=error_codes.GATE)
            return
        if self.refuses(plan):
            message = "Nothing was written: this can't be done as asked."
            raise Refused(message, hint="see the errors above", code=error_codes.REFUSED)

    def refuses(self, plan: Plan) -> bool:
        """Whether nothing of the plan may be applied."""
        if self.passing is None:
            return bool(plan.closed_gates)
        errors = {error.code for error in plan.errors}
        return bool(plan.closed_gates or errors - self.passing or (errors and not plan.changes))


class Approver(Protocol):
    """Approves plans."""

    @property
    def asks(self) -> bool:
        """Whether a person is asked."""

    def check(self, plan: Plan) -> None:
        """Raise StalePlan when the plan isn't the one that was approved before."""

    def ask(self) -> None:
        """Wait for a person's answer; raise Refused unless it is yes."""

    def check_unmoved(self, shown: Plan, fresh: Plan) -> None:
        """Raise StalePlan when Azure changed while the person was deciding."""


class Signals(Protocol):
    """Tells a run to stop; `name` is the signal that did (`SIGTERM`), empty before."""

    @property
    def name(self) -> str:
        """The signal's name, such as `SIGTERM`; empty before one arrives."""

    def watched(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> AbstractContextManager[None]:
        """Within this block a signal sets `stop`."""


class NoSignals:
    """Leaves signals to the caller."""

    name = ""

    @contextmanager
    def watched(self, _loop: asyncio.AbstractEventLoop, _stop: asyncio.Event) -> Iterator[None]:
        """Do nothing."""
        yield


def planned(session: Session, task: Task) -> Plan:
    """The plan of a fresh look at Azure; ReadIncomplete or AzureError when Azure can't be read to the end."""
    return session.run(
        lambda azure, clock: look(
            azure, task.manifest, task.options, clock, planner=task.planner, subscriptions=task.subscriptions
        )
    )


def preflight(session: Session, plan: Plan) -> Plan:
    """The plan with Azure's answers about its new disks."""
    return session.run(lambda azure, _clock: preflights.preflight(azure, plan))


def approved(session: Session, task: Task, plan: Plan, approver: Approver) -> Plan:
    """The plan to apply; after a person's approval, the same plan from a fresh look.

    Refused or StalePlan when it may not be applied now.
    """
    approver.check(plan)
    task.check(plan)
    if not (approver.asks and (plan.changes or plan.waits or plan.marks)):
        return plan
    approver.ask()
    again = planned(session, task)
    approver.check_unmoved(plan, again)
    task.check(again)
    return again


def applied(
    session: Session,
    plan: Plan,
    *,
    task: Task | None = None,
    settings: Settings,
    progress: Progress,
    signals: Signals,
    ledger: Ledger | None = None,
) -> Outcome:
    """The outcome of applying the plan; the ledger is told of every write, and the first interrupt ends the waiting.

    After waiting for operations that were already running, another look checks them against what the `task` declares.
    """

    async def work(azure: Azure, clock: Clock) -> Outcome:
        stop = asyncio.Event()
        azure.audited.ledger = ledger
        with signals.watched(asyncio.get_running_loop(), stop), _minutes(session, clock, progress):
            outcome = await apply(plan, azure, clock, settings=settings, progress=progress, stop=stop)
            if task and plan.waits and outcome.ok:
                outcome = await compared(outcome, azure, task.manifest, task.options, clock, stop)
        was_cut = outcome.interrupted and signals.name
        return replace(outcome, interrupted=signals.name) if was_cut else outcome

    return session.run(work)


@contextmanager
def _minutes(session: Session, clock: Clock, progress: Progress) -> Iterator[None]:
    """Within this block the listener is told of each minute, unless time is simulated: a loop with a timer never stands still."""

    async def count() -> None:
        while True:
            await clock.sleep(_MINUTE)
            progress.minute()

    counting = None if session.is_virtual else asyncio.ensure_future(count())
    try:
        yield
    finally:
        if counting:
            counting.cancel()


async def compared(
    outcome: Outcome, azure: Azure, manifest: Manifest, options: Options, clock: Clock, stop: asyncio.Event
) -> Outcome:
    """The outcome after another look at Azure; if the look fails, or `stop` ends it, nothing waited for counts as done.

    Raises nothing, not even for a fault of the tool, since what was written must be reported in any case.
    """
    try:
        found = await unless(stop, look(azure, manifest, options, clock))
        if found is None:
            return replace(outcome.unseen(_INTERRUPTED), interrupted=_INTERRUPTED)
        return outcome.compared(found)
    except ReconcilerError as error:
        return outcome.unseen(error.message)
    except Exception as error:  # noqa: BLE001 - the result of an apply is worth more than where it came from
        return outcome.unseen(f"{type(error).__name__}: {error}")


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; None when `stop` comes first, which cancels the work."""
    task, halt = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        for one in (task, halt):
            one.cancel()
        await asyncio.gather(task, halt, return_exceptions=True)
