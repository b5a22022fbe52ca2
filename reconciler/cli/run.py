"""A run of a verb that writes: shown, approved by a person, a checksum or a saved plan, reported to terminal and CI system, with its exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from reconciler.applying.engine import Settings
from reconciler.cli.auditing import AuditFile, Trail, audit_file, origin_of
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.cli.saved import SavedPlan, stale
from reconciler.cli.signals import Interrupts, typed_line
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.connection.session import Session
from reconciler.flow import run as flow
from reconciler.flow.run import Task
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import Refused
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.report.documents import Document, edited, moved


class Approval(NamedTuple):
    """Checks approvals: `asks`: a person is asked, on `output`; `checksum` and `saved` were approved before (or None).

    `document` makes a plan's document; plans are compared in that form. `unmoved`: of the saved plan only those changes
    are approved that are still the same, and the plan has no others.
    """

    asks: bool
    output: Output
    document: Callable[[Plan], Document]
    checksum: str | None = None
    saved: SavedPlan | None = None
    unmoved: bool = False

    def check(self, plan: Plan) -> None:
        """Raise StalePlan when the plan is not the one that was approved before."""
        differing = edited if self.unmoved else moved
        if self.saved and (told := differing(self.saved.document, self.document(plan))):
            raise stale("The saved plan is stale.", told)
        if self.checksum and self.checksum != plan.checksum:
            changes = [f"{change.action} {change.address}" for change in plan.changes]
            raise stale(
                f"The checksum of the current plan is `{plan.checksum}`, not `{self.checksum}`.",
                [f"now: {change}" for change in changes] or ["now: no changes"],
            )

    def check_unmoved(self, shown: Plan, fresh: Plan) -> None:
        """Raise StalePlan when Azure changed while a person was deciding."""
        told = moved(self.document(shown), self.document(fresh))
        if told:
            raise stale("Azure has changed since the plan was shown.", told)

    def ask(self) -> None:
        """Wait for `yes`; raise Refused for anything else, and when the plan could not be shown."""
        if self.output.broken:
            raise Refused(
                "Could not print the plan, so it can't be approved. Nothing was written.",
                code=error_codes.NOT_APPROVED,
            )
        self.output.tell("Apply these changes? Only `yes` is accepted: ")
        answer = typed_line()
        if answer.strip() != "yes":
            raise Refused(
                "Not approved. Nothing was written.",
                hint="run the command again and answer `yes` to approve",
                code=error_codes.NOT_APPROVED,
            )


class VerbRun(NamedTuple):
    """What is run, and how: `path` is the manifest's, `audit` the audit file's, `identity` marks the run's records.

    `look` makes the plan (`flow.planned` unless more has to be read), `show` shows it, `tell` reports the result, and
    `finish` does what is left after that; the last two return 1 if they failed.
    """

    task: Task
    path: str
    connection: Connection
    approval: Approval
    settings: Settings
    audit: str | None
    show: Callable[[Plan], None]
    tell: Callable[[Plan, Outcome], int]
    look: Callable[[Session, Task], Plan] = flow.planned
    finish: Callable[[Plan, Outcome], int] = lambda _plan, _outcome: 0
    identity: str = ""


def carry_out(output: Output, run: VerbRun) -> int:
    """The exit code: 0 if all is as declared; 1 if not, or refused; 2 if something is left for somebody to approve.

    130 or 143 if interrupted.
    """
    progress, interrupts = listener(output), Interrupts()
    with audit_file(run.audit) as audit:
        with ExitStack() as until_told:
            with opening.opened(run.connection, events=progress) as session:
                plan = run.look(session, run.task)
                run.show(plan)
                plan = flow.approved(session, run.task, plan, run.approval)
                progress.clock = session.clock
                until_told.enter_context(interrupts.held())
                with progress.running(plan):
                    outcome = flow.applied(
                        session,
                        plan,
                        task=run.task if run.task.planner is None else None,
                        settings=run.settings,
                        progress=progress,
                        signals=interrupts,
                        ledger=_trail(output, run, plan, audit, session),
                    )
            failed = run.tell(plan, outcome)
        failed = run.finish(plan, outcome) or failed
    if outcome.interrupted or interrupts.received:
        return interrupts.exit_code or 1
    if failed or not outcome.ok:
        return 1
    return 2 if plan.rest else 0


def _trail(output: Output, run: VerbRun, plan: Plan, audit: AuditFile | None, session: Session) -> Trail | None:
    if audit is None:
        return None
    origin = replace(origin_of(plan.manifest, Path(run.path), os.environ), simulated=output.simulated)
    return Trail(audit, replace(origin, run=run.identity) if run.identity else origin, session.clock.now)
