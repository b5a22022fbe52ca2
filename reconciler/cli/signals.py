"""Interrupts of a run that writes: the first asks it to stop, the second ends the process at once."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from asyncio import AbstractEventLoop, Event
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.base import programs

_FIRST = (
    b"\nInterrupted: nothing new will start; operations that are already running continue in Azure."
    b"\nPress Ctrl-C again to exit immediately.\n"
)
_SECOND = b"\nInterrupted again: exiting immediately.\n"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Handles interrupts; `received` is the first signal's number (0: none)."""

    def __init__(self) -> None:
        self.received = 0

    @property
    def exit_code(self) -> int:
        """130 for SIGINT, 143 for SIGTERM, 0 for none."""
        return 128 + self.received if self.received else 0

    @property
    def name(self) -> str:
        """`SIGINT`, `SIGTERM` or empty."""
        return signal.Signals(self.received).name if self.received else ""

    @contextmanager
    def watched(self, loop: AbstractEventLoop, stop: Event) -> Iterator[None]:
        """Within this block the first signal sets `stop`, through the loop, which may be a virtual one.

        A signal that came before, while signals were `held`, sets it at once.
        """
        if self.received:
            stop.set()
        with self._heeded(lambda: loop.call_soon_threadsafe(stop.set)):
            yield

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within this block, which is around everything with a result to report, the first signal is only remembered."""
        with self._heeded(lambda: None):
            yield

    @contextmanager
    def _heeded(self, act: Callable[[], object]) -> Iterator[None]:
        def receive(number: int, _frame: FrameType | None) -> None:
            if self.received:
                _say(_SECOND)
                programs.end_all()
                os._exit(128 + number)
            self.received = number
            _say(_FIRST)
            act()

        heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = [signal.signal(number, receive) for number in heeded]
        try:
            yield
        finally:
            for number, handler in zip(heeded, before, strict=True):
                signal.signal(number, handler)


def typed_line() -> str:
    """A line that somebody types; a signal ends the wait, even one that comes just before it begins.

    A read that begins right after a signal doesn't notice it, and would wait for the line.
    """
    if os.name == "nt" or not sys.stdin.isatty():
        return sys.stdin.readline()
    woken, waking = socket.socketpair()
    with woken, waking:
        waking.setblocking(False)
        before = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        try:
            while sys.stdin not in select.select([sys.stdin, woken], [], [])[0]:
                woken.recv(4096)
        finally:
            signal.set_wakeup_fd(before)
    return sys.stdin.readline()


def _say(text: bytes) -> None:
    """Write directly to the descriptor, since a signal may come while the stream is being written."""
    try:
        os.write(2, text)
    except OSError:
        return
