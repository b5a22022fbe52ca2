"""What somebody types is waited for until a signal comes, even one that comes just before the wait."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest

CHILD = """
import signal, sys
from reconciler.cli.signals import typed_line
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
sys.stdout.write("?")
sys.stdout.flush()
sys.stdout.write(f"got {typed_line().strip()}")
"""
ROUNDS = 20


def begun() -> tuple[subprocess.Popen[bytes], int]:
    """A child that has just begun to wait, and the terminal at which somebody types."""
    leader, follower = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    assert os.read(leader, 1) == b"?"
    return child, leader


def test_a_line_is_read() -> None:
    child, leader = begun()
    os.write(leader, b"yes\n")
    assert child.wait(20) == 0
    assert b"got yes" in os.read(leader, 4096)
    os.close(leader)


@pytest.mark.parametrize("count", range(ROUNDS))
def test_a_signal_just_before_the_wait_ends_it(count: int) -> None:
    child, leader = begun()
    child.send_signal(signal.SIGTERM)
    try:
        assert child.wait(20) == 143, count
    finally:
        child.kill()
        os.close(leader)
