"""F52: interrupted at every phase, once and twice: out within five seconds, truthfully, and a re-run converges."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from faults import TOKEN, Asked, error
from installed import environment, put_files
from served import SCALE, Served, served
from trial import Trial

from reconciler.cli.signals import Interrupts
from reconciler.connection.session import Session
from reconciler.flow.look import look
from reconciler.model.plan import Plan

SIGNALS = {"SIGINT": 130, "SIGTERM": 143}
WAYS = ("--clock", f"scaled:{SCALE:g}")

PHASES: dict[str, str] = {
    "reading subscriptions": "LIST backupVaults",
    "reading disks": "LIST disks",
    "making a resource group": "PUT resourcegroups",
    "making the vault": "PUT backupVaults",
    "waiting for the vault": "GET operationStatus",
    "making the policy": "PUT backupPolicies",
    "granting": "PUT roleAssignments",
    "probing": "POST validateForBackup",
    "making the instance": "PUT backupInstances",
    "watching the instance": "LIST backupInstances",
}
"""What is under way when the signal comes: the request that is never answered."""

READING = {"reading subscriptions", "reading disks"}


LOADING = "print('up', flush=True); from reconciler.__main__ import main; main()"


class Command:
    """The installed command, begun against a served trial."""

    def __init__(
        self,
        folder: Path,
        door: Served,
        *arguments: str,
        prefix: tuple[str, ...] = (),
        program: tuple[str, ...] = ("-m", "reconciler"),
    ) -> None:
        self.folder = folder
        extra = {"RECONCILER_ARM_ENDPOINT": door.url, "RECONCILER_ARM_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, *program, *arguments, *WAYS],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment(extra),
        )
        self.out = self.err = ""
        self.took = 0.0

    def stop(self, name: str, *, times: int = 1, pid: int = 0) -> int:
        """Send the signal, so often, and wait for the end; the exit code."""
        began = time.monotonic()
        for number in range(times):
            if number:
                time.sleep(0.15)
            try:
                os.kill(pid or self.process.pid, signal.Signals[name])
            except ProcessLookupError:
                break
        self.out, self.err = self.process.communicate(timeout=300)
        self.took = time.monotonic() - began
        return self.process.returncode

    def report(self) -> Any:
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))


def apply(trial: Trial, door: Served, **more: Any) -> Command:
    put_files(trial.folder, trial.said)  # type: ignore[arg-type]
    return Command(
        trial.folder,
        door,
        "apply",
        "backup.yaml",
        "--auto-approve",
        "--report",
        "result.json",
        "--report",
        "result.md",
        **more,
    )


def check_told(command: Command, name: str, code: int) -> None:
    assert code == SIGNALS[name], (code, command.err)
    assert command.took < 5
    assert "Traceback" not in command.err
    assert "never retrieved" not in command.err
    assert "Unclosed" not in command.err
    assert "Apply complete!" not in command.out
    assert TOKEN not in command.out + command.err


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("phase", PHASES)
def test_f52_an_interrupt_at_any_phase_ends_the_run_in_time(quickstart: Trial, phase: str, name: str) -> None:
    with served(quickstart) as door:
        if phase == "watching the instance":
            made: list[Asked] = []
            door.holds = lambda asked: (
                (bool(made) and asked.kind.lower() == PHASES[phase].lower())
                or bool(asked.kind == "PUT backupInstances" and made.append(asked))
            )
        else:
            door.holds = lambda asked: asked.kind.lower() == PHASES[phase].lower()
        quickstart.switch(propagation="0")
        command = apply(quickstart, door)
        assert door.held.wait(15), (door.asked, command.stop("SIGKILL"), command.err)
        check_told(command, name, command.stop(name))
    if phase not in READING:
        assert "Interrupted: nothing new will start" in command.err
        report = command.report()
        assert (report["ok"], report["interrupted"]) == (False, name)
        assert {row["status"] for row in report["results"]} <= {"done", "skipped", "in-progress"}
        assert "interrupted" in (command.folder / "result.md").read_text(encoding="utf-8")
        sent = "in-progress" in {row["status"] for row in report["results"]}
        assert sent is (phase != "probing"), "what was sent is not called skipped; a probe changes nothing"


@pytest.mark.parametrize("name", SIGNALS)
def test_f52_an_interrupt_inside_a_long_wait_ends_it(quickstart: Trial, name: str) -> None:
    """Permissions that never come are waited for half an hour: no request is under way when the signal comes."""
    quickstart.switch(propagation="100000")
    with served(quickstart) as door:
        command = apply(quickstart, door)
        assert command.process.stderr is not None
        for line in command.process.stderr:
            if "/PSTestDisk: waiting for permissions (" in line:
                break
        check_told(command, name, command.stop(name))
        assert command.report()["interrupted"] == name
        assert command.report()["summary"]["added"] == 6, "all but the instance, which was not begun"
    quickstart.switch(propagation="60..300")
    quickstart.wait(100_000)


@pytest.mark.parametrize("name", SIGNALS)
def test_f52_an_interrupt_in_the_look_after_it_all_still_tells_what_was_done(quickstart: Trial, name: str) -> None:
    """What somebody else began was waited for; whether it is as declared is looked at once more."""
    assert quickstart.apply().code == 0
    (own,) = quickstart.sandbox.ids("*/backupInstances/*")

    def is_in(state: str) -> None:
        said = {"currentProtectionState": state, "protectionStatus": {"status": state}}
        quickstart.sandbox.patch(own, {"properties": said})

    is_in("UpdatingProtection")
    with served(quickstart) as door:

        def holds(asked: Asked) -> bool:
            if asked.kind == "LIST backupInstances" and door.asked.count(asked.kind) > 1:
                is_in("ProtectionConfigured")
            return asked.kind == "LIST disks" and door.asked.count(asked.kind) > 1

        door.holds = holds
        command = apply(quickstart, door)
        assert door.held.wait(40), (door.asked, command.stop("SIGKILL"), command.err)
        check_told(command, name, command.stop(name))
    report = command.report()
    assert (report["ok"], report["interrupted"]) == (False, name)
    (row,) = [row for row in report["results"] if row["action"] is None]
    assert (row["status"], "could not check" in row["message"]) == ("in-progress", True)


@pytest.mark.parametrize("name", SIGNALS)
def test_f52_an_interrupt_between_the_last_wait_and_the_telling_loses_no_result(
    quickstart: Trial, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The connection is being closed, and no wait is there that a signal could cut short."""
    left: list[int] = []
    monkeypatch.setattr("reconciler.cli.main._leave", lambda number, _: left.append(number))
    close = Session.close

    def closed(session: Session) -> None:
        monkeypatch.setattr(Session, "close", close)
        signal.raise_signal(signal.Signals[name])
        close(session)

    monkeypatch.setattr(Session, "close", closed)
    run = quickstart.apply()
    assert left == [], "the process would have ended at once"
    assert run.code == SIGNALS[name]
    assert "7 added" in run.out
    assert (quickstart.folder / "report-0.json").exists()


