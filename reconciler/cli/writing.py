"""Writes the command line's files completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reconciler.cli.failure import tell_error
from reconciler.cli.output import Output
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError


def check_writable(path: Path, what: str) -> None:
    """Raise UsageError, before anything is done, when `path` is in no folder, or is one."""
    if not path.parent.is_dir():
        raise UsageError(f"could not write {what}: `{path.parent}` is not a folder", hint="create the folder first")
    if path.is_dir():
        raise UsageError(f"could not write {what}: `{path}` is a folder", hint="name a file")


def write_file(path: Path, text: str, what: str) -> None:
    """Replace the file's content with `text` in one step; UsageError when that fails, which leaves the old file as it was."""
    if path.exists() and not path.is_file():
        _write(path, text, what)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.unlink(missing_ok=True)  # left by a run that was killed, or a link that somebody put there
        with temporary.open(
            "x", encoding="utf-8", errors="backslashreplace", newline=""
        ) as file:  # line ends as they are, on Windows too
            file.write(text)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(path, what, error) from error


def _write(path: Path, text: str, what: str) -> None:
    """Write the text; a device or a pipe is written directly."""
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise _unwritable(path, what, error) from error


def _unwritable(path: Path, what: str, error: OSError) -> UsageError:
    return UsageError(
        f"could not write {what} to `{path}`: {error.strerror or error}",
        hint="check the folder, its permissions and free disk space",
        code=error_codes.UNWRITABLE,
    )


FORMS = {".html": "html", ".json": "json", ".md": "md", ".sarif": "sarif", ".xml": "junit", ".sh": "sh"}
"""The form of a report by its file's ending; `gitlab` has no ending, so it is written before the file."""


class Report(NamedTuple):
    """A report to write: its form and its file."""

    form: str
    path: Path


def reports_of(names: Sequence[str], forms: Iterable[str]) -> tuple[Report, ...]:
    """The report that each `--report [FORM:]FILE` asks for; UsageError for a form not in `forms`, or a bad folder."""
    return tuple(_report(name, tuple(forms)) for name in names)


def _report(name: str, forms: tuple[str, ...]) -> Report:
    form, named, file = name.partition(":")
    if not (named and form in {*FORMS.values(), "gitlab"}):
        form, file = FORMS.get(Path(name).suffix, ""), name
    if form not in forms:
        endings = ", ".join(ending for ending, known in FORMS.items() if known in forms)
        raise UsageError(
            f"the form of the report `{file}` is not supported here",
            hint=f"use a file that ends in {endings}, or put the form first, as in md:FILE: {', '.join(forms)}",
        )
    path = Path(file)
    check_writable(path, "the report")
    return Report(form, path)


def write_reports(reports: Iterable[Report], texts: Mapping[str, Callable[[], str]], output: Output) -> int:
    """Write each report with the text of its form: 0, or 1, with a message, if one failed."""
    failed = 0
    for report in reports:
        try:
            write_file(report.path, output.marked(texts[report.form](), report.form), "the report")
        except UsageError as error:
            tell_error(error, output)
            failed = 1
    return failed
