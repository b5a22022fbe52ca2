"""What operating systems offer under different names; the rest of the package uses only what all of them have.

`mypy --platform win32` finds what isn't everywhere, and `tests/places` runs the tool without those names.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from errno import EACCES, ENOENT
from pathlib import Path

APPENDING = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened that bytes are only added to, as they are; a pipe without a reader doesn't make the tool wait."""

_BATCH = frozenset({".bat", ".cmd"})

Process = subprocess.Popen[bytes]


def last_byte(file: int) -> bytes:
    """The last byte of an open file; empty when it has none."""
    if not os.fstat(file).st_size:
        return b""
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)


def program(name: str, folder: Path, path: str, *, is_windows: bool = os.name == "nt") -> str:
    """The file of a program: a name alone is searched in the folders of `path`, anything else lies in `folder`, an absolute path.

    OSError when there is none that may be started: never one of the current folder, nor on Windows a batch file, which a
    shell would run.
    """
    separators = [mark for mark in (os.sep, os.altsep) if mark]
    named = str(folder / name) if any(mark in name for mark in separators) else shutil.which(name, path=path)
    if not named or not Path(named).is_absolute():
        raise FileNotFoundError(ENOENT, "no folder of PATH has it")
    if not Path(named).is_file():
        raise FileNotFoundError(ENOENT, "there is no such file" if not Path(named).exists() else "it is not a file")
    if is_windows and Path(named).suffix.lower() in _BATCH:
        raise PermissionError(EACCES, "it is a batch file, which Windows runs in a shell")
    if not os.access(named, os.X_OK):
        raise PermissionError(EACCES, "it may not be executed")
    return named


if sys.platform != "win32" and hasattr(os, "killpg"):

    def begun(file: str, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Process:
        """The program under way, in a group of its own, without a shell; OSError or ValueError when it can't be started."""
        return subprocess.Popen(  # noqa: S603 - what the manifest names, word by word
            [file, *words[1:]], cwd=folder, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
        )  # fmt: skip

    def asked_to_end(process: Process) -> None:
        """Ask the program, and whatever it started, to end."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)

    def end(process: Process) -> None:
        """End the program, and whatever it left running, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

else:

    def begun(file: str, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Process:
        """The program under way, in a group of its own, without a shell; OSError or ValueError when it can't be started."""
        apart = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        return subprocess.Popen(  # noqa: S603 - what the manifest names, word by word
            [file, *words[1:]], cwd=folder, env=environment, creationflags=apart,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
        )  # fmt: skip

    def asked_to_end(process: Process) -> None:
        """Ask the program, and whatever it started, to end."""
        with suppress(OSError, ValueError):
            process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))

    def end(process: Process) -> None:
        """End the program, and whatever it started, at once."""
        if process.poll() is not None:
            return
        tool = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - Windows' own tool, by its whole path
                [str(tool), "/F", "/T", "/PID", str(process.pid)], capture_output=True, timeout=10, check=False
            )
        with suppress(OSError):
            process.kill()
