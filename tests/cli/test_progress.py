from __future__ import annotations

import os
import pty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from installed import AZURE, run

from reconciler.cli.output import Output
from reconciler.cli.progress import Bars, Lines
from reconciler.model.addresses import policy
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.results.outcome import Result, Status


class StandingClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


CHANGE = Change(policy("TestBkpVault", "diskBkpPolicy"), Kind.POLICY, Action.ADD, "", ())


def test_lines_tell_what_happens_in_the_clocks_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock = StandingClock()
    lines = Lines(Output(), clock)  # type: ignore[arg-type]
    with lines.running(1):
        lines.started(CHANGE)
        clock.seconds = 12
        lines.told(CHANGE.address, "waiting for the role\n")
        lines.throttled("Microsoft.Authorization", 7)
        lines.held_back("Azure Resource Manager", 12)
        lines.ended(Result(CHANGE.address, Kind.POLICY, Action.ADD, Status.DONE))
        lines.ended(Result("disk/a", Kind.DISK, Action.ADD, Status.SKIPPED, because="the vault failed"))
        lines.ended(Result("disk/b", Kind.DISK, Action.ADD, Status.FAILED, "no", "UserErrorX"))
        lines.ended(Result("disk/c", Kind.DISK, None, Status.IN_PROGRESS))
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.splitlines() == [
        "policy/TestBkpVault/diskBkpPolicy: creating…",
        r"policy/TestBkpVault/diskBkpPolicy: waiting for the role\n",
        "throttled by Microsoft.Authorization, waiting 7 s",
        "rate limit of Azure Resource Manager, waiting 12 s",
        "policy/TestBkpVault/diskBkpPolicy: done after 12 s",
        "disk/a: skipped (because the vault failed)",
        "disk/b: failed: UserErrorX: no",
        "disk/c: still in progress",
    ]


def test_a_bar_moves_on_with_each_result(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars(Output(), StandingClock())  # type: ignore[arg-type]
    bars.started(CHANGE)
    with bars.running(2):
        bars.started(CHANGE)
        bars.told(CHANGE.address, "[bold]waiting")
        bars.throttled("Azure", 7)
        bars.ended(Result("disk/[red]b", Kind.DISK, Action.ADD, Status.DONE))
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith(f"{CHANGE.address}: creating…\n")  # nothing runs yet, so there is no bar
    assert "disk/[red]b: done" in captured.err


def test_on_a_terminal_what_acts_has_its_bar_and_a_wait_its_lines(folder: Path) -> None:
    with terminal() as (screen, shown):
        apply = run(folder, "apply", ".", *AZURE, "--auto-approve", stderr=screen)
        assert apply.returncode == 0
        assert "7/7" in shown()
        backup = run(folder, "backup", ".", *AZURE, "--wait", stderr=screen)
        assert backup.returncode == 0
        assert "has succeeded" in shown()
        restored = ("restore", ".", "PSTestDisk", "--to", "diskrg", "--name", "copy", "--auto-approve")
        assert run(folder, *restored, *AZURE, stderr=screen).returncode == 0
        assert "2/2" in shown()


@contextmanager
def terminal() -> Iterator[tuple[int, Callable[[], str]]]:
    """A terminal to write to, and what it has shown since it was last asked."""
    here, screen = pty.openpty()
    os.set_blocking(here, False)

    def shown() -> str:
        found = b""
        with suppress(BlockingIOError):
            while True:
                found += os.read(here, 1 << 16)
        return found.decode()

    try:
        yield screen, shown
    finally:
        os.close(here)
        os.close(screen)
