"""`reconciler validate`: check a manifest without contacting Azure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.cli.annotations import annotations_option
from reconciler.cli.loading import root_of
from reconciler.cli.options import format_option, report_option, verbose_option
from reconciler.cli.output import Output
from reconciler.cli.systems import NO_SYSTEM
from reconciler.loading.files import load
from reconciler.model.errors import ManifestError, ReconcilerError
from reconciler.model.findings import Finding, Severity
from reconciler.model.manifest import Manifest
from reconciler.report.caret import diagnostics


@click.command(help="Check the manifest PATH, a file or a folder, without contacting Azure.")
@click.argument("path")
@format_option("text", "json", "markdown", "gitlab")
@report_option
@annotations_option
@verbose_option
@click.pass_obj
def validate(output: Output, path: str, form: str, reports: tuple[str, ...], system: str) -> int:
    """The exit code: 0 if the manifest is valid, else 1, with all problems."""
    quick = form == "text" and not reports and system == NO_SYSTEM
    tell = _in_words if quick else _everywhere(form, reports, system)
    try:
        manifest = load(Path(path))
    except ManifestError as error:
        tell(output, path, Validation(None, error.findings, error.sources, error.message))
        return 1
    except ReconcilerError as error:
        if form == "text":
            raise
        tell(output, path, Validation(None, (Finding(error.code, Severity.ERROR, error.message, error.hint),), {}))
        return 1
    return tell(output, path, Validation(manifest, manifest.warnings, manifest.sources))


class Validation(NamedTuple):
    """The result: the manifest (None: it isn't valid), its problems, and the text of its files.

    `verdict` sums up the problems.
    """

    manifest: Manifest | None
    findings: Sequence[Finding]
    sources: Mapping[str, str]
    verdict: str = ""


def _everywhere(form: str, reports: tuple[str, ...], system: str) -> Callable[[Output, str, Validation], int]:
    """A function that reports in a form for machines, in report files, and to a CI system."""
    # half of the reports, which a check before each commit does without
    from reconciler.cli.renderings import FORMS, tell_reports, validated, whole_of
    from reconciler.cli.writing import reports_of

    wanted = reports_of(reports, FORMS)

    def tell(output: Output, path: str, found: Validation) -> int:
        name = found.manifest.name if found.manifest else None
        showing = validated(found.findings, name, path, whole=whole_of(wanted))
        if form == "text":
            _in_words(output, path, found)
        else:
            output.data(showing.data(form))
        return tell_reports(output, wanted, system, showing)

    return tell


def _in_words(output: Output, path: str, found: Validation) -> int:
    if found.findings:
        told = diagnostics(tuple(found.findings), found.sources, style=output.error_style, root=root_of(path))
        output.tell(told + "\n")
    if found.manifest is None:
        output.tell(f"{found.verdict}\n")
    else:
        output.data(_valid(found.manifest))
    return 0


def _valid(manifest: Manifest) -> str:
    holds = ", ".join(
        (
            counted(len(manifest.vaults), "vault"),
            counted(len(manifest.policies), "policy", "policies"),
            counted(len(manifest.disks), "entry of disks", "entries of disks"),
        )
    )
    return f"The manifest {plain(manifest.name)} is valid: {holds}.\n"
