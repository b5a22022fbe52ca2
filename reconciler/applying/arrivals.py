"""Looks for the disks that many restores make at a time: one list tells all who wait for disks of a subscription.

A list costs a request for some hundred disks, while Azure accepts 25 reads a second; so while many wait, what only one
restore would ask for is asked for rarely.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.model.ids import ArmId, lower

Row = Mapping[str, Any]
Judge = Callable[[Row], bool]

_FEW = 10
_SECONDS, _ROWS_A_SECOND = 10.0, 100.0
_READS_A_SECOND = 2.0


@dataclass(slots=True, eq=False)
class _Waiter:
    disk: ArmId
    judge: Judge
    until: float
    answer: asyncio.Future[Row | None]


class Arrivals:
    """Lists the disks of a subscription every ten seconds, more rarely where there are thousands, while anybody waits."""

    def __init__(self, azure: Azure, clock: Clock, subscription: str) -> None:
        self._azure = azure
        self._clock = clock
        self._path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/disks"
        self._waiters: list[_Waiter] = []
        self._crowd = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def are_many(self) -> bool:
        """Whether so many restores are under way that a list is less than a read for each."""
        return self._crowd > _FEW

    @property
    def seldom(self) -> float:
        """How many seconds a restore lets pass between reads of its own, so that all together stay far below Azure's rate."""
        return self._crowd / _READS_A_SECOND

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Within this block one more restore is under way."""
        self._crowd += 1
        try:
            yield
        finally:
            self._crowd -= 1

    async def until(self, disk: ArmId, judge: Judge, seconds: float) -> Row | None:
        """The disk's row in the first list where `judge` accepts it; None: there was none for so many seconds.

        A row proves nothing: whoever writes to the disk reads it by its id before.
        """
        answer: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(_Waiter(disk, judge, self._clock.monotonic() + seconds, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_until_nobody_waits())
        return await answer

    async def close(self) -> None:
        """Stop looking; waiters are cancelled by their own tasks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_until_nobody_waits(self) -> None:
        seconds = _SECONDS
        while self._waiters:
            await self._clock.sleep(seconds)
            rows: dict[str, Row] = {}
            try:
                rows = {lower(str(row.get("id"))): row for row in await self._azure.list(self._path)}
            except Exception:  # noqa: BLE001 - without a list, everybody reads by id in the end
                seconds = min(2 * seconds, 8 * _SECONDS)
            else:
                seconds = max(_SECONDS, len(rows) / _ROWS_A_SECOND)
            now = self._clock.monotonic()
            self._waiters = [waiter for waiter in self._waiters if not _answered(waiter, rows, now)]


def _answered(waiter: _Waiter, rows: Mapping[str, Row], now: float) -> bool:
    if waiter.answer.done():  # its task was cancelled
        return True
    row = rows.get(waiter.disk.key)
    if row is not None and _accepts(waiter.judge, row):
        waiter.answer.set_result(row)
    elif now >= waiter.until:
        waiter.answer.set_result(None)
    return waiter.answer.done()


def _accepts(judge: Judge, row: Row) -> bool:
    try:
        return judge(row)
    except Exception:  # noqa: BLE001 - a row that makes no sense is waited out; the disk is then read by id
        return False
