"""Time, injected: nothing in the tool reads a clock of its own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the tool asks of time: the wall for what is written, the loop's for deadlines and waits."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump, for deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Let others run for that many seconds of this clock."""


class LoopClock:
    """The running loop's time; `scale` makes waits shorter (60: a minute passes in a second).

    On a virtual loop `start` is the wall clock's time at the loop's zero; else the system's wall clock is read once.
    It belongs to the loop that it is first used on, and can still be read when that loop doesn't run.
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
