"""A process that has loaded the command's modules, and forks for each run.

Each run is the command's own entry point in a process of its own, with the folder, environment and streams it was given;
only the time to load the modules is spared, which is most of what a short run takes.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO

import reconciler
from reconciler.__main__ import main

LIMIT = 300
"""Seconds until a run counts as hung."""
EARLY = ("PYTHON", "LC_", "LANG", "LD_")
"""Variables that Python or the system's libraries read only as a process starts."""


def fits(environment: Mapping[str, str], options: Mapping[str, object]) -> bool:
    """Whether a run forked from here is like one that starts afresh."""
    here = {name: value for name, value in os.environ.items() if name.startswith(EARLY)}
    there = {name: value for name, value in environment.items() if name.startswith(EARLY)}
    return not options and {**here, "PYTHONPATH": ""} == {**there, "PYTHONPATH": ""} and hasattr(os, "fork")


def run(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], before: str = "", timeout: float = LIMIT
) -> subprocess.CompletedProcess[str]:
    """Run the command, after the program `before`; what it said, and its exit code, negative where a signal ended it."""
    with _stream() as out, _stream() as err, socket.socket(socket.AF_UNIX) as line:
        line.settimeout(timeout)
        line.connect(_server(environment["PYTHONPATH"]))
        request = json.dumps([str(folder), arguments, dict(environment), before]).encode()
        socket.send_fds(line, [len(request).to_bytes(4, "big")], [out.fileno(), err.fileno()])
        line.sendall(request)
        pid, code = _number(line), None
        try:
            code = _number(line)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read())
    return subprocess.CompletedProcess(["reconciler", *arguments], code, *said)


def _stream() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


def _number(line: socket.socket) -> int:
    got = line.recv(4, socket.MSG_WAITALL)
    if len(got) < 4:
        raise RuntimeError("the process that forks has ended")
    return int.from_bytes(got, "big", signed=True)


@cache
def _server(path: str) -> str:
    """Start the process that forks, once for each process of tests; the address of its socket."""
    address = str(Path(tempfile.mkdtemp(prefix="warm-")) / "line")
    process = subprocess.Popen(
        [sys.executable, __file__, address], env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.DEVNULL
    )
    atexit.register(_end, process)
    until = time.monotonic() + LIMIT
    while not Path(address).exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the process that forks did not start")
        time.sleep(0.01)
    return address


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _load() -> None:
    """Import all that runs would import by and by."""
    names = [module.name for module in walk_packages(reconciler.__path__, "reconciler.")]
    for name in (*names, "azure.mgmt.dataprotection.aio", "azure.mgmt.authorization.v2022_04_01.aio", "jsonschema_rs"):
        if not name.endswith("__main__"):
            import_module(name)


def _serve(address: str) -> None:
    _load()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a minder ended
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address + "~")
        server.listen(64)
        Path(address + "~").rename(address)
        while True:
            line, _ = server.accept()
            with line:
                if os.fork() == 0:
                    server.close()
                    _in_child(lambda line=line: _mind(line))


def _in_child(act: Callable[[], object]) -> None:
    """Do that and end: nothing of a forked process may return into the loop above it."""
    try:
        act()
    finally:
        os._exit(1)


def _mind(line: socket.socket) -> None:
    """Fork the run, wait for it, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(line, 4, 2)
    request = json.loads(line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
    pid = os.fork()
    if pid == 0:
        line.close()
        _become(*request, streams)
    line.sendall(pid.to_bytes(4, "big", signed=True))
    _, status = os.waitpid(pid, 0)
    line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
    os._exit(0)


def _become(folder: str, arguments: list[str], environment: dict[str, str], before: str, streams: list[int]) -> None:
    """Be the command: its folder, environment, streams and arguments, then its entry point."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, *streams)):
        os.dup2(stream, number)
    os.closerange(3, 256)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.argv = ["reconciler", *arguments]
    code: object = 1
    try:
        exec(before, {})  # noqa: S102 - a test's own
        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 - as Python itself would show it
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    _serve(sys.argv[1])
