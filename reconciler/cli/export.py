"""`reconciler export`: write what Azure holds as a manifest whose plan is empty."""

from __future__ import annotations

import click

from reconciler import __version__
from reconciler.base.plurals import counted
from reconciler.cli.options import connection_options, format_option
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.export.choices import Asked
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.report.documents import text
from reconciler.report.export import export_document, export_markdown, export_yaml
from reconciler.verbs import export as exporting


@click.command(
    help="""Write a manifest of what is already protected; change nothing.

    SCOPE is a subscription, a resource group with vaults, or a vault. Planning the manifest gives no changes: what can't
    be declared without a change is left out and listed in a comment.
    """
)
@click.argument("scopes", metavar="SCOPE…", nargs=-1, required=True)
@format_option("text", "json", "markdown")
@click.option(
    "--name", default="", help="The manifest's name (default: the name in the vaults' tags, else `exported`)."
)
@click.option(
    "--by",
    nargs=2,
    metavar="tag NAME",
    type=(click.Choice(["tag"]), str),
    help="Select disks by this tag instead of listing them, where it selects exactly the same disks.",
)
@connection_options
@click.pass_obj
def export(
    output: Output, scopes: tuple[str, ...], form: str, name: str, by: tuple[str, str] | None, connection: Connection
) -> int:
    """The exit code: 0 if the manifest is exact, 1 if none could be made."""
    asked = Asked(tuple(map(exporting.scope_of, scopes)), name, by[1] if by else "")
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(lambda azure, clock: exporting.export(azure, clock, asked))
    written = export_yaml(found)
    if not exporting.says(written, found.manifest):
        raise ReconcilerError(
            "the exported manifest does not read back as the one that was planned",
            code=error_codes.EXPORT_DIFFERS,
            hint="use `--format json`, and report this bug",
        )
    forms = {
        "text": lambda: written,
        "json": lambda: text(export_document(found, tool_version=__version__)),
        "markdown": lambda: export_markdown(found),
    }
    output.report(forms[form](), "yaml" if form == "text" else form)
    if found.left_out:
        left = counted(len(found.left_out), "backup instance")
        output.tell(f"{left} left out; the comments at the end say why.\n")
    return 0
