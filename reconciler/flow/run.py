"""One run: look, check the gates, have it approved, look again, apply, and look at what was waited for.

Who approves, who shows progress, where writes are recorded and what interrupts is up to those above: they bring an
`Approver`, a `Progress`, a `Ledger` and `Signals`.
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
    """What a run is about.

    `planner` makes its plans (None: that of `apply`); `subscriptions` are looked at beside those of the manifest.
    `passing` are codes of errors in the plan that fail the run in the end and keep it from nothing else that it can do;
    None: no error in the plan keeps it from the rest.
    """

    manifest: Manifest
    options: Options
    planner: Planner | None = None
    subscriptions: tuple[str, ...] = ()
    passing: frozenset[str] | None = None

    def check(self, plan: Plan) -> None:
        """Refused when nothing of the plan may be carried out."""
        if self.passing is None:
            if plan.closed_gates:
                names = ", ".join(gate.name for gate in plan.closed_gates)
                message = f"Nothing was written: the plan is refused by {names}."
                raise Refused(message, hint="see the gates above", code=error_codes.GATE)
            return
        errors = {error.code for error in plan.errors}
        if plan.closed_gates or errors - self.passing or (errors and not plan.changes):
            message = "Nothing was written: it can't be done as asked."
            raise Refused(message, hint="see what is refused above", code=error_codes.REFUSED)


class Approver(Protocol):
    """Who approves a plan."""

    @property
    def asks(self) -> bool:
        """Whether a person is asked."""

    def check(self, plan: Plan) -> None:
        """StalePlan when what would be done now isn't what was approved before."""

    def ask(self) -> None:
        """Wait for a person's answer; Refused unless it is yes."""

    def check_unmoved(self, shown: Plan, fresh: Plan) -> None:
        """StalePlan when Azure moved while the person was thinking."""


class Signals(Protocol):
    """Who says that a run is to stop: `name` is what did (`SIGTERM`), empty while nothing has."""

    @property
    def name(self) -> str:
        """Such as `SIGTERM`."""

    def watched(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> AbstractContextManager[None]:
        """Within this block `stop` is set when the run is to stop."""


class NoSignals:
    """Signals are the caller's business."""

    name = ""

    @contextmanager
    def watched(self, _loop: asyncio.AbstractEventLoop, _stop: asyncio.Event) -> Iterator[None]:
        """Nothing is changed."""
        yield


def planned(session: Session, task: Task) -> Plan:
    """The plan of a fresh look at Azure. ReadIncomplete or AzureError when Azure can't be read to the end."""
    return session.run(
        lambda azure, clock: look(
            azure, task.manifest, task.options, clock, planner=task.planner, subscriptions=task.subscriptions
        )
    )


def preflight(session: Session, plan: Plan) -> Plan:
    """The plan with what Azure says of its new disks."""
    return session.run(lambda azure, _clock: preflights.preflight(azure, plan))


def approved(session: Session, task: Task, plan: Plan, approver: Approver) -> Plan:
    """The plan to apply: after approval by a person that of a fresh look, which is the same.

    Refused or StalePlan unless it may be applied now.
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
    """What becomes of the plan, telling the ledger of every write; the first interrupt makes it stop waiting.

    Where it waited for what Azure was at already, another look tells whether that became what the `task` declares.
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
