"""`reconciler fmt`: format manifests."""

from __future__ import annotations

import json
from pathlib import Path

import click

from reconciler.base.schemas import schema_text
from reconciler.cli.loading import root_of
from reconciler.cli.options import verbose_option
from reconciler.cli.output import Output
from reconciler.cli.writing import write_file
from reconciler.loading import files
from reconciler.manifest import reader
from reconciler.manifest.layout import laid_out
from reconciler.manifest.syntax import decode
from reconciler.model.codes import manifest as codes
from reconciler.model.errors import ManifestError
from reconciler.model.findings import Finding, Place


@click.command(
    help="""Format the manifest PATH, a file or a folder; comments and meaning stay the same.

    Exit codes: 0 success, 1 a file is not valid YAML or can't be formatted, 2 with --check: a file would change.
    """
)
@click.argument("path")
@click.option("--check", is_flag=True, help="Change nothing; exit with 2 if a file would change.")
@verbose_option
@click.pass_obj
def fmt(output: Output, path: str, check: bool) -> int:
    """Print the files that changed (or would)."""
    found = files.read(Path(path))
    schema = json.loads(schema_text("manifest"))
    texts = {name: _text(name, content, path) for name, content in found.texts.items()}
    new = {name: laid_out(name, text, schema) for name, text in texts.items()}
    changed = [name for name in texts if new[name] != texts[name]]
    for name in changed:
        if not check:
            write_file(found.root / name, new[name], "the manifest")
        output.data(f"{'would change' if check else 'changed'}: {(found.root / name).as_posix()}\n")
    return 2 if check and changed else 0


def _text(name: str, content: bytes, path: str) -> str:
    """The file's text; ManifestError when it is no YAML of a manifest."""
    text = decode(name, content)
    section, findings = (None, [text]) if isinstance(text, Finding) else reader.read(name, text)
    if not findings and "apiVersion" not in (section or {}):
        findings = [codes.NOT_A_MANIFEST.at(f"{name} is not a manifest", place=Place(name, 1, 1))]
    if findings or isinstance(text, Finding):
        error = ManifestError(findings, {} if isinstance(text, Finding) else {name: text})
        error.root = root_of(path)
        raise error
    return text
