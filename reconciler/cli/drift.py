"""`reconciler drift`: check whether Azure still matches the manifest."""

from __future__ import annotations

import click

from reconciler.cli.annotations import annotations_option
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import connection_options, fail_on_values, format_option, report_option
from reconciler.cli.output import Output
from reconciler.cli.page import page_of, wants_page
from reconciler.cli.planning import Planning, apply_command, plan_options, shard_option
from reconciler.cli.progress import listener
from reconciler.cli.renderings import FORMS, Telling, drifted, tell, whole_of
from reconciler.cli.writing import reports_of
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task, planned
from reconciler.model.results.drift import CLASSES, DEFAULT_FAIL_ON, Drift
from reconciler.report.terminal import drift_text


@click.command(
    help="""Check whether Azure still matches the manifest PATH; change nothing.

    Exit codes: 0 no drift, 2 drift, 1 could not tell. Classes: changed-outside, not-yet-applied, new, gone,
    replaced, moved, differs, unhealthy, orphaned, uncovered, in-progress, out-of-reach.
    """
)
@click.argument("path")
@format_option("text", "json", "markdown", "gitlab")
@click.option(
    "--fail-on", metavar="CLASS,…", help="Drift classes that make the exit code 2 (default: all but in-progress)."
)
@report_option
@shard_option
@annotations_option
@connection_options
@click.pass_obj
def drift(
    output: Output,
    path: str,
    form: str,
    fail_on: str | None,
    reports: tuple[str, ...],
    shard: str | None,
    system: str,
    connection: Connection,
) -> int:
    """The exit code: 0 no drift, 2 drift, 1 could not tell."""
    telling = Telling(form, reports_of(reports, (*FORMS, "html")), system)
    classes = DEFAULT_FAIL_ON if fail_on is None else fail_on_values(fail_on, CLASSES)
    manifest = load_manifest(path)
    planning = Planning(shard=shard)
    task = Task(manifest, plan_options(planning, manifest, connection.api_version, path))
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        plan = planned(session, task)
        page = page_of(session, task, path, plan=plan) if wants_page(telling.reports) else ""

    found = Drift(plan, classes)
    mend = apply_command((path, "--checksum", plan.checksum), connection, planning)
    whole = whole_of(telling.reports)
    showing = drifted(found, path, manifest.place.file, whole=whole, mend=mend).with_page(page)
    failed = tell(output, telling, showing, lambda: drift_text(found, style=output.style, root=root_of(path)))
    return 1 if failed else found.exit_code
