"""A session: an open connection to Azure or to a sandbox, and the event loop that it runs on."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.model.api_versions import DEFAULT

T = TypeVar("T")

Connect = Callable[[Clock], Azure]


class Session:
    """An open connection; every call runs on the session's one event loop, with any time in between.

    `is_virtual`: time on that loop is simulated, so don't wait for threads or sockets on it. `api_version` is the one of
    DataProtection that Azure is asked with.
    """

    def __init__(
        self, runner: asyncio.Runner, connect: Connect, make_clock: Callable[[], Clock], *, is_virtual: bool = False
    ) -> None:
        self.is_virtual = is_virtual
        self.api_version = DEFAULT
        self._runner = runner
        self._connect = connect
        self._make_clock = make_clock
        self._azure: Azure | None = None
        self._clock: Clock | None = None

    @property
    def clock(self) -> Clock:
        """The session's clock."""
        if self._clock is None:
            self._clock = self._runner.run(self._started())
        return self._clock

    def close(self) -> None:
        """Close the connection if it is open."""
        if self._azure is not None:
            self._runner.run(self._azure.close())

    def run(self, work: Callable[[Azure, Clock], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, called with the connection and the clock; the first call opens the connection."""
        clock = self.clock

        async def run() -> T:
            with _wakeful(asyncio.get_running_loop()):
                if self._azure is None:
                    self._azure = self._connect(clock)
                return await work(self._azure, clock)

        return self._runner.run(run())

    async def _started(self) -> Clock:
        return self._make_clock()


@contextmanager
def _wakeful(loop: AbstractEventLoop) -> Iterator[None]:
    """Within this block a signal wakes the loop; otherwise one that arrives just before a wait is handled only after it.

    It works in the main thread only, where handlers run; elsewhere it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()  # a pipe would do where signals can be written to one: not on Windows
    with reading, writing:
        for one in (reading, writing):
            one.setblocking(False)
        try:
            loop.add_reader(reading, reading.recv, 4096)
        except NotImplementedError:  # Windows' own loop, which a signal wakes by itself
            yield
            return
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(reading)