def test_f52_an_interrupt_just_before_a_wait_cuts_it_short() -> None:
    async def work(_azure: object, _clock: object) -> bool:
        stop = asyncio.Event()
        with interrupts.watched(asyncio.get_running_loop(), stop):
            return stop.is_set()

    interrupts = Interrupts()
    with interrupts.held(), asyncio.Runner() as runner:
        signal.raise_signal(signal.SIGINT)
        session = Session(runner, lambda _: None, lambda: None)  # type: ignore[arg-type, return-value]
        assert session.run(work)


def test_f52_the_look_after_it_all_that_fails_still_tells_what_was_done(quickstart: Trial) -> None:
    leave_under_way(quickstart)
    quickstart.inject("LIST disks", error(403, "AuthorizationFailed"), skip=1)
    run = quickstart.apply()
    assert run.code == 1
    assert "could not check whether it is as declared" in run.out
    assert (quickstart.folder / f"report-{len(quickstart.runs) - 1}.json").exists()


def test_f52_a_fault_of_the_tool_in_the_look_after_it_all_loses_no_result(
    quickstart: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    async def second_fails(*given: Any, **named: Any) -> Plan:
        if begun:
            raise ZeroDivisionError("surprise")
        begun.append("the look that makes the plan")
        return await look(*given, **named)

    leave_under_way(quickstart)
    with monkeypatch.context() as patched:
        patched.setattr("reconciler.flow.run.look", second_fails)
        run = quickstart.apply()
    assert run.code == 1
    assert "could not check whether it is as declared: ZeroDivisionError: surprise" in run.out


def leave_under_way(trial: Trial) -> None:
    """Re-point the instance, and end before Azure has done it; the declaration is as at first again."""
    assert trial.apply().code == 0
    other = deepcopy(trial.said)
    other["policies"][0]["retention"]["default"] = "9d"
    assert trial.apply("--timeout", "1", said=other).code == 1


@pytest.mark.parametrize(
    ("name", "phase"), [("SIGINT", "making the vault"), ("SIGTERM", "probing"), ("SIGINT", "reading disks")]
)
def test_f52_a_second_interrupt_ends_the_run_at_once(quickstart: Trial, name: str, phase: str) -> None:
    with served(quickstart) as door:
        door.holds = lambda asked: asked.kind.lower() == PHASES[phase].lower()
        quickstart.switch(propagation="0")
        command = apply(quickstart, door)
        assert door.held.wait(15), command.stop("SIGKILL")
        check_told(command, name, command.stop(name, times=2))
        assert command.took < 3


@pytest.mark.parametrize("verb", ["plan", "drift"])
@pytest.mark.parametrize("name", SIGNALS)
def test_f52_what_only_reads_is_interrupted_as_well(quickstart: Trial, verb: str, name: str) -> None:
    with served(quickstart) as door:
        door.holds = lambda asked: asked.kind == "LIST backupVaults"
        put_files(quickstart.folder, quickstart.said)  # type: ignore[arg-type]
        command = Command(quickstart.folder, door, verb, "backup.yaml")
        assert door.held.wait(15), command.stop("SIGKILL")
        check_told(command, name, command.stop(name))
        assert command.out == "", "no conclusion from the part that was read"


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("delay", [0.05, 0.1, 0.2])
def test_f52_an_interrupt_while_it_loads_is_quiet(quickstart: Trial, name: str, delay: float) -> None:
    """From the first line of our own code on; before it the interpreter speaks for itself."""
    with served(quickstart) as door:
        door.holds = lambda _: True
        command = apply(quickstart, door, program=("-c", LOADING))
        assert command.process.stdout is not None
        assert command.process.stdout.readline() == "up\n"
        time.sleep(delay)
        code = command.stop(name)
        assert command.took < 5
        if code != -signal.Signals[name] or "reconciler/cli" in command.err:  # else it had not got so far
            check_told(command, name, code)


@pytest.mark.parametrize("name", SIGNALS)
def test_f52_an_interrupt_at_the_question_writes_nothing(quickstart: Trial, name: str) -> None:
    put_files(quickstart.folder, quickstart.said)  # type: ignore[arg-type]
    with served(quickstart) as door:
        leader, follower = pty.openpty()
        extra = {"RECONCILER_ARM_ENDPOINT": door.url, "RECONCILER_ARM_TOKEN": TOKEN, "TERM": "xterm"}
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "apply", "backup.yaml", *WAYS],
            stdin=follower, stdout=follower, stderr=follower, cwd=quickstart.folder, env=environment(extra), start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        shown = b""
        while b"is accepted: " not in shown:
            shown += os.read(leader, 65536)
        began = time.monotonic()
        process.send_signal(signal.Signals[name])
        assert process.wait(10) == SIGNALS[name]
        assert time.monotonic() - began < 5
        os.close(leader)
        assert not [kind for kind in door.asked if kind.startswith(("PUT", "PATCH", "DELETE"))]


