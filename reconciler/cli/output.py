"""Writes data to stdout and everything else to stderr, and survives a closed pipe."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from reconciler.report.style import Style


class Output:
    """The process's two streams.

    `verbose`: print tracebacks; `simulated`: a sandbox answered, and every report says so. `broken` says why stdout could
    not be written (empty: it could).
    """

    def __init__(self) -> None:
        self.verbose = False
        self.simulated = False
        self._is_marked = False
        self.broken = "" if sys.stdout else "it is closed"
        _open_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    @property
    def style(self) -> Style:
        """Colours for stdout: on a terminal, unless NO_COLOR is set."""
        return Style(colour=_wants_colour(sys.stdout))

    @property
    def error_style(self) -> Style:
        """Colours for stderr."""
        return Style(colour=_wants_colour(sys.stderr))

    def report(self, text: str, form: str) -> None:
        """Print a report of a run to stdout, in a form of `--format`."""
        self.data(text if form == "text" and self._is_marked else self.marked(text, form))
        self._is_marked = self.simulated

    def show(self, text: str, form: str) -> None:
        """Print a plan before the result: on stdout if the result is text too, else on stderr."""
        if form == "text":
            self.report(text, form)
        else:
            self.tell(text)

    def marked(self, text: str, form: str) -> str:
        """The text as it is printed, with the mark of a simulated run if it was one."""
        if not self.simulated:
            return text
        from reconciler.report.simulated import marked  # `--help` needs none of it

        return marked(text, form)

    def data(self, text: str) -> None:
        """Print text to stdout; if that fails, the run continues, and fails at the end."""
        if self.broken:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            self.lose(error)

    def lose(self, error: Exception) -> None:
        """Stop writing to stdout, with a message unless the reader closed the pipe."""
        self.broken = str(error)
        _discard(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            self.tell(f"error[output]: could not write to stdout: {error}\n")

    def tell(self, text: str) -> None:
        """Print text to stderr, and ignore errors."""
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):
            _discard(sys.stderr)

    def exit_code(self, code: int) -> int:
        """The exit code: `code`, or that of a failed output."""
        return 1 if self.broken and code == 0 else code

    def close(self) -> None:
        """Flush the streams, so that the interpreter has nothing to report at its end."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                _discard(stream)


def _open_closed() -> None:
    """Open a descriptor for each closed stream; otherwise the next file that is opened would take its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def _wants_colour(stream: TextIO) -> bool:
    try:
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    except ValueError:
        return False


def _discard(stream: TextIO) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
