from __future__ import annotations

import os
import pty
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from arm import disk as made
from arm import estate as world
from installed import AZURE, ESTATE, run
from manifests import manifest, selecting
from stage import as_yaml

from reconciler.cli.output import Output
from reconciler.cli.progress import Groups, Lines, OneLine
from reconciler.model.addresses import Address, disk, policy
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan, Wait
from reconciler.model.results.outcome import Result, Status

GROUP = "/subscriptions/s/resourceGroups/g/providers"


class StandingClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


POLICY = Change(policy("TestBkpVault", "diskBkpPolicy"), Kind.POLICY, Action.ADD, "", ())


def numbered(number: int) -> Change:
    own = disk(ArmId(f"{GROUP}/Microsoft.Compute/disks/disk-{number}"))
    return Change(own, Kind.DISK, Action.ADD, "", ())


def plan(*changes: Change, waits: tuple[Address, ...] = ()) -> Plan:
    at_work = tuple(Wait(one, ArmId(f"{GROUP}/x/y/z"), "at rest") for one in waits)
    return Plan("x", changes, (), (), "0123", waits=at_work)


def ended(change: Change, status: Status = Status.DONE, message: str = "", code: str = "") -> Result:
    return Result(change.address, change.kind, change.action, status, message, code)


def test_verbose_lines_tell_each_event_in_the_clocks_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock = StandingClock()
    lines = Lines(Output(), clock)  # type: ignore[arg-type]
    first, second, third = map(numbered, range(3))
    with lines.running(plan(POLICY)):
        lines.started(POLICY)
        clock.seconds = 12
        lines.told(POLICY.address, "waiting for the role\n")
        lines.throttled("Microsoft.Authorization", 7)
        lines.held_back("Azure Resource Manager", 12)
        lines.ended(ended(POLICY))
        lines.ended(replace(ended(first, Status.SKIPPED), because="the vault failed"))
        lines.ended(ended(second, Status.FAILED, "no", "UserErrorX"))
        lines.ended(replace(ended(third, Status.IN_PROGRESS), action=None))
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.splitlines() == [
        "policy/TestBkpVault/diskBkpPolicy: creating…",
        r"policy/TestBkpVault/diskBkpPolicy: waiting for the role\n",
        "throttled by Microsoft.Authorization, waiting 7 s",
        "rate limit of Azure Resource Manager, waiting 12 s",
        "policy/TestBkpVault/diskBkpPolicy: done after 12 s",
        "disk/s/g/disk-0: skipped (because the vault failed)",
        "disk/s/g/disk-1: failed: UserErrorX: no",
        "disk/s/g/disk-2: still in progress",
    ]


def test_a_group_has_a_line_each_minute_and_one_when_it_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    clock = StandingClock()
    lines = Groups(Output(), clock)  # type: ignore[arg-type]
    changes = [numbered(number) for number in range(6)]
    late = numbered(7).address
    with lines.running(plan(POLICY, *changes, waits=(late,))):
        lines.started(POLICY)
        clock.seconds = 12
        lines.ended(ended(POLICY))
        for change in changes[:5]:
            lines.started(change)
        for change in changes[1:4]:
            lines.turned(change.address, "waiting for permissions")
            lines.told(change.address, "waiting for permissions to become effective: UserErrorX")
        lines.turned(changes[3].address, "")
        lines.ended(ended(changes[0]))
        clock.seconds = 60
        lines.minute()
        lines.ended(ended(changes[1], Status.FAILED, "no [request 1]", "UserErrorX"))
        lines.ended(ended(changes[2], Status.FAILED, "no [request 2]", "UserErrorX"))
        lines.ended(ended(changes[3], Status.IN_PROGRESS))
        lines.ended(ended(changes[4], Status.FAILED, "another cause"))
        lines.ended(replace(ended(changes[5], Status.SKIPPED), because="the vault failed"))
        lines.ended(Result(late, Kind.DISK, None, Status.DONE))
        lines.minute()
    assert capsys.readouterr().err.splitlines() == [
        "policy/TestBkpVault/diskBkpPolicy: created after 12 s",
        "7 disks: 1 protected, 2 waiting for permissions, 2 being protected, 1 not begun, 1 already in progress (48 s so far)",
        "disk/s/g/disk-1: failed after 48 s: UserErrorX: no [request 1]",
        "disk/s/g/disk-4: failed after 48 s: another cause",
        "7 disks: 1 protected, 3 failed, 1 still in progress, 1 skipped, 1 finished after 48 s",
    ]


