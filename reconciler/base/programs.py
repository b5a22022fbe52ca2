"""Programs that users name: begun without a shell, never longer than they may run, and ended with all that they started.

Their time is real time, whatever the clock of the run is.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from reconciler.base import portable
from reconciler.base.redaction import redact

_FIRST, _LAST = 0.005, 0.1
PATIENT_SECONDS, HASTY_SECONDS = 30.0, 5.0
"""How long a program may take to put away what it uses: when its time is over, and when the run is interrupted."""

_KEPT = 64 * 1024
_SHOWN = 4000
_HIDDEN = "***"
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""What colours text on a terminal, and would hide where a secret begins."""

_running: set[portable.Process] = set()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended: its exit code (negative: the signal that ended it; None: its time was over), and the end of its output.

    The output is at most a few thousand characters, without secrets.
    """

    code: int | None
    output: str = ""


async def ending(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float, secrets: Collection[str] = ()
) -> Ending:
    """Run a program in `folder` with exactly this environment, for at most that many seconds; `secrets` are never shown.

    OSError or ValueError when it can't be started. When this is cancelled, the program is ended first.
    """
    file = portable.program(words[0], folder, environment.get("PATH", os.defpath))
    process = portable.begun(file, words, folder, environment)
    _running.add(process)
    tail = _Tail(process)
    try:
        code = await _exit_code(process, seconds)
        if code is None:
            await _asked_to_end(process, PATIENT_SECONDS)
    except asyncio.CancelledError:
        await _asked_to_end(process, HASTY_SECONDS)
        raise
    finally:
        portable.end(process)
        process.wait()
        _running.discard(process)
    return Ending(code, tail.text(secrets))


def end_all() -> None:
    """End every program that is still running, at once: for a process that is about to exit."""
    for process in list(_running):
        portable.end(process)


async def _asked_to_end(process: portable.Process, seconds: float) -> None:
    """Ask a program to end, and give it that time to put away what it uses."""
    portable.asked_to_end(process)
    await _exit_code(process, seconds)


async def _exit_code(process: portable.Process, seconds: float) -> int | None:
    """Its exit code; None when it hasn't ended after that many seconds."""
    until, step = time.monotonic() + seconds, _FIRST
    while (code := process.poll()) is None and time.monotonic() < until:
        await _pass(min(step, max(0.0, until - time.monotonic())))
        step = min(2 * step, _LAST)
    return code


async def _pass(seconds: float) -> None:
    """Let real time pass: a loop on virtual time only moves its own."""
    until = time.monotonic() + seconds
    await asyncio.sleep(seconds)
    time.sleep(max(0.0, until - time.monotonic()))  # noqa: ASYNC251 - nothing is left of it on a real loop


class _Tail:
    """Reads what a program writes, so that it never waits for a reader, and keeps only the end."""

    def __init__(self, process: portable.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._stream = process.stdout
        self._kept = bytearray()
        self._is_cut = False
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while chunk := self._stream.read(_KEPT):
            self._kept += chunk
            if len(self._kept) > _KEPT:
                del self._kept[:-_KEPT]
                self._is_cut = True
        self._stream.close()

    def text(self, secrets: Collection[str]) -> str:
        """What is kept, without secrets; an ellipsis stands for what is left out before it.

        A line whose beginning is lost is left out, since nobody can tell whether it is a secret.
        """
        self._thread.join(1.0)  # what has left the group may still hold the pipe
        text = _COLOURS.sub("", bytes(self._kept).decode("utf-8", "replace").replace("\r\n", "\n"))
        text = redact(text.partition("\n")[2] if self._is_cut else text)
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        is_cut = self._is_cut or len(text) > _SHOWN
        if len(text) > _SHOWN:
            text = text[-_SHOWN:]
            text = text.partition("\n")[2] or text
        return f"…\n{text}" if is_cut else text
