"""`reconciler recovery-points`: what disks can be restored from."""

from __future__ import annotations

import click

from reconciler.cli.columns import table_options
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options, disks_option, format_option
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.report.columns import View
from reconciler.report.listing import forms
from reconciler.report.recovery_points import COLUMNS, points_document, points_listing
from reconciler.verbs import recovery_points as points


@click.command(
    "recovery-points",
    help="List the recovery points of disks of the manifest PATH, newest first; change nothing.",
)
@click.argument("path")
@disks_option
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Show at most this many of each disk.")
@format_option("text", "json", "markdown")
@table_options(COLUMNS)
@connection_options
@click.pass_obj
def recovery_points(
    output: Output, path: str, disks: tuple[str, ...], limit: int | None, form: str, view: View, connection: Connection
) -> int:
    """The exit code: 0 if they could be read."""
    manifest = load_manifest(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, clock: points.recovery_points(azure, clock, manifest, disks, most=limit))
    told = forms(
        points_listing(found),
        lambda: points_document(found, manifest=manifest.name),
        style=output.style,
        view=view,
    )
    output.report(told[form](), form)
    return 0
