"""One run: look, check the gates, get approval, look again, apply, and check what it waited for.

The floors above provide the `Approver`, the `Progress` display, the `Ledger` of writes, and the `Signals` that interrupt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import NamedTuple, Protocol

from reconciler.applying import preflight as preflights
from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.auditing import Ledger
from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.connection.session import Session
from reconciler.flow.look import Planner, look
from reconciler.flow.settled import compared
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import Refused
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.results.outcome import Outcome


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
            if plan.closed_gates:
                names = ", ".join(gate.name for gate in plan.closed_gates)
                message = f"Nothing was written: {names} refused the plan."
                raise Refused(message, hint="see the gates above", code=error_codes.GATE)
            return
        errors = {error.code for error in plan.errors}
        if plan.closed_gates or errors - self.passing or (errors and not plan.changes):
            message = "Nothing was written: this can't be done as asked."
            raise Refused(message, hint="see the errors above", code=error_codes.REFUSED)


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
        with signals.watched(asyncio.get_running_loop(), stop):
            outcome = await apply(plan, azure, clock, settings=settings, progress=progress, stop=stop)
            if task and plan.waits and outcome.ok:
                outcome = await compared(outcome, azure, task.manifest, task.options, clock, stop)
        was_cut = outcome.interrupted and signals.name
        return replace(outcome, interrupted=signals.name) if was_cut else outcome

    return session.run(work)
