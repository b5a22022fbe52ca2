"""The injected clock: nothing in the tool reads time in another way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time as the tool needs it: wall-clock time for what it writes, monotonic time for deadlines and waits."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump, for deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock, while other tasks run."""


class LoopClock:
    """The running loop's time; `scale` makes waits shorter (60: a minute passes in a second).

    On a virtual loop `start` is the wall-clock time at the loop's zero; else the system's wall clock is read once.
    The clock belongs to the loop that it is first used on, and can still be read when that loop isn't running.
    """

    def __init__(self, *, start: datetime | None = None, scale: float = 1.0) -> None:
        self._scale = scale
        self._loop: asyncio.AbstractEventLoop | None = None
        self._origin = self._loop_time() if start is None else 0.0
        self._start = start or datetime.now(UTC)

    @property
    def scale(self) -> float:
        """How many seconds of this clock pass in a real one."""
        return self._scale

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return self._start + timedelta(seconds=self.monotonic() - self._origin * self._scale)

    def monotonic(self) -> float:
        """Seconds of this clock."""
        return self._loop_time() * self._scale

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock."""
        await asyncio.sleep(seconds / self._scale)

    def _loop_time(self) -> float:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop.time()
