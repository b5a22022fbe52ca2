"""Errors as messages: what happened, where, why, and what to do."""

from __future__ import annotations

import traceback

import click

from reconciler.base.escape import plain
from reconciler.base.redaction import redact
from reconciler.cli.output import Output
from reconciler.model.errors import AzureError, ManifestError, ReconcilerError
from reconciler.model.short_names import ShortNames
from reconciler.report.caret import diagnostics
from reconciler.report.wrapping import wrapped


def tell_error(error: ReconcilerError, output: Output) -> None:
    """Print one of our errors: its findings with carets, or its message, Azure's request id and its hint."""
    style = output.error_style
    if isinstance(error, ManifestError):
        output.tell(diagnostics(error.findings, error.sources, style=style, root=error.root))
        output.tell(f"\n{plain(error.message)}\n")
        return
    names = ShortNames()
    first, *more = (error.message if style.whole else names.of_message(error.message)).split("\n")
    lines = [*wrapped(style.severity("error", f"error[{plain(error.code)}]") + ": ", plain(first), style)]
    lines += [shown for line in more for shown in wrapped("  ", plain(line.strip()), style)]
    if isinstance(error, AzureError):
        told = [
            f"HTTP {error.status}" if error.status else "",
            error.target,
            f"request {error.request_id}" if error.request_id else "",
        ]
        if any(told):
            lines += wrapped(" --> ", plain(", ".join(part for part in told if part)), style)
    if error.hint:
        hint = error.hint if style.whole else names.of_message(error.hint)
        lines += wrapped(f"{style.hint('hint')}: ", plain(hint), style)
    output.tell("\n".join(lines) + "\n")
    _tell_traceback(error, output)


def tell_usage(error: click.ClickException, output: Output) -> None:
    """A wrong command line on stderr, and where to look; the help itself when nothing was said at all."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and context is not None:
        output.tell(context.get_help() + "\n")
        return
    told = plain(" ".join(error.format_message().split()))
    output.tell("\n".join(wrapped("error[usage]: ", told, output.error_style)) + "\n")
    if context is not None:
        output.tell(f"hint: see `{context.command_path} --help`\n")


def tell_unexpected(error: BaseException, output: Output) -> None:
    """Print an unexpected error: one line, and the traceback only if asked for."""
    style = output.error_style
    told = wrapped("error[unexpected]: ", f"{type(error).__name__}: {plain(error)}", style)
    output.tell("\n".join(told) + "\n")
    if not output.verbose:
        hint = "this is a bug; run the command again with `--verbose` and report the output"
        output.tell("\n".join(wrapped("hint: ", hint, style)) + "\n")
    _tell_traceback(error, output)


def _tell_traceback(error: BaseException, output: Output) -> None:
    if output.verbose:
        text = redact("".join(traceback.format_exception(error)))
        output.tell("\n".join(map(plain, text.rstrip().split("\n"))) + "\n")
