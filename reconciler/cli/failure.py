"""Errors as messages: what happened, where, why, and what to do."""

from __future__ import annotations

import traceback

import click

from reconciler.base.escape import plain
from reconciler.base.redaction import redact
from reconciler.cli.output import Output
from reconciler.model.errors import AzureError, ManifestError, ReconcilerError
from reconciler.report.caret import diagnostics


def tell_error(error: ReconcilerError, output: Output) -> None:
    """Print one of our errors: its findings with carets, or its message, Azure's request id and its hint."""
    style = output.error_style
    if isinstance(error, ManifestError):
        output.tell(diagnostics(error.findings, error.sources, style=style, root=error.root))
        output.tell(f"\n{plain(error.message)}\n")
        return
    first, *more = error.message.split("\n")
    lines = [style.severity("error", f"error[{plain(error.code)}]") + f": {plain(first)}"]
    lines += [f"  {plain(line.strip())}" for line in more]
    if isinstance(error, AzureError):
        told = [
            f"HTTP {error.status}" if error.status else "",
            error.target,
            f"request {error.request_id}" if error.request_id else "",
        ]
        if any(told):
            lines.append(f" --> {plain(', '.join(part for part in told if part))}")
    if error.hint:
        lines.append(f"{style.hint('hint')}: {plain(error.hint)}")
    output.tell("\n".join(lines) + "\n")
    _tell_traceback(error, output)


def tell_usage(error: click.ClickException, output: Output) -> None:
    """A wrong command line on stderr, and where to look; the help itself when nothing was said at all."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and context is not None:
        output.tell(context.get_help() + "\n")
        return
    output.tell(f"error[usage]: {plain(' '.join(error.format_message().split()))}\n")
    if context is not None:
        output.tell(f"hint: see `{context.command_path} --help`\n")


def tell_unexpected(error: BaseException, output: Output) -> None:
    """Print an unexpected error: one line, and the traceback only if asked for."""
    output.tell(f"error[unexpected]: {type(error).__name__}: {plain(error)}\n")
    if not output.verbose:
        output.tell("hint: this is a bug; run the command again with `--verbose` and report the output\n")
    _tell_traceback(error, output)


def _tell_traceback(error: BaseException, output: Output) -> None:
    if output.verbose:
        text = redact("".join(traceback.format_exception(error)))
        output.tell("\n".join(map(plain, text.rstrip().split("\n"))) + "\n")
