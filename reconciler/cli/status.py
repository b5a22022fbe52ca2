"""`reconciler status`: how fresh the backups of each declared disk are."""

from __future__ import annotations

import click

from reconciler.cli.columns import table_options
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import connection_options, format_option, report_option
from reconciler.cli.output import Output
from reconciler.cli.page import page_of, wants_page
from reconciler.cli.progress import listener
from reconciler.cli.writing import reports_of, write_reports
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task
from reconciler.model.errors import UsageError
from reconciler.model.plan import Options
from reconciler.report.columns import View
from reconciler.report.listing import forms
from reconciler.report.status import COLUMNS, status_counts, status_document, status_listing
from reconciler.verbs import status as operation


@click.command(
    help="""Compare the newest recovery point of each disk in the manifest PATH with its schedule; change nothing.

    Exit codes: 0 all healthy, 2 a disk is late, failing, gone or unprotected, or a drill is late; 1 could not tell.
    """
)
@click.argument("path")
@format_option("text", "json", "markdown")
@table_options(COLUMNS)
@click.option(
    "--summary", "is_brief", is_flag=True, help="Show only counts, by vault and policy; JSON has every disk as always."
)
@report_option
@connection_options
@click.pass_obj
def status(
    output: Output,
    path: str,
    form: str,
    view: View,
    is_brief: bool,
    reports: tuple[str, ...],
    connection: Connection,
) -> int:
    """The exit code: 0 all healthy, 2 not, 1 could not tell."""
    if is_brief and view != View():
        hint = "leave it out to choose columns and order, or leave out `--columns` and `--sort` to count"
        raise UsageError("`--summary` does not go with `--columns` and `--sort`", hint=hint)
    wanted = reports_of(reports, ("html", "json", "md"))
    manifest, root = load_manifest(path), root_of(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, clock: operation.status(azure, clock, manifest))
        page = (
            page_of(session, Task(manifest, Options(api_version=connection.version)), path, status=found)
            if wants_page(wanted)
            else ""
        )
    told = forms(
        status_counts(found) if is_brief else status_listing(found),
        lambda: status_document(found),
        style=output.style,
        root=root,
        view=view,
    )
    output.report(told[form](), form)
    failed = write_reports(wanted, {"json": told["json"], "md": told["markdown"], "html": lambda: page}, output)
    return 1 if failed else found.exit_code
