"""`reconciler status`: how fresh the backups of each declared disk are."""

from __future__ import annotations

import click

from reconciler.cli.options import Connection, connection_options, format_option
from reconciler.cli.output import Output


@click.command(
    help="""Say of each disk that the manifest PATH declares how its backups are; change nothing.

    Exit codes: 0 all well, 2 something is late, failing or unprotected, or a drill is late; 1 it could not be told.
    """
)
@click.argument("path")
@format_option("text", "json", "markdown")
@connection_options
@click.pass_obj
def status(output: Output, path: str, form: str, connection: Connection) -> int:
    """0 all well, 2 not, 1 it could not be told."""
    from reconciler import __version__
    from reconciler.cli.loading import load_manifest, root_of
    from reconciler.cli.progress import listener
    from reconciler.cli.session import opened
    from reconciler.operations import status as operation
    from reconciler.report.documents import text
    from reconciler.report.status import status_document, status_markdown, status_text

    manifest, root = load_manifest(path), root_of(path)
    with opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, clock: operation.status(azure, clock, manifest))
    forms = {
        "text": lambda: status_text(found, style=output.style, root=root),
        "json": lambda: text(status_document(found, tool_version=__version__)),
        "markdown": lambda: status_markdown(found, root=root),
    }
    output.data(forms[form]())
    return found.exit_code
