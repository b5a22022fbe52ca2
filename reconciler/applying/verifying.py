"""Runs the user's own check of a restored copy, and takes its exit code for the verdict.

Whoever may change the manifest names the program, so it gets the words of the manifest as they are, no shell, and no text
from Azure as an argument: that is in the environment. It inherits only harmless variables, none that a secret may be in.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.applying.run import Run
from reconciler.base import portable, programs
from reconciler.base.escape import shortened
from reconciler.base.plurals import duration
from reconciler.model.changes import Change, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.results.trial import Trial

INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TMP", "TEMP",
    "AZURE_CONFIG_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA",
    "PROGRAMDATA", "PROGRAMFILES",
)  # fmt: skip
"""The variables that the program inherits: where programs, files and certificates are, and no secret."""

_SECRET_NAMES = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL", "SIGNATURE", "CONNECTION")
_SECRET_LENGTH = 6
_AT_ONCE = 4


class Turns:
    """Lets a few programs run at a time."""

    def __init__(self, run: Run) -> None:
        self.free = asyncio.Semaphore(min(_AT_ONCE, max(1, run.settings.parallelism)))


def folder_of(run: Run) -> Path:
    """The manifest's folder."""
    return Path(run.settings.folder).absolute()


def check(run: Run, step: Step) -> None:
    """ReconcilerError when the program can't be started: before anything is restored for it."""
    name = step.verification["command"][0]
    try:
        portable.program(name, folder_of(run), os.environ.get("PATH", os.defpath))
    except (OSError, ValueError) as error:
        raise _not_started(name, error) from error


async def verify(run: Run, change: Change, step: Step, trial: Trial, size_gb: int) -> programs.Ending:
    """How the program ended that checks the copy of a trial; ReconcilerError when it can't be started.

    It may run until its own time limit or that of the whole run, whichever comes first.
    """
    words = step.verification["command"]
    async with run.shared(Turns).free:
        seconds = min(float(step.verification["timeout_seconds"]), max(0.0, run.ends - run.now))
        run.tell(change, f"`{shortened(words[0])}` checks the copy")
        with run.turned(change, "being verified"):
            try:
                found = await programs.ending(
                    words,
                    folder_of(run),
                    environment(trial, size_gb, os.environ),
                    seconds,
                    secrets(os.environ),
                )
            except (OSError, ValueError) as error:
                raise _not_started(words[0], error) from error
    if found.code is None and run.now >= run.ends:
        raise ReconcilerError(
            f"the run reached its timeout while `{shortened(words[0])}` was checking the copy",
            code=error_codes.VERIFY_UNFINISHED,
            hint="raise `--timeout`, then run the drill again",
        )
    return found


def judge(step: Step, ending: programs.Ending) -> None:
    """ReconcilerError unless the program found the copy good."""
    name = shortened(step.verification["command"][0])
    if ending.code is None:
        limit = duration(step.verification["timeout_seconds"])
        raise ReconcilerError(
            f"`{name}` did not end within its time limit ({limit}), and was ended; whether the copy is good is not known",
            code=error_codes.VERIFY_UNFINISHED,
            hint=error_codes.VERIFY_UNFINISHED.hint,
        )
    if ending.code < 0:
        raise ReconcilerError(
            f"`{name}` was ended by the signal {-ending.code}; whether the copy is good is not known",
            code=error_codes.VERIFY_UNFINISHED,
            hint="find out what ended it, such as a lack of memory, then run the drill again",
        )
    if ending.code:
        last = next((line for line in reversed(ending.output.splitlines()) if line.strip()), "")
        said = f": '{shortened(last.strip())}'" if last else ""
        raise ReconcilerError(
            f"the copy was restored, but `{name}` ended with exit code {ending.code}{said}",
            code=error_codes.VERIFY_FAILED,
            hint=error_codes.VERIFY_FAILED.hint,
        )


def environment(trial: Trial, size_gb: int, around: Mapping[str, str]) -> dict[str, str]:
    """The program's whole environment: harmless variables of `around`, and what it should know of the copy."""
    return {
        **{name: around[name] for name in INHERITED if name in around},
        "RECONCILER_DRILL": trial.address.names[0],
        "RECONCILER_COPY_ID": trial.copy.text,
        "RECONCILER_COPY_NAME": trial.copy.name,
        "RECONCILER_COPY_SIZE_GIB": str(size_gb),
        "RECONCILER_SOURCE_ID": trial.source.text,
        "RECONCILER_POINT_ID": trial.point.text,
        "RECONCILER_POINT_TIME": trial.taken,
    }


def secrets(around: Mapping[str, str]) -> frozenset[str]:
    """The values of variables that look like secrets, which no output may show, wherever the program has them from."""
    return frozenset(
        value
        for name, value in around.items()
        if len(value) >= _SECRET_LENGTH and any(word in name.upper() for word in _SECRET_NAMES)
    )


def _not_started(name: str, error: Exception) -> ReconcilerError:
    why = (error.strerror if isinstance(error, OSError) else "") or str(error) or "the system gives no reason"
    return ReconcilerError(
        f"`{shortened(name)}`, which is to check the copy, can't be started: {why}",
        code=error_codes.VERIFY_NOT_STARTED,
        hint=error_codes.VERIFY_NOT_STARTED.hint,
    )
