"""What restore, drill and move share: plan, show, ask, apply, report, as apply does."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

from reconciler.applying.engine import Settings
from reconciler.cli.loading import root_of
from reconciler.cli.options import (
    audit_option,
    auto_approve_option,
    connection_options,
    format_option,
    report_option,
    timeout_option,
)
from reconciler.cli.output import Output
from reconciler.cli.planning import Planning, guard_request_option, plan_options
from reconciler.cli.renderings import document_of
from reconciler.cli.run import Approval, VerbRun, carry_out
from reconciler.cli.writing import reports_of, write_reports
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.results.outcome import Outcome
from reconciler.report.documents import operation_document, text
from reconciler.report.markdown import outcome_markdown
from reconciler.report.plans.text import plan_text
from reconciler.report.terminal import made_text, outcome_text

Command = Callable[..., int]
_FORMS = ("json", "md")


class Manner(NamedTuple):
    """How a command acts and reports, from the options that these verbs share."""

    form: str
    auto_approve: bool
    timeout: float | None
    audit: str | None
    reports: tuple[str, ...]
    resource_guard_request: tuple[str, ...]
    parallelism: int | None = None
    force: tuple[str, ...] = ()


class Deed(NamedTuple):
    """What one command is about: `path` is the manifest's, `run` the run's id, `task` the verb's own.

    `finish` does what is left after the report, and returns 1 if it failed.
    """

    verb: str
    path: str
    manifest: Manifest
    run: str
    task: Callable[[Manifest, Options], Task]
    finish: Callable[[Plan, Outcome], int] = lambda _plan, _outcome: 0


def acting_options(command: Command) -> Command:
    """Add the options that these verbs share; the command gets them as `manner` and `connection`.

    A verb that acts on many disks adds `parallelism_option` below this one, a verb with gates `force_option`.
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
    """The id of a new run, which is in its audit records and on the disks that it makes."""
    return str(uuid4())


def act(output: Output, deed: Deed, manner: Manner, connection: Connection) -> int:
    """The exit code: 0 if all was done; 1 if not, or refused; 130 or 143 if interrupted."""
    reports_of(manner.reports, _FORMS)
    if not manner.auto_approve and not sys.stdin.isatty():
        raise UsageError(
            "Can't ask for approval: stdin is not a terminal.",
            hint="pass `--auto-approve`",
            code=error_codes.NO_APPROVAL,
        )
    planning = Planning(resource_guard_request=manner.resource_guard_request, force=manner.force)
    options = plan_options(planning, deed.manifest, connection.api_version, deed.path)
    task = deed.task(deed.manifest, options)
    run = VerbRun(
        task,
        deed.path,
        connection,
        Approval(not manner.auto_approve, output, lambda plan: document_of(plan, deed.path, connection, options)),
        replace(Settings.bounded(manner.parallelism, manner.timeout), folder=root_of(deed.path)),
        manner.audit,
        show=lambda plan: _show(output, deed, manner, plan, is_refused=task.refuses(plan)),
        tell=lambda plan, outcome: _tell(output, deed, manner, plan, outcome),
        finish=deed.finish,
        identity=deed.run,
    )
    return carry_out(output, run)


def _show(output: Output, deed: Deed, manner: Manner, plan: Plan, *, is_refused: bool) -> None:
    style = output.style if manner.form == "text" else output.error_style
    told = plan_text(plan, style=style, root=root_of(deed.path), verb=deed.verb, is_refused=is_refused)
    output.show(told + "\n", manner.form)


def _tell(output: Output, deed: Deed, manner: Manner, plan: Plan, outcome: Outcome) -> int:
    """Print the result and write the reports; 1 if a report could not be written."""
    root = root_of(deed.path)
    texts = {
        "json": lambda: text(operation_document(deed.verb, outcome, plan)),
        "md": lambda: outcome_markdown(outcome, plan, root=root, verb=deed.verb),
    }
    forms = {
        "json": texts["json"],
        "markdown": texts["md"],
        "text": lambda: (
            outcome_text(outcome, names=plan.names, style=output.style, root=root, verb=deed.verb)
            + made_text(outcome, plan)
        ),
    }
    output.report(forms[manner.form](), manner.form)
    return write_reports(reports_of(manner.reports, _FORMS), texts, output)
