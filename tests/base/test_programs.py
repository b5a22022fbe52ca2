"""Programs that users name: no shell, no more output than is kept, and nothing left running."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from installed import is_gone

from reconciler.azure.virtual import new_loop
from reconciler.base import portable, programs
from reconciler.base.programs import Ending, ending

AROUND = {"PATH": os.environ["PATH"]}


def ran(folder: Path, *words: str, seconds: float = 20, secrets: tuple[str, ...] = (), virtual: bool = False) -> Ending:
    with asyncio.Runner(loop_factory=new_loop() if virtual else None) as runner:
        return runner.run(ending(words, folder, AROUND, seconds, secrets))


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


@pytest.mark.parametrize("virtual", [False, True])
def test_the_exit_code_and_the_output_are_told(tmp_path: Path, virtual: bool) -> None:
    assert ran(tmp_path, "sh", "-c", "echo well; echo badly >&2; exit 3", virtual=virtual) == Ending(3, "well\nbadly\n")


def test_words_are_arguments_and_never_a_shells(tmp_path: Path) -> None:
    assert ran(tmp_path, "echo", "$HOME; touch here", "*").output == "$HOME; touch here *\n"
    assert list(tmp_path.iterdir()) == []


def test_it_runs_in_the_folder_with_its_environment_and_without_input(tmp_path: Path) -> None:
    said = ran(tmp_path, *python("import os, sys; print(os.getcwd(), sorted(os.environ), sys.stdin.read())")).output
    assert said.startswith(f"{tmp_path} ['")
    assert "'PATH'" in said
    assert "PYTEST_CURRENT_TEST" not in said


@pytest.mark.parametrize("virtual", [False, True])
def test_what_hangs_is_ended_with_everything_that_it_started(
    tmp_path: Path, virtual: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "PATIENT_SECONDS", 0.5)
    began = time.monotonic()
    script = "sleep 300 & echo $! > child; trap '' TERM; echo begun; wait; sleep 300"
    found = ran(tmp_path, "sh", "-c", script, seconds=1, virtual=virtual)
    assert found == Ending(None, "begun\n")
    assert time.monotonic() - began < 60
    assert is_gone(int((tmp_path / "child").read_text()))


def test_what_hangs_may_put_away_what_it_uses(tmp_path: Path) -> None:
    script = "trap 'echo detached; exit 0' TERM; sleep 300 & wait"
    assert ran(tmp_path, "sh", "-c", script, seconds=1).output == "detached\n"


def test_what_it_leaves_running_is_ended_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    began = time.monotonic()
    assert ran(tmp_path, "sh", "-c", "sleep 300 & echo $! > child").code == 0
    assert time.monotonic() - began < 30
    assert is_gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("virtual", [False, True])
def test_an_interrupt_ends_it(tmp_path: Path, virtual: bool) -> None:
    async def interrupted() -> None:
        work = asyncio.ensure_future(ending(("sh", "-c", "echo $$ > own; sleep 300"), tmp_path, AROUND, 300))
        while not (tmp_path / "own").exists() or not (tmp_path / "own").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    with asyncio.Runner(loop_factory=new_loop() if virtual else None) as runner:
        runner.run(interrupted())
    assert is_gone(int((tmp_path / "own").read_text()))


def test_all_can_be_ended_at_once(tmp_path: Path) -> None:
    async def left() -> Ending:
        work = asyncio.ensure_future(ending(("sleep", "300"), tmp_path, AROUND, 300))
        while not programs._running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        programs.end_all()
        return await work

    assert asyncio.run(left()).code == -signal.SIGKILL


def test_of_endless_output_only_the_end_is_kept(tmp_path: Path) -> None:
    found = ran(tmp_path, *python("print('x' * 100_000); [print(n) for n in range(100_000)]; print('the last')"))
    assert found.output.startswith("…\n")
    assert found.output.endswith("99999\nthe last\n")
    assert len(found.output) < 4100


def test_secrets_are_not_shown_however_the_output_is_cut(tmp_path: Path) -> None:
    said = (
        "print('password=' + 's3cret-' * 20_000); print('token: x'); print('Bearer abcdefgh', 'my-own-value', 'fine')"
    )
    found = ran(tmp_path, *python(said), secrets=("my-own-value",))
    assert found.output == "…\ntoken: x\nBearer *** *** fine\n"
    whole = ran(tmp_path, *python("print('\\xff\\x1b[31mclient_secret=abc', end='')")).output
    assert "abc" not in whole


@pytest.mark.parametrize("name", ["no-such-program", "./none", "sub/none", ".", "./text", "/none"])
def test_what_cannot_be_started_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(0o644)
    with pytest.raises(OSError, match=r".") as raised:
        ran(tmp_path, name)
    assert raised.value.strerror


def test_a_program_of_the_folder_needs_a_slash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ls").write_text("#!/bin/sh\necho mine\n")
    (tmp_path / "ls").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert ran(tmp_path, "./ls").output == "mine\n"
    assert ran(tmp_path, "ls").output == "ls\n"
    with pytest.raises(FileNotFoundError):
        portable.program("ls", tmp_path, ".")


def test_on_windows_a_batch_file_is_a_shell(tmp_path: Path) -> None:
    (tmp_path / "check.BAT").write_text("")
    (tmp_path / "check.BAT").chmod(0o755)
    assert portable.program("./check.BAT", tmp_path, "", is_windows=False)
    with pytest.raises(PermissionError, match="batch file"):
        portable.program("./check.BAT", tmp_path, "", is_windows=True)
