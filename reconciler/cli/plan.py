"""`reconciler plan`: show what would be changed in Azure."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import (
    Connection,
    Planning,
    connection_options,
    format_option,
    plan_options,
    planning_options,
    report_option,
)
from reconciler.cli.output import Output


@click.command(help="Show what would be changed in Azure so that it is as the manifest PATH says; change nothing.")
@click.argument("path")
@format_option("text", "json", "markdown")
@click.option("--out", metavar="FILE", help="Save the plan, for `reconciler apply FILE`.")
@report_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@planning_options
@connection_options
@click.pass_obj
def plan(
    output: Output,
    path: str,
    form: str,
    out: str | None,
    reports: tuple[str, ...],
    detailed_exitcode: bool,
    planning: Planning,
    connection: Connection,
) -> int:
    """0, or 1 when something is refused or wrong; with --detailed-exitcode 2 when there are changes."""
    from reconciler.cli.loading import load_manifest, root_of
    from reconciler.cli.progress import listener
    from reconciler.cli.session import opened
    from reconciler.cli.writing import check_reports, check_writable, write_file, write_reports

    report_paths = tuple(map(Path, reports))
    check_reports(report_paths, script=True)
    if out:
        check_writable(Path(out), "the plan")
    manifest = load_manifest(path)
    options = plan_options(planning, manifest, connection.api_version)
    with opened(connection, events=listener(output), readonly=True) as session:
        found = session.look(manifest, options)

    from reconciler.cli.showing import document_of, is_refused, show_plan
    from reconciler.report.documents import text
    from reconciler.report.markdown import plan_markdown
    from reconciler.report.script import role_script

    document = document_of(found, path, connection, options)
    show_plan(output, found, form, document, path)
    texts = {
        ".json": lambda: text(document),
        ".md": lambda: plan_markdown(found, root=root_of(path)),
        ".sh": lambda: role_script(found.emitted),
    }
    failed = write_reports(report_paths, texts, output)
    if out:
        write_file(Path(out), text(document), "the plan")
        output.tell(f"The plan is saved: reconciler apply {out}\n")
    if failed or is_refused(found):
        return 1
    return 2 if detailed_exitcode and found.changes else 0
