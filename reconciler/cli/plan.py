"""`reconciler plan`: show what apply would change in Azure."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.annotations import annotations_option
from reconciler.cli.handover import Desk, ask_option
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import connection_options, format_option, report_option
from reconciler.cli.output import Output
from reconciler.cli.page import page_of, wants_page
from reconciler.cli.planning import Planning, apply_command, plan_options, planning_options
from reconciler.cli.progress import listener
from reconciler.cli.renderings import FORMS, Telling, document_of, planned, tell, whole_of
from reconciler.cli.writing import check_writable, reports_of, write_file
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task, preflight
from reconciler.report.plans.text import plan_text


@click.command(help="Show what apply would change in Azure to match the manifest PATH; change nothing.")
@click.argument("path")
@format_option("text", "json", "markdown", "gitlab")
@click.option("--out", metavar="FILE", help="Save the plan to this file, for `reconciler apply FILE`.")
@report_option
@annotations_option
@ask_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@planning_options
@connection_options
@click.pass_obj
def plan(
    output: Output,
    path: str,
    form: str,
    out: str | None,
    reports: tuple[str, ...],
    system: str,
    asks: tuple[str, ...],
    detailed_exitcode: bool,
    planning: Planning,
    connection: Connection,
) -> int:
    """The exit code: 0; 1 if something is refused or wrong; with --detailed-exitcode 2 for changes (marks don't count)."""
    wanted = reports_of(reports, (*FORMS, "html", "sh"))
    if out:
        check_writable(Path(out), "the plan")
    manifest = load_manifest(path)
    desk = Desk(asks, manifest, output)
    options = plan_options(planning, manifest, connection.api_version, path)
    task = Task(manifest, options)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = desk.look(session, task)
        if planning.preflight:
            found = preflight(session, found)
        page = page_of(session, task, path, plan=found) if wants_page(wanted) else ""

    document = document_of(found, path, connection, options)
    showing = planned(found, document, path, manifest.place.file, whole=whole_of(wanted, out)).with_page(page)
    failed = tell(
        output,
        Telling(form, wanted, system),
        showing,
        lambda: plan_text(found, style=output.style, root=root_of(path)),
    )
    if out:
        write_file(Path(out), output.marked(showing.data("json"), "json"), "the plan")
        output.tell(f"The plan is saved. Apply it with: {apply_command((out, path), connection, planning)}\n")
    if desk.write(found) or failed or found.is_refused:
        return 1
    return 2 if detailed_exitcode and found.changes else 0
