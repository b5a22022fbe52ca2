"""Writes data to stdout and everything else to stderr, and survives a closed pipe."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from reconciler.report.style import Style

_USUAL, _LEAST = 100, 40


class Output:
    """The process's two streams.

    `verbose`: print tracebacks, and fold nothing; `simulated`: a sandbox answered, and every report says so. `broken` says why stdout could
    not be written (empty: it could).
    """

    def __init__(self) -> None:
        self.verbose = False
        self.simulated = False
        self._is_marked = False
        self._is_closed = sys.stdout is None
        self.broken = "it is closed" if self._is_closed else ""
        _open_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    @property
    def style(self) -> Style:
        """How text is shown on stdout: coloured on a terminal, unless NO_COLOR is set; whole with `--verbose`."""
        return Style(_wants_colour(sys.stdout), _width(sys.stdout), self.verbose, _is_ascii(sys.stdout))

    @property
    def error_style(self) -> Style:
        """The same for stderr."""
        return Style(_wants_colour(sys.stderr), _width(sys.stderr), self.verbose, _is_ascii(sys.stderr))

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
        """The exit code: `code`, or that of a failed output, with a message if stdout was closed from the start."""
        if self._is_closed:
            self.tell(f"error[output]: could not write to stdout: {self.broken}\n")
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


def _is_ascii(stream: TextIO) -> bool:
    """Whether the stream can't write the marks of tables, as on Windows in some files."""
    try:
        "✗✓…".encode(stream.encoding or "ascii")
    except (LookupError, UnicodeError):
        return True
    return False


def _width(stream: TextIO) -> int:
    """The columns that text may take: COLUMNS, or those of the terminal; elsewhere, as in the log of a CI system, 100."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return max(int(said), _LEAST)
    try:
        return max(os.get_terminal_size(stream.fileno()).columns or _USUAL, _LEAST)
    except (OSError, ValueError):
        return _USUAL


def _discard(stream: TextIO) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
