"""A run of a verb that writes: shown, approved, reported to terminal and CI system, with its exit code."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from reconciler.applying.engine import Settings
from reconciler.cli.approval import Approval
from reconciler.cli.auditing import AuditFile, Trail, audit_file, origin_of
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.cli.signals import Interrupts
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.connection.session import Session
from reconciler.flow import run as flow
from reconciler.flow.run import Task
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome


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
    finish: Callable[[Outcome], int] = lambda _outcome: 0
    identity: str = ""


def carry_out(output: Output, run: VerbRun) -> int:
    """The exit code: 0 if all is as declared; 1 if not, or refused; 130 or 143 if interrupted."""
    progress, interrupts = listener(output), Interrupts()
    with audit_file(run.audit) as audit:
        with ExitStack() as until_told:
            with opening.opened(run.connection, events=progress) as session:
                plan = run.look(session, run.task)
                run.show(plan)
                plan = flow.approved(session, run.task, plan, run.approval)
                progress.clock = session.clock
                until_told.enter_context(interrupts.held())
                with progress.running(len(plan.changes) + len(plan.waits)):
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
        failed = run.finish(outcome) or failed
    if outcome.interrupted or interrupts.received:
        return interrupts.exit_code or 1
    return 0 if outcome.ok and not failed else 1


def _trail(output: Output, run: VerbRun, plan: Plan, audit: AuditFile | None, session: Session) -> Trail | None:
    if audit is None:
        return None
    origin = replace(origin_of(plan.manifest, Path(run.path), os.environ), simulated=output.simulated)
    return Trail(audit, replace(origin, run=run.identity) if run.identity else origin, session.clock.now)
