"""An event loop with virtual time: instead of waiting it moves its clock forward.

Sleeps, timeouts and deadlines take microseconds and are deterministic. Don't use real sockets or threads on it: while
one of them works, virtual time would run past every deadline.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any

_RESOLUTION = 1e-6


class Deadlock(RuntimeError):
    """Every task waits for another one and nothing is scheduled: a real loop would hang forever."""


class _VirtualSelector(selectors.BaseSelector):
    """A selector that never waits: a timeout moves `now` forward, by exactly that many seconds."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is, move the time forward."""
        ready = self._real.select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Deadlock("every task waits for another one: nothing is scheduled on the virtual clock")
        self.now += max(timeout, _RESOLUTION)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a file object (asyncio's own pipe for signals)."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Stop watching a file object."""
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is watched."""
        return self._real.get_map() or {}

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        """How a file object is watched."""
        return self._real.get_key(fileobj)

    def close(self) -> None:
        """Close the system's selector."""
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's loop on virtual time; `time()` is in virtual seconds and starts at `start`."""

    def __init__(self, start: float = 0.0) -> None:
        self._virtual = _VirtualSelector(start)
        super().__init__(self._virtual)
        self._clock_resolution = _RESOLUTION

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual.now


def new_loop(start: float = 0.0) -> Callable[[], asyncio.AbstractEventLoop]:
    """A `loop_factory` for `asyncio.Runner`; its loops start at `start` seconds."""
    return lambda: VirtualLoop(start)
