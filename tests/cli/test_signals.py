from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from reconciler.azure.virtual import new_loop
from reconciler.cli.signals import Interrupts


@pytest.mark.parametrize("virtual", [True, False])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_sets_the_stop(
    virtual: bool, number: signal.Signals, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    interrupts = Interrupts()
    before = signal.getsignal(number)

    async def work() -> None:
        stop = asyncio.Event()
        with interrupts.watched(asyncio.get_running_loop(), stop):
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), 5)

    with asyncio.Runner(loop_factory=new_loop() if virtual else None) as runner:
        runner.run(work())
    assert interrupts.exit_code == code
    assert interrupts.name == number.name
    assert signal.getsignal(number) is before
    assert "Interrupted: nothing new will start" in capfd.readouterr().err


def test_the_second_signal_ends_the_process_at_once() -> None:
    program = """
import asyncio, os, signal, time
from reconciler.cli.signals import Interrupts
async def work():
    with Interrupts().watched(asyncio.get_running_loop(), asyncio.Event()):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)
asyncio.run(work())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 130
    assert "exiting immediately" in done.stderr


def test_without_a_signal_nothing_is_said() -> None:
    assert (Interrupts().exit_code, Interrupts().name) == (0, "")


def test_a_signal_that_the_caller_ignores_stays_ignored(capfd: pytest.CaptureFixture[str]) -> None:
    """As SIGINT is for a job in a script's background: Ctrl-C is meant for what runs in front."""
    interrupts = Interrupts()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.held():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (interrupts.exit_code, capfd.readouterr().err) == (0, "")
