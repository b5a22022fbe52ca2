"""`reconciler policies`: the backup policies of the vaults that a manifest names."""

from __future__ import annotations

import click

from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options, format_option
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.report.listing import forms
from reconciler.report.policies import policies_document, policies_listing
from reconciler.verbs.policies import listed


@click.command("policies", help="List the backup policies of each vault of the manifest PATH; change nothing.")
@click.argument("path")
@format_option("text", "json", "markdown")
@connection_options
@click.pass_obj
def policies(output: Output, path: str, form: str, connection: Connection) -> int:
    """0 when they could be read."""
    manifest = load_manifest(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, _clock: listed(azure, manifest))
    told = forms(
        policies_listing(found),
        lambda: policies_document(found, manifest=manifest.name),
        style=output.style,
    )
    output.report(told[form](), form)
    return 0