def test_f52_a_signal_that_does_not_break_the_sleep_itself_is_heeded_at_once() -> None:
    """It may come just before the loop falls asleep, or to another thread: both leave the sleep as long as it was."""

    async def work(_azure: object, _clock: object) -> float:
        stop, interrupts = asyncio.Event(), Interrupts()
        with interrupts.watched(asyncio.get_running_loop(), stop):
            thread = threading.Thread(
                target=lambda: (time.sleep(0.2), signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
            )
            thread.start()
            began = time.monotonic()
            await asyncio.wait_for(stop.wait(), 10)
            thread.join()
            return time.monotonic() - began

    with asyncio.Runner() as runner:
        session = Session(runner, lambda _: None, lambda: None)  # type: ignore[arg-type, return-value]
        assert session.run(work) < 2


@pytest.mark.external
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("phase", ["reading subscriptions", "probing"])
def test_f52_as_the_first_process_of_a_container_it_heeds_signals_too(quickstart: Trial, phase: str, name: str) -> None:
    """The kernel drops a signal to PID 1 that has no handler: without ours it would run until it is killed."""
    prefix = ("unshare", "--pid", "--fork", "--kill-child")
    try:
        works = subprocess.run([*prefix, "true"], capture_output=True, check=False, timeout=300).returncode == 0
    except OSError:
        works = False
    if not works:
        pytest.skip("unshare --pid --fork needs permissions that this environment does not give")
    with served(quickstart) as door:
        door.holds = lambda asked: asked.kind.lower() == PHASES[phase].lower()
        quickstart.switch(propagation="0")
        command = apply(quickstart, door, prefix=prefix)
        assert door.held.wait(15), (command.stop("SIGKILL"), command.err)
        children = Path(f"/proc/{command.process.pid}/task/{command.process.pid}/children").read_text(encoding="ascii")
        check_told(command, name, command.stop(name, pid=int(children.split()[0])))
        assert phase in READING or command.report()["interrupted"] == name
