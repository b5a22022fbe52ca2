"""`reconciler drift`: say whether Azure still is as the manifest says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    Connection,
    Planning,
    connection_options,
    format_option,
    plan_options,
    report_option,
    shard_option,
)
from reconciler.cli.output import Output
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.report.drift import Drift


@click.command(
    help="""Say whether Azure still is as the manifest PATH says; change nothing.

    Exit codes: 0 no drift, 2 drift, 1 it could not be told. Classes: changed-outside, not-yet-applied, differs,
    unhealthy, orphaned, uncovered, in-progress, out-of-reach.
    """
)
@click.argument("path")
@format_option("text", "json", "markdown")
@click.option("--fail-on", metavar="CLASS,…", help="The classes that count (default: every class but in-progress).")
@report_option
@shard_option
@connection_options
@click.pass_obj
def drift(
    output: Output,
    path: str,
    form: str,
    fail_on: str | None,
    reports: tuple[str, ...],
    shard: str | None,
    connection: Connection,
) -> int:
    """0 no drift, 2 drift, 1 it could not be told."""
    from reconciler.cli.loading import load_manifest
    from reconciler.cli.progress import listener
    from reconciler.cli.session import opened
    from reconciler.cli.writing import check_reports

    report_paths = tuple(map(Path, reports))
    check_reports(report_paths)
    classes = _classes(fail_on)
    manifest = load_manifest(path)
    with opened(connection, events=listener(output), readonly=True) as session:
        plan = session.look(manifest, plan_options(Planning(shard=shard), manifest, connection.api_version))

    from reconciler.report.drift import Drift

    return _tell(output, Drift(plan, classes), form, path, report_paths)


def _classes(fail_on: str | None) -> tuple[str, ...]:
    from reconciler.report.drift import CLASSES, DEFAULT_FAIL_ON

    if fail_on is None:
        return DEFAULT_FAIL_ON
    named = tuple(name.strip() for name in fail_on.split(",") if name.strip())
    for name in named:
        if name not in CLASSES:
            raise UsageError(
                f"--fail-on names {name!r}, which is no class of drift", hint=f"classes: {', '.join(CLASSES)}"
            )
    return named


def _tell(output: Output, found: Drift, form: str, path: str, reports: tuple[Path, ...]) -> int:
    from reconciler import __version__
    from reconciler.cli.loading import root_of
    from reconciler.cli.writing import write_reports
    from reconciler.report.documents import drift_document, text
    from reconciler.report.markdown import drift_markdown
    from reconciler.report.terminal import drift_text

    root = root_of(path)
    texts = {
        ".json": lambda: text(drift_document(found, tool_version=__version__)),
        ".md": lambda: drift_markdown(found, root=root),
    }
    forms = {
        "json": texts[".json"],
        "markdown": texts[".md"],
        "text": lambda: drift_text(found, style=output.style, root=root),
    }
    output.data(forms[form]())
    return 1 if write_reports(reports, texts, output) else found.exit_code
