"""`reconciler apply`: change Azure until it is as the manifest says."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from reconciler.cli.asking import Desk, ask_option
from reconciler.cli.options import (
    Connection,
    Planning,
    annotations_option,
    audit_option,
    auto_approve_option,
    connection_options,
    format_option,
    parallelism_option,
    plan_options,
    planning_options,
    report_option,
    timeout_option,
)
from reconciler.cli.output import Output
from reconciler.errors import Refused, UsageError

if TYPE_CHECKING:
    from reconciler.applying.engine import Settings
    from reconciler.applying.outcome import Outcome
    from reconciler.cli.approval import Approval
    from reconciler.cli.auditing import AuditFile
    from reconciler.cli.session import Session
    from reconciler.cli.showing import Telling
    from reconciler.manifest.model import Manifest
    from reconciler.planning.model import Options, Plan


class Task(NamedTuple):
    """What one apply is about."""

    path: str
    manifest: Manifest
    options: Options
    connection: Connection
    approval: Approval


@click.command(
    help="""Change Azure until it is as the manifest says, and wait until it is.

    PATH is the manifest, a file or a folder. Or PATH is a saved plan (FILE.json) and MANIFEST its manifest: the plan
    is applied only if, with this command line's own options, it is still what would be done.
    """
)
@click.argument("path")
@click.argument("manifest_path", metavar="[MANIFEST]", required=False)
@format_option("text", "json", "markdown", "gitlab")
@auto_approve_option
@click.option("--checksum", metavar="SHA", help="Apply only the plan of this checksum, without asking.")
@parallelism_option
@timeout_option
@audit_option
@report_option
@annotations_option
@ask_option
@planning_options
@connection_options
@click.pass_obj
def apply(
    output: Output,
    path: str,
    manifest_path: str | None,
    form: str,
    auto_approve: bool,
    checksum: str | None,
    parallelism: int | None,
    timeout: float | None,
    audit: str | None,
    reports: tuple[str, ...],
    system: str,
    asks: tuple[str, ...],
    planning: Planning,
    connection: Connection,
) -> int:
    """0 when everything declared is as it should be; 1 when not, or refused; 130 or 143 when interrupted."""
    from reconciler.cli.auditing import audit_file
    from reconciler.cli.showing import FORMS, Telling
    from reconciler.cli.writing import reports_of

    telling = Telling(form, reports_of(reports, (*FORMS, "html", "sh")), system)
    task = _task(path, manifest_path, planning, connection, auto_approve=auto_approve, checksum=checksum)

    from reconciler.applying.engine import Settings

    settings = Settings.bounded(parallelism, timeout)
    with audit_file(audit) as ledger:
        return _run(output, task, telling, settings, ledger, Desk(asks, task.manifest, output))


def _task(
    path: str,
    manifest_path: str | None,
    planning: Planning,
    connection: Connection,
    *,
    auto_approve: bool,
    checksum: str | None,
) -> Task:
    """Everything that can be known before Azure is asked; UsageError when nobody could approve."""
    from reconciler.cli.approval import Approval
    from reconciler.cli.loading import load_manifest, recorded
    from reconciler.cli.saved import read_saved

    saved = None
    if Path(path).suffix == ".json" and not Path(path).is_dir():
        saved = read_saved(Path(path))
        if manifest_path is None:
            raise UsageError(
                "A saved plan is compared with a manifest, and none is named.",
                hint=f"Name it, with the options that the plan was made with: reconciler apply {path} MANIFEST",
            )
        saved.check_target(connection)
        path = manifest_path
    elif manifest_path:
        raise UsageError("apply takes one manifest", hint="put its files into one folder, or use `include`")
    if checksum is not None and not checksum.strip():
        raise UsageError(
            "--checksum is empty, so it approves nothing.",
            hint="look at the step that was to give it; to apply without one leave --checksum out",
        )
    asks = not (auto_approve or checksum or saved)
    if asks and not sys.stdin.isatty():
        raise UsageError(
            "Nobody is there to approve: this is no terminal.",
            hint="give --auto-approve, --checksum SHA or a saved plan",
            code="no-approval",
        )
    manifest = load_manifest(path)
    options = plan_options(planning, manifest, connection.api_version, path)
    if saved:
        saved.check_options(recorded(options))
    approval = Approval(asks=asks, checksum=checksum, saved=saved)
    return Task(path, manifest, options, connection, approval)


def _run(output: Output, task: Task, telling: Telling, settings: Settings, audit: AuditFile | None, desk: Desk) -> int:
    from reconciler.cli.auditing import Trail, origin_of
    from reconciler.cli.progress import listener
    from reconciler.cli.session import opened
    from reconciler.cli.signals import Interrupts

    progress = listener(output)
    interrupts = Interrupts()
    with ExitStack() as until_told:
        with opened(task.connection, events=progress) as session:
            plan = desk.look(session, lambda: session.look(task.manifest, task.options))
            desk.write(plan)
            _show(output, task, telling, plan)
            plan = _checked(output, task, plan, session)
            progress.clock = session.clock
            trail = (
                Trail(
                    audit,
                    replace(origin_of(plan.manifest, Path(task.path), os.environ), simulated=output.simulated),
                    session.clock.now,
                )
                if audit
                else None
            )
            until_told.enter_context(interrupts.held())
            with progress.running(len(plan.changes) + len(plan.waits)):
                outcome = session.apply(plan, settings, progress, interrupts, trail)
            if plan.waits and outcome.ok:
                outcome = session.compared(outcome, task.manifest, task.options, interrupts)
        failed = _tell(output, task, telling, plan, outcome)
        failed = desk.write(plan, outcome) or failed
    failed = _page(output, task, telling, outcome) or failed
    if outcome.interrupted or interrupts.received:
        return interrupts.exit_code or 1
    return 0 if outcome.ok and not failed else 1


def _show(output: Output, task: Task, telling: Telling, plan: Plan) -> None:
    """The plan: data in text form, a message beside the result's document otherwise."""
    from reconciler.cli.loading import root_of
    from reconciler.report.terminal import plan_text

    if telling.form == "text":
        output.report(plan_text(plan, style=output.style, root=root_of(task.path)) + "\n", "text")
    else:
        output.tell(plan_text(plan, style=output.error_style, root=root_of(task.path)) + "\n")


