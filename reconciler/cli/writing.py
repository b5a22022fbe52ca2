"""Files that the command line writes: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from reconciler.cli.output import Output
from reconciler.errors import UsageError


def check_writable(path: Path, what: str) -> None:
    """UsageError when `path` lies in no folder, or is one: said before anything is done."""
    if not path.parent.is_dir():
        raise UsageError(f"{what} cannot be written: {path.parent} is no folder", hint="create the folder first")
    if path.is_dir():
        raise UsageError(f"{what} cannot be written: {path} is a folder", hint="name a file")


def write_file(path: Path, text: str, what: str) -> None:
    """Replace the file by `text` in one step; UsageError when that fails, the old file then being as it was."""
    if path.exists() and not path.is_file():
        _write(path, text, what)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(path, what, error) from error


def _write(path: Path, text: str, what: str) -> None:
    """A device or a pipe is written as it is."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, what, error) from error


def _unwritable(path: Path, what: str, error: OSError) -> UsageError:
    return UsageError(
        f"{what} could not be written to {path}: {error.strerror or error}",
        hint="check the folder, its rights and the space on its disk",
        code="unwritable",
    )


def check_reports(paths: tuple[Path, ...], *, script: bool = False) -> None:
    """UsageError for a report whose name or folder won't do; `script`: role assignments may be written, too."""
    endings = (".json", ".md", ".sh") if script else (".json", ".md")
    for path in paths:
        if path.suffix not in endings:
            raise UsageError(
                f"no report can be written to {path}", hint=f"name a file that ends in {', '.join(endings)}"
            )
        check_writable(path, "the report")


def write_reports(paths: tuple[Path, ...], texts: Mapping[str, Callable[[], str]], output: Output) -> int:
    """Write a report for each path by its ending (`.json`, `.md`, `.sh`): 0, or 1 when one failed, which is told."""
    failed = 0
    for path in paths:
        try:
            write_file(path, texts[path.suffix](), "the report")
        except UsageError as error:
            from reconciler.cli.failure import tell_error

            tell_error(error, output)
            failed = 1
    return failed
