"""`reconciler export`: write what Azure holds as a manifest whose plan is empty."""

from __future__ import annotations

from functools import partial

import click

from reconciler.base.plurals import counted
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options, format_option
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.export.choices import Asked
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.manifest import Manifest
from reconciler.model.results.export import Exported
from reconciler.report.documents import text
from reconciler.report.export import export_document, export_markdown, export_yaml
from reconciler.verbs import export as exporting

_PART = "what-export-adds.yaml"


def _merged(into: str | None, part: Exported) -> Manifest:
    """The manifest at a path with what it lacks."""
    return load_manifest(into or "", {_PART: export_yaml(part).encode()})


@click.command(
    help="""Write a manifest of what is already protected; change nothing.

    SCOPE is a subscription, a resource group with vaults, or a vault. The manifest's plan has no changes: whatever
    can't be declared, or would change once it is declared, is left out and listed in comments at the top.
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
    help="Select disks by this tag instead of listing them, if it selects exactly the same disks.",
)
@click.option("--into", metavar="PATH", help="Print only what the manifest PATH lacks, as another file for its folder.")
@connection_options
@click.pass_obj
def export(
    output: Output,
    scopes: tuple[str, ...],
    form: str,
    name: str,
    by: tuple[str, str] | None,
    into: str | None,
    connection: Connection,
) -> int:
    """The exit code: 0 if the manifest is exact, 1 if none could be made."""
    if into is not None and (name or by):
        hint = "leave them out: the manifest has its name, and its own selectors may take disks already"
        raise UsageError("`--into` does not go with `--name` or `--by`", hint=hint)
    existing = load_manifest(into) if into is not None else None
    asked = Asked(tuple(map(exporting.scope_of, scopes)), name, by[1] if by else "", connection.version)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        found = session.run(
            lambda azure, clock: (
                exporting.lacks(azure, clock, asked, existing, partial(_merged, into))
                if existing
                else exporting.export(azure, clock, asked)
            )
        )
    written = export_yaml(found)
    if into is not None:
        _merged(into, found)  # it must fit
    elif not exporting.says(written, found.manifest):
        raise ReconcilerError(
            "the exported manifest does not read back as the one that was planned",
            code=error_codes.EXPORT_DIFFERS,
            hint="use `--format json`, and report this bug",
        )
    forms = {
        "text": lambda: written,
        "json": lambda: text(export_document(found)),
        "markdown": lambda: export_markdown(found),
    }
    output.report(forms[form](), "yaml" if form == "text" else form)
    if found.left_out:
        left = counted(len(found.left_out), "backup instance")
        output.tell(f"{left} left out; the comments at the top say why.\n")
    return 0