def _checked(output: Output, task: Task, plan: Plan, session: Session) -> Plan:
    """The plan to apply: after approval by a person that of a fresh look, which is the same.

    Refused or StalePlan unless it may be applied now.
    """
    from reconciler.cli.showing import document_of

    def document(of: Plan) -> dict[str, object]:
        return document_of(of, task.path, task.connection, task.options)

    task.approval.check(document(plan))
    _check_gates(plan)
    if not (task.approval.asks and (plan.changes or plan.waits or plan.marks)):
        return plan
    task.approval.ask(output)
    again = session.look(task.manifest, task.options)
    task.approval.check_unmoved(document(plan), document(again))
    _check_gates(again)
    return again


def _check_gates(plan: Plan) -> None:
    if plan.closed_gates:
        names = ", ".join(gate.name for gate in plan.closed_gates)
        raise Refused(f"Nothing was written: the plan is refused by {names}.", hint="see the gates above", code="gate")


def _tell(output: Output, task: Task, telling: Telling, plan: Plan, outcome: Outcome) -> int:
    """The result on stdout, the reports but the page, the CI system; 1 when a file could not be written."""
    from reconciler.cli.loading import root_of
    from reconciler.cli.showing import applied, tell
    from reconciler.report.terminal import outcome_text

    showing = applied(outcome, plan, task.path, task.manifest.place.file)
    telling = telling._replace(reports=tuple(report for report in telling.reports if report.form != "html"))
    return tell(output, telling, showing, lambda: outcome_text(outcome, style=output.style, root=root_of(task.path)))


def _page(output: Output, task: Task, telling: Telling, outcome: Outcome) -> int:
    """The report page, if it is wanted; 1 when it could not be written.

    The result is told by now, and a connection of its own looks at Azure once more: whoever has no patience for that
    can interrupt it.
    """
    from reconciler.cli.page import page_after, wants_page
    from reconciler.cli.session import opened
    from reconciler.cli.writing import write_reports

    if not wants_page(telling.reports):
        return 0
    with opened(task.connection, readonly=True) as session:
        page = page_after(session, task.manifest, task.path, task.options, outcome)
    return write_reports([one for one in telling.reports if one.form == "html"], {"html": lambda: page}, output)
