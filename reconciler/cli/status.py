"""`reconciler status`: how fresh the backups of each declared disk are."""

from __future__ import annotations

import click

from reconciler import __version__
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import connection_options, format_option, report_option
from reconciler.cli.output import Output
from reconciler.cli.page import page_of, wants_page
from reconciler.cli.progress import listener
from reconciler.cli.writing import reports_of, write_reports
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task
from reconciler.model.plan import Options
from reconciler.report.listing import forms
from reconciler.report.status import status_document, status_listing
from reconciler.verbs import status as operation


@click.command(
    help="""Compare the newest recovery point of each disk in the manifest PATH with its schedule; change nothing.

    Exit codes: 0 all healthy, 2 a disk is late, failing, gone or unprotected, or a drill is late; 1 could not tell.
    """
)
@click.argument("path")
@format_option("text", "json", "markdown")
@report_option
@connection_options
@click.pass_obj
def status(output: Output, path: str, form: str, reports: tuple[str, ...], connection: Connection) -> int:
    """The exit code: 0 all healthy, 2 not, 1 could not tell."""
    wanted = reports_of(reports, ("html", "json", "md"))
    manifest, root = load_manifest(path), root_of(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, clock: operation.status(azure, clock, manifest))
        page = (
            page_of(session, Task(manifest, Options(tool_version=__version__)), path, status=found)
            if wants_page(wanted)
            else ""
        )
    told = forms(
        status_listing(found),
        lambda: status_document(found, tool_version=__version__),
        style=output.style,
        root=root,
    )
    output.report(told[form](), form)
    failed = write_reports(wanted, {"json": told["json"], "md": told["markdown"], "html": lambda: page}, output)
    return 1 if failed else found.exit_code
