"""The audit file: lines are only appended, each in one write, so that a kill at any moment leaves whole records.

Only the last line can be incomplete, after a power cut or with a full disk; readers skip a line that isn't JSON. Each
line is synced to disk before the run continues, so what was sent to Azure is known even if the machine fails next.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from reconciler.base import portable
from reconciler.loading.source import commit_of
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.results.trial import Trial
from reconciler.model.writes import Answer, Write
from reconciler.report.audit import RunOrigin, intent_line, result_line, trial_line

_HINT = "check the folder, its permissions and free disk space, then run the command again; no change is sent to Azure without an audit record"


class AuditFile:
    """A file that lines are appended to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _opened(path)

    def append(self, line: str) -> None:
        """Write a whole line to disk; ReconcilerError when that fails."""
        content = line.encode("ascii")
        try:
            written = os.write(self._file, content)
            os.fsync(self._file)
        except OSError as error:
            raise self._unaudited(str(error.strerror)) from error
        if written < len(content):
            raise self._unaudited(os.strerror(errno.ENOSPC))

    def _unaudited(self, why: str) -> ReconcilerError:
        text = f"could not record a write in the audit file `{self.path}`: {why}"
        return ReconcilerError(text, hint=_HINT, code=error_codes.UNAUDITED)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class Trail:
    """The ledger of one run, which writes a line to the file for every record."""

    def __init__(self, file: AuditFile, origin: RunOrigin, now: Callable[[], datetime]) -> None:
        self._file = file
        self._origin = origin
        self._now = now

    def intent(self, write: Write) -> None:
        """Record a write before it is sent; ReconcilerError, which stops the write, when that fails."""
        self._file.append(intent_line(self._origin, write, self._now()))

    def result(self, write: Write, answer: Answer) -> None:
        """Record a write's answer, or that there will be none."""
        self._file.append(result_line(self._origin, write, answer, self._now()))

    def trial(self, found: Trial) -> None:
        """Record the verdict of a trial restore; ReconcilerError, which keeps it from being a proof, when that fails."""
        self._file.append(trial_line(self._origin, found, self._now()))


@contextmanager
def audit_file(path: str | None) -> Iterator[AuditFile | None]:
    """The open audit file, None without a path; UsageError when it can't be appended to."""
    if path is None:
        yield None
        return
    file = AuditFile(Path(path))
    try:
        yield file
    finally:
        file.close()


def origin_of(manifest: str, path: Path, environment: Mapping[str, str]) -> RunOrigin:
    """What the records of a new run share; `path` is the manifest's."""
    return RunOrigin(str(uuid4()), manifest, commit_of(path, environment))


def _opened(path: Path) -> int:
    """A descriptor that appends, at the start of a line; UsageError when the file can't be opened."""
    try:
        file = os.open(path, portable.APPENDING, 0o600)
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise _unwritable(path, "it is not a regular file")
        if status.st_size and portable.last_byte(file) != b"\n":
            os.write(file, b"\n")  # an incomplete line stays as it is, and ours begins on the next
    except OSError as error:
        os.close(file)
        raise _unwritable(path, str(error.strerror)) from error
    except UsageError:
        os.close(file)
        raise
    return file


def _unwritable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"could not open the audit file `{path}` for writing: {why}", hint=_HINT, code=error_codes.UNWRITABLE
    )
