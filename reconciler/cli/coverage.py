"""`reconciler coverage`: which disks are covered by a backup, left out on purpose, or neither."""

from __future__ import annotations

import click

from reconciler.cli.columns import table_options
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import connection_options, fail_on_values, format_option, report_option
from reconciler.cli.output import Output
from reconciler.cli.page import page_of, wants_page
from reconciler.cli.progress import listener
from reconciler.cli.writing import reports_of, write_reports
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.plan import Options
from reconciler.report.columns import View
from reconciler.report.coverage import COLUMNS, coverage_document, coverage_listing
from reconciler.report.listing import forms
from reconciler.verbs import coverage as operation

FAILING = (
    disk_codes.UNCOVERED.code,
    disk_codes.DISK_GONE.code,
    disk_codes.FOREIGN_SNAPSHOT.code,
    codes.ROLE_LEFT_BEHIND.code,
)
"""The values of `--fail-on`."""


@click.command(
    help="""Show for every disk in the subscriptions that the manifest PATH names whether it is backed up.

    Exit codes: 0 nothing to report, 2 found something that --fail-on lists, 1 could not tell.
    """
)
@click.argument("path")
@format_option("text", "json", "markdown")
@click.option("--fail-on", metavar="WHAT,…", help=f"Exit with 2 if any of these is found: {', '.join(FAILING)}.")
@click.option(
    "--tag", "tags", metavar="NAME", multiple=True, help="Also count disks by the value of this tag; may be repeated."
)
@table_options(COLUMNS)
@report_option
@connection_options
@click.pass_obj
def coverage(
    output: Output,
    path: str,
    form: str,
    fail_on: str | None,
    tags: tuple[str, ...],
    view: View,
    reports: tuple[str, ...],
    connection: Connection,
) -> int:
    """The exit code: 0; 2 if something that counts was found; 1 if that is unknown."""
    counted = () if fail_on is None else fail_on_values(fail_on, FAILING)
    wanted = reports_of(reports, ("html", "json", "md"))
    manifest, root = load_manifest(path), root_of(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, clock: operation.coverage(azure, clock, manifest))
        page = (
            page_of(session, Task(manifest, Options(api_version=connection.version)), path, coverage=found)
            if wants_page(wanted)
            else ""
        )
    told = forms(
        coverage_listing(found, tags=tags, root=root),
        lambda: coverage_document(found, tags=tags),
        style=output.style,
        root=root,
        view=view,
    )
    output.report(told[form](), form)
    failed = write_reports(wanted, {"json": told["json"], "md": told["markdown"], "html": lambda: page}, output)
    if failed or any(finding.drift == "out-of-reach" for finding in found.findings):
        return 1
    codes_found = {finding.code for finding in found.findings} | {row.state for row in found.rows}
    return 0 if codes_found.isdisjoint(counted) else 2
