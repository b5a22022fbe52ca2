"""`reconciler init`: write a first manifest, with the schema beside it for editors."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.base.schemas import schema_text
from reconciler.cli.options import verbose_option
from reconciler.cli.output import Output
from reconciler.cli.writing import write_file
from reconciler.manifest.compiling import compile_manifest
from reconciler.manifest.starter import starter, usable_name
from reconciler.model.errors import UsageError

_NOWHERE = "00000000-0000-0000-0000-000000000000"


@click.command(
    help="""Write a first manifest, backup.yaml, into FOLDER, and manifest.schema.json beside it for editors.

    Existing files are never overwritten, except the schema, which is updated.
    """
)
@click.argument("folder", default=".")
@click.option("--name", metavar="NAME", help="The manifest's name (default: the folder's).")
@click.option("--subscription", metavar="ID", default=_NOWHERE, help="Subscription id of the vault and the disks.")
@click.option(
    "--location", metavar="REGION", default="westeurope", show_default=True, help="Region of the vault and the disks."
)
@verbose_option
@click.pass_obj
def init(output: Output, folder: str, name: str | None, subscription: str, location: str) -> int:
    """Write the two files, and print what to do next."""
    place = Path(folder)
    manifest = place / "backup.yaml"
    if manifest.exists() or manifest.is_symlink():
        raise UsageError(f"`{manifest}` already exists", hint="name another folder, or edit the file")
    text = starter(name or usable_name(place.resolve().name), subscription, location)
    compile_manifest({manifest.name: text.encode()}, lambda _file, _named: {})
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"could not create `{place}`: {error.strerror}", hint="name another folder") from error
    write_file(place / "manifest.schema.json", schema_text("manifest"), "the schema")
    write_file(manifest, text, "the manifest")
    output.data(f"{manifest.as_posix()}\n")
    first = "put your subscription id into it, then run" if subscription == _NOWHERE else "next, run"
    output.tell(f"Wrote a first manifest and its schema for editors; {first}:\n")
    output.tell(f"  reconciler validate {folder}\n  reconciler plan {folder}\n")
    return 0
