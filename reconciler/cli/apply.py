"""`reconciler apply`: change Azure to match the manifest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.applying.engine import Settings
from reconciler.cli.annotations import annotations_option
from reconciler.cli.approving import Consent, consent_options
from reconciler.cli.handover import Desk, ask_option
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import (
    audit_option,
    auto_approve_option,
    connection_options,
    format_option,
    parallelism_option,
    report_option,
    timeout_option,
)
from reconciler.cli.output import Output
from reconciler.cli.page import page_after, wants_page
from reconciler.cli.planning import Planning, apply_command, plan_options, planning_options, recorded
from reconciler.cli.renderings import FORMS, Telling, applied, document_of, tell, whole_of
from reconciler.cli.run import Approval, VerbRun, carry_out
from reconciler.cli.saved import SavedPlan, read_saved
from reconciler.cli.writing import reports_of, write_reports
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.report.plans.text import plan_text
from reconciler.report.rest import rest_text
from reconciler.report.terminal import outcome_text


@click.command(
    help="""Change Azure to match the manifest, and wait until it does.

    PATH is the manifest, a file or a folder. Or PATH is a saved plan (FILE.json) and MANIFEST the manifest of that
    plan: the plan is applied only if a new plan, made with the options given here, has the same changes.

    Exit codes: 0 all is as declared; 1 it isn't, or was refused; 2 with --approve or --unmoved, if something is left.
    """
)
@click.argument("path")
@click.argument("manifest_path", metavar="[MANIFEST]", required=False)
@format_option("text", "json", "markdown", "gitlab")
@auto_approve_option
@consent_options
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
    approve: str | None,
    unmoved: bool,
    parallelism: int | None,
    timeout: float | None,
    audit: str | None,
    reports: tuple[str, ...],
    system: str,
    asks: tuple[str, ...],
    planning: Planning,
    connection: Connection,
) -> int:
    """The exit code: 0 if everything is as declared; 1 if not, or refused; 2 if changes are left; 130, 143 if interrupted."""
    telling = Telling(form, reports_of(reports, (*FORMS, "html", "sh")), system)
    consent = Consent(auto_approve, checksum, approve, unmoved)
    is_approved = _is_approved(checksum) or auto_approve or bool(approve)
    consent.check(planning, has_plan=_is_plan(path))
    saved, path = _saved(path, manifest_path, connection)
    asks_person = not (is_approved or saved)
    if asks_person and not sys.stdin.isatty():
        raise UsageError(
            "Can't ask for approval: stdin is not a terminal.",
            hint="pass `--auto-approve`, `--checksum SHA`, `--approve additions` or a saved plan",
            code=error_codes.NO_APPROVAL,
        )
    task = _task(path, planning, connection, saved, consent)
    approval = Approval(
        asks_person, output, lambda plan: document_of(plan, path, connection, task.options), checksum, saved, unmoved
    )
    desk = Desk(asks, task.manifest, output)
    view = _View(output, path, task, connection, telling, desk, planning)
    run = VerbRun(
        task,
        path,
        connection,
        approval,
        Settings.bounded(parallelism, timeout),
        audit,
        show=view.show,
        tell=view.tell,
        look=desk.look,
        finish=view.finish,
    )
    return carry_out(output, run)


def _is_plan(path: str) -> bool:
    """Whether a path is that of a saved plan."""
    return Path(path).suffix == ".json" and not Path(path).is_dir()


def _saved(path: str, manifest_path: str | None, connection: Connection) -> tuple[SavedPlan | None, str]:
    """The saved plan, if `path` names one, and the path of the manifest."""
    if _is_plan(path):
        saved = read_saved(Path(path))
        if manifest_path is None:
            raise UsageError(
                "A saved plan needs the manifest that it was made from, to compare them.",
                hint=f"run `reconciler apply {path} MANIFEST` with the options that the plan was made with",
            )
        saved.check_target(connection)
        return saved, manifest_path
    if manifest_path:
        raise UsageError("`apply` accepts only one manifest", hint="put all files into one folder, or use `include`")
    return None, path


def _is_approved(checksum: str | None) -> bool:
    """Whether a checksum was given; UsageError for an empty one."""
    if checksum is not None and not checksum.strip():
        raise UsageError(
            "`--checksum` is empty, so it approves no plan.",
            hint="check the step that sets it, or leave `--checksum` out",
        )
    return bool(checksum)


def _task(path: str, planning: Planning, connection: Connection, saved: SavedPlan | None, consent: Consent) -> Task:
    """The run's task; Refused when a saved plan was made with other options."""
    manifest = load_manifest(path)
    options = plan_options(planning, manifest, connection.api_version, path)
    if saved:
        saved.check_options(recorded(options))
    return Task(manifest, consent.limited(options, saved))


class _View(NamedTuple):
    """How a run is shown and reported."""

    output: Output
    path: str
    task: Task
    connection: Connection
    telling: Telling
    desk: Desk
    planning: Planning

    def show(self, plan: Plan) -> None:
        """Show the plan: on stdout if the result is text, else on stderr."""
        self.desk.write(plan)
        style = self.output.style if self.telling.form == "text" else self.output.error_style
        self.output.show(plan_text(plan, style=style, root=root_of(self.path)) + "\n", self.telling.form)

    def tell(self, plan: Plan, outcome: Outcome) -> int:
        """Print the result, write all reports except the page, and tell the CI system; 1 if a file could not be written."""
        output, root = self.output, root_of(self.path)
        mend = self._mend(plan)
        whole = whole_of(self.telling.reports)
        showing = applied(outcome, plan, self.path, self.task.manifest.place.file, whole=whole, mend=mend)
        told = self.telling._replace(reports=tuple(one for one in self.telling.reports if one.form != "html"))
        left = rest_text(plan, mend, output.style, ok=outcome.ok)
        failed = tell(
            output, told, showing, lambda: outcome_text(outcome, names=plan.names, style=output.style, root=root) + left
        )
        return self.desk.write(plan, outcome) or failed

    def _mend(self, plan: Plan) -> str:
        """The command that approves what the plan leaves."""
        planning = self.planning._replace(force=())
        return apply_command((self.path, "--checksum", plan.rest.checksum), self.connection, planning)

    def finish(self, plan: Plan, outcome: Outcome) -> int:
        """Write the report page, if asked for; 1 if it could not be written.

        The result is already reported, and the page takes another look at Azure over a connection of its own, so it is
        safe to interrupt.
        """
        if not wants_page(self.telling.reports):
            return 0
        with opening.opened(self.connection, readonly=True) as session:
            page = page_after(session, self.task, self.path, plan.names, outcome)
        pages = [one for one in self.telling.reports if one.form == "html"]
        return write_reports(pages, {"html": lambda: page}, self.output)
