"""`reconciler validate`: check a manifest without asking Azure anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.loading import root_of
from reconciler.cli.options import format_option, verbose_option
from reconciler.cli.output import Output
from reconciler.errors import ManifestError, ReconcilerError

if TYPE_CHECKING:
    from reconciler.findings import Finding
    from reconciler.manifest.model import Manifest


@click.command(help="Check the manifest PATH, a file or a folder, without asking Azure anything.")
@click.argument("path")
@format_option("text", "json")
@verbose_option
@click.pass_obj
def validate(output: Output, path: str, form: str) -> int:
    """0 when the manifest is valid, else 1; every problem at once."""
    from reconciler.files import load

    try:
        manifest = load(Path(path))
    except ManifestError as error:
        _tell(output, form, None, error.findings, error.sources, root_of(path))
        return 1
    except ReconcilerError as error:
        if form == "text":
            raise
        from reconciler.findings import Finding, Severity

        _tell(output, form, None, [Finding(error.code, Severity.ERROR, error.message, error.hint)], {}, "")
        return 1
    _tell(output, form, manifest, manifest.warnings, manifest.sources, root_of(path))
    return 0


def _tell(
    output: Output,
    form: str,
    manifest: Manifest | None,
    findings: Sequence[Finding],
    sources: Mapping[str, str],
    root: str,
) -> None:
    if form == "json":
        from reconciler import __version__
        from reconciler.report.documents import text, validate_document

        name = manifest.name if manifest else None
        output.data(text(validate_document(findings, tool_version=__version__, manifest=name)))
        return
    from reconciler.report.caret import diagnostics

    if findings:
        output.tell(diagnostics(tuple(findings), sources, style=output.error_style, root=root) + "\n")
    if manifest is None:
        errors = sum(finding.severity == "error" for finding in findings)
        output.tell(f"The manifest has {_count(errors, 'error')}.\n")
        return
    output.data(_valid(manifest))


def _valid(manifest: Manifest) -> str:
    from reconciler.report.escape import plain

    holds = ", ".join(
        (
            _count(len(manifest.vaults), "vault"),
            _count(len(manifest.policies), "policy", "policies"),
            _count(len(manifest.disks), "entry", "entries") + " of disks",
        )
    )
    return f"The manifest {plain(manifest.name)} is valid: {holds}.\n"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
