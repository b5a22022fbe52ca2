"""`reconciler whoami`: show who signs in, how, and which permissions are missing."""

from __future__ import annotations

import click

from reconciler.azure.sign_in.credentials import WAYS
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options, format_option
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.loading.rights import COMMANDS
from reconciler.report.listing import forms
from reconciler.report.whoami import identity_document, identity_listing
from reconciler.verbs.whoami import identity


@click.command(
    help="""Show who signs in, how, which subscriptions are visible, and which permissions are missing; change nothing.

    With a manifest PATH: check only the subscriptions that it names, and only the permissions that it needs.
    """
)
@click.argument("path", required=False)
@click.option(
    "--for", "command", type=click.Choice(COMMANDS), help="Exit with 1 if a permission for this command is missing."
)
@format_option("text", "json", "markdown")
@connection_options
@click.pass_obj
def whoami(output: Output, path: str | None, command: str | None, form: str, connection: Connection) -> int:
    """The exit code: 0; 1 if this could not be found out, or a permission that `--for` asks about is missing."""
    manifest = load_manifest(path) if path else None
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, _clock: identity(azure, manifest))

    told = forms(
        identity_listing(found, ways={name: way.shown for name, way in WAYS.items()}),
        lambda: identity_document(found),
        style=output.style,
    )
    output.report(told[form](), form)
    return 1 if command and found.lacks(command) else 0
