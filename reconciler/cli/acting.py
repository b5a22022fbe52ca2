"""What restore, drill and move have in common: plan, show, ask, carry out, tell; as apply does."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.cli.options import (
    Connection,
    Planning,
    audit_option,
    auto_approve_option,
    connection_options,
    format_option,
    guard_request_option,
    plan_options,
    report_option,
    timeout_option,
)
from reconciler.cli.output import Output
from reconciler.errors import Refused, UsageError

if TYPE_CHECKING:
    from reconciler.applying.look import Planner
    from reconciler.applying.outcome import Outcome
    from reconciler.cli.approval import Approval
    from reconciler.cli.auditing import AuditFile
    from reconciler.cli.session import Session
    from reconciler.manifest.model import Manifest
    from reconciler.planning.model import Options, Plan

Command = Callable[..., int]
_FORMS = ("json", "md")


class Manner(NamedTuple):
    """How a command is to act and to tell, from the options that these verbs share."""

    form: str
    auto_approve: bool
    timeout: float | None
    audit: str | None
    reports: tuple[str, ...]
    resource_guard_request: tuple[str, ...]
    parallelism: int | None = None
    force: tuple[str, ...] = ()


class Deed(NamedTuple):
    """What one command is about; `subscriptions` are looked at beside those of the manifest.

    `passing` are codes of errors that fail the command in the end, and keep it from nothing else that it can do.
    """

    verb: str
    path: str
    manifest: Manifest
    planner: Planner
    run: str
    subscriptions: tuple[str, ...] = ()
    passing: frozenset[str] = frozenset()

    def is_refused(self, plan: Plan) -> bool:
        """Whether nothing of a plan may be carried out."""
        errors = {error.code for error in plan.errors}
        return bool(plan.closed_gates or errors - self.passing or (errors and not plan.changes))


def acting_options(command: Command) -> Command:
    """Add the options that these verbs share; the command gets them as `manner` and `connection`.

    A verb that acts on many disks adds `parallelism_option` below this one, one that gates stand before `force_option`.
    """

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> int:
        manner = Manner(**{name: options.pop(name) for name in Manner._fields if name in options})
        return command(*arguments, manner=manner, **options)

    added = (
        format_option("text", "json", "markdown"),
        auto_approve_option,
        timeout_option,
        audit_option,
        guard_request_option,
        report_option,
    )
    found: Command = connection_options(wrapped)
    for option in reversed(added):
        found = option(found)
    return found


def new_run() -> str:
    """The id of a new run, which its audit records and the disks that it makes bear."""
    from uuid import uuid4

    return str(uuid4())


def act(output: Output, deed: Deed, manner: Manner, connection: Connection) -> int:
    """0 when all was done; 1 when not, or refused; 130 or 143 when interrupted."""
    from reconciler.cli.approval import Approval
    from reconciler.cli.auditing import audit_file
    from reconciler.cli.writing import reports_of

    reports_of(manner.reports, _FORMS)
    if not manner.auto_approve and not sys.stdin.isatty():
        raise UsageError(
            "Nobody is there to approve: this is no terminal.", hint="give --auto-approve", code="no-approval"
        )
    planning = Planning(resource_guard_request=manner.resource_guard_request, force=manner.force)
    options = plan_options(planning, deed.manifest, connection.api_version, deed.path)
    approval = Approval(asks=not manner.auto_approve)
    with audit_file(manner.audit) as ledger:
        return _run(output, deed, manner, connection, options, approval, ledger)


def _run(
    output: Output,
    deed: Deed,
    manner: Manner,
    connection: Connection,
    options: Options,
    approval: Approval,
    audit: AuditFile | None,
) -> int:
    from reconciler.applying.engine import Settings
    from reconciler.cli.auditing import Trail, origin_of
    from reconciler.cli.progress import listener
    from reconciler.cli.session import opened
    from reconciler.cli.signals import Interrupts

    progress = listener(output)
    interrupts = Interrupts()
    with ExitStack() as until_told:
        with opened(connection, events=progress) as session:
            plan = _look(session, deed, options)
            _show(output, deed, manner, plan)
            _check_possible(deed, plan)
            plan = _approved(output, session, deed, connection, options, approval, plan)
            progress.clock = session.clock
            origin = (
                replace(origin_of(plan.manifest, Path(deed.path), os.environ), run=deed.run, simulated=output.simulated)
                if audit
                else None
            )
            trail = Trail(audit, origin, session.clock.now) if audit and origin else None
            settings = Settings.bounded(manner.parallelism, manner.timeout)
            until_told.enter_context(interrupts.held())
            with progress.running(len(plan.changes)):
                outcome = session.apply(plan, settings, progress, interrupts, trail)
        failed = _tell(output, deed, manner, plan, outcome)
    if outcome.interrupted or interrupts.received:
        return interrupts.exit_code or 1
    return 0 if outcome.ok and not failed else 1


def _look(session: Session, deed: Deed, options: Options) -> Plan:
    from reconciler.applying.look import look

    return session.run(
        lambda azure, clock: look(
            azure, deed.manifest, options, clock, planner=deed.planner, subscriptions=deed.subscriptions
        )
    )


def _show(output: Output, deed: Deed, manner: Manner, plan: Plan) -> None:
    from reconciler.cli.loading import root_of
    from reconciler.report.terminal import plan_text

    to_stdout = manner.form == "text"
    style = output.style if to_stdout else output.error_style
    text = plan_text(plan, style=style, root=root_of(deed.path), verb=deed.verb) + "\n"
    if to_stdout:
        output.report(text, "text")
    else:
        output.tell(text)


def _approved(
    output: Output,
    session: Session,
    deed: Deed,
    connection: Connection,
    options: Options,
    approval: Approval,
    plan: Plan,
) -> Plan:
    """The plan, of a fresh look once a person has approved it; StalePlan when Azure moved meanwhile."""
    from reconciler.cli.showing import document_of

    if not (approval.asks and plan.changes):
        return plan
    approval.ask(output)
    again = _look(session, deed, options)
    approval.check_unmoved(*(document_of(one, deed.path, connection, options) for one in (plan, again)))
    _check_possible(deed, again)
    return again


def _check_possible(deed: Deed, plan: Plan) -> None:
    if deed.is_refused(plan):
        raise Refused(
            "Nothing was written: it can't be done as asked.", hint="see what is refused above", code="refused"
        )


def _tell(output: Output, deed: Deed, manner: Manner, plan: Plan, outcome: Outcome) -> int:
    """The result on stdout, and the reports; 1 when a report could not be written."""
    from reconciler import __version__
    from reconciler.cli.loading import root_of
    from reconciler.cli.writing import reports_of, write_reports
    from reconciler.report.documents import operation_document, text
    from reconciler.report.markdown import outcome_markdown
    from reconciler.report.terminal import made_text, outcome_text

    root = root_of(deed.path)
    texts = {
        "json": lambda: text(operation_document(deed.verb, outcome, plan, tool_version=__version__)),
        "md": lambda: outcome_markdown(outcome, plan, root=root, verb=deed.verb),
    }
    forms = {
        "json": texts["json"],
        "markdown": texts["md"],
        "text": lambda: outcome_text(outcome, style=output.style, root=root, verb=deed.verb) + made_text(outcome, plan),
    }
    output.report(forms[manner.form](), manner.form)
    return write_reports(reports_of(manner.reports, _FORMS), texts, output)
