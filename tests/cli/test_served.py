"""The command against a sandbox that is served over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import reconciler

Run = Callable[..., subprocess.CompletedProcess[str]]
ESTATE = "azure.estate.yaml"
HUNG = 300
"""Seconds after which a process never ends."""


def begun(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(reconciler.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def served(folder: Path, clock: str) -> Iterator[str]:
    """The address of a server, which ends well when it is told to."""
    server = begun(folder, "sandbox", "serve", ESTATE, "--port", "0", "--clock", clock)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().rpartition(" ")[2].strip()
    finally:
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=HUNG)
    assert server.returncode == 0, told


@pytest.mark.long
def test_a_server_is_applied_to_and_reached_into(command: Run, folder: Path) -> None:
    with served(folder, "scaled:100") as url:
        done = command("apply", ".", "--arm-endpoint", url, "--clock", "scaled:100", "--auto-approve")
        assert done.returncode == 0, done.stdout + done.stderr
        assert command("plan", ".", "--arm-endpoint", url, "--detailed-exitcode").returncode == 0
        changes = '{"properties": {"currentProtectionState": "ProtectionStopped"}}'
        assert command("sandbox", "patch", url, "*/backupInstances/*", changes).returncode == 0
        assert command("drift", ".", "--arm-endpoint", url).returncode == 2
        assert command("sandbox", "replace", url, "*/disks/PSTestDisk").stdout.startswith("replaced: /subscriptions/")
        assert "there is no /subscriptions/1" in command("sandbox", "move", url, "*/disks/*", "/subscriptions/1").stderr
        assert command("sandbox", "advance", url, "1h").stdout.startswith("It is now ")
        assert command("sandbox", "switch", url, "case_drift=off").stdout == "case_drift is now off\n"
        assert "no resource in the sandbox has the id" in command("sandbox", "show", url, "*/nothing/*").stderr
        locked = command("sandbox", "advance", ESTATE, "1h")
        assert locked.returncode == 1
        assert "uses the sandbox" in locked.stderr
    assert '"ProtectionStopped"' in command("sandbox", "show", ESTATE, "*/backupInstances/*").stdout


def test_where_nobody_listens_is_said(command: Run, folder: Path) -> None:
    done = command("sandbox", "show", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "error[sandbox]: no sandbox answers at http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_apply_leaves_soon_with_its_report(
    command: Run, folder: Path, number: signal.Signals, code: int
) -> None:
    with served(folder, "real") as url:
        process = begun(
            folder,
            "apply",
            ".",
            "--arm-endpoint",
            url,
            "--auto-approve",
            "--format",
            "json",
            "--report",
            "r.md",
            "--verbose",
        )
        assert process.stderr is not None
        told = ""
        while "vault/TestBkpVault: creating" not in told:
            told = process.stderr.readline()
            assert told
        begin = time.monotonic()
        process.send_signal(number)
        shown, told = process.communicate(timeout=HUNG)
        assert time.monotonic() - begin < 5
        assert process.returncode == code, told
        assert "Interrupted: nothing new will start" in told
        document = json.loads(shown)
        assert document["interrupted"] == number.name
        assert document["summary"]["skipped"] > 0
        assert "## Apply of quickstart: interrupted" in (folder / "r.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hangs_up", [True, False], ids=["between two tries", "waiting for an answer"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_look_leaves_at_once(folder: Path, number: signal.Signals, code: int, hangs_up: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        process = begun(folder, "plan", ".", "--arm-endpoint", f"http://127.0.0.1:{door.getsockname()[1]}")
        visitor, _ = door.accept()
        if hangs_up:
            visitor.close()
        process.send_signal(number)
        begin = time.monotonic()
        shown, told = process.communicate(timeout=HUNG)
        assert time.monotonic() - begin < 5
        visitor.close()
    assert (process.returncode, shown) == (code, ""), told
    assert "Traceback" not in told