def test_what_hinders_a_run_is_told_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = StandingClock()
    lines = Groups(Output(), clock)  # type: ignore[arg-type]
    with lines.running(plan(POLICY)):
        for seconds in (0.0, 20.0, 59.0, 61.0):
            clock.seconds = seconds
            lines.throttled("Azure", 7 + seconds)
        lines.retrying("No answer", 3)
    assert capsys.readouterr().err.splitlines() == [
        "throttled by Azure, waiting 7 s",
        "throttled by Azure, waiting 1 min 8 s",
        "No answer; trying again in 3 s",
    ]


def test_what_no_plan_has_is_told_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Groups(Output(), StandingClock())  # type: ignore[arg-type]
    lines.told(Address("disk-1"), "job 7 has started")
    lines.told(Address("disk-2"), "job 8 has started")
    lines.started(POLICY)
    assert capsys.readouterr().err.splitlines() == [
        "disk-1: job 7 has started",
        "disk-2: job 8 has started",
        "policy/TestBkpVault/diskBkpPolicy: creating…",
    ]


def test_the_line_of_a_terminal_moves_on_with_each_result(capsys: pytest.CaptureFixture[str]) -> None:
    line = OneLine(Output(), StandingClock())  # type: ignore[arg-type]
    line.started(POLICY)
    odd = replace(numbered(1), address=Address("disk/[red]b"))
    with line.running(plan(POLICY, odd)):
        line.started(POLICY)
        line.told(POLICY.address, "[bold]waiting")
        line.throttled("Azure", 7)
        line.minute()
        line.ended(ended(odd))
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith(f"{POLICY.address}: creating…\n")  # nothing runs yet, so there is no line
    assert "disk/[red]b: protected" in captured.err


def test_on_a_terminal_what_acts_has_its_line_and_a_wait_its_lines(folder: Path) -> None:
    with terminal() as (screen, shown):
        apply = run(folder, "apply", ".", *AZURE, "--auto-approve", stderr=screen)
        assert apply.returncode == 0
        assert "7/7" in (told := shown())
        assert "/PSTestDisk: protected after" in told
        backup = run(folder, "backup", ".", *AZURE, "--wait", stderr=screen)
        assert backup.returncode == 0
        assert "has succeeded" in shown()
        restored = ("restore", ".", "PSTestDisk", "--to", "diskrg", "--name", "copy", "--auto-approve")
        assert run(folder, *restored, *AZURE, stderr=screen).returncode == 0
        assert "2/2" in shown()


def test_many_disks_have_few_lines_unless_all_are_asked_for(folder: Path) -> None:
    """One line for a group and minute: those of forty disks are no more than those of one."""
    named = [f"data-{number:02}" for number in range(40)]
    (folder / ESTATE).write_text(as_yaml(world(*(made(name, tags={"backup": "gold"}) for name in named))))
    (folder / "backup.yaml").write_text(as_yaml(manifest(disks=[selecting()])))
    done = run(folder, "apply", ".", *AZURE, "--auto-approve")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert re.fullmatch(r"40 disks: protected after (\d+ min )?\d+ s", lines[-1])
    minutes = [line for line in lines if line.startswith("40 disks: ") and line.endswith("so far)")]
    assert any(re.search(r"\d+ waiting for permissions", line) for line in minutes)
    assert len({line.rpartition("(")[2] for line in minutes}) == len(minutes) < 30
    assert not any(name in done.stderr for name in named)
    assert len(lines) < len(minutes) + 10


@pytest.mark.long
def test_minutes_in_which_nothing_happens_are_told_where_time_passes(folder: Path) -> None:
    run(folder, "sandbox", "switch", ESTATE, "propagation=600")
    done = run(folder, "apply", ".", *AZURE, "--auto-approve", "--clock", "scaled:120")
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"/PSTestDisk: waiting for permissions \(\d+ min", done.stderr)) >= 3


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
