"""Completion seen by listing: one watcher per vault tells all who wait for its instances.

A thousand instances cost five pages a look in place of a thousand requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.deadlines import deadline as request_deadline
from reconciler.azure.fields import understood
from reconciler.base.clock import Clock
from reconciler.model.errors import ReconcilerError
from reconciler.model.ids import ArmId, lower

Row = Mapping[str, Any]
Judge = Callable[[Row | None], str]
"""Says in a word what the row of an instance (None: not in the list) means; empty: keep waiting."""

_INTERVALS = (5.0, 10.0, 15.0)
_STRETCH, _MOST_SECONDS = 2.0, 45.0
_FAILURES = 5
LATE = "late"
"""The word for a wait whose deadline came first."""


@dataclass(slots=True, eq=False)
class _Waiter:
    judge: Judge
    since: float
    deadline: float
    answer: asyncio.Future[tuple[str, Row | None]]


class Watch:
    """Lists a vault's instances every 5, 10, then 15 seconds, as long as anybody waits.

    As long as ever more come to wait, up to 45 seconds apart: nobody is kept by that but the last, and they are not among
    those who have just begun.
    """

    def __init__(self, azure: Azure, clock: Clock, vault: ArmId, patience: float) -> None:
        self._azure = azure
        self._clock = clock
        self._path = f"{vault}/backupInstances"
        self._patience = patience
        self._waiters: dict[str, list[_Waiter]] = {}
        self._joined = 0
        self._quickest = float("inf")
        self._task: asyncio.Task[None] | None = None
        self._shown: frozenset[str] = frozenset()
        self._listed = float("-inf")
        self._listing = asyncio.Lock()

    async def shows(self, instance: ArmId, *, within: float) -> bool:
        """Whether a list of the last seconds shows an instance."""
        async with self._listing:
            if self._clock.monotonic() - self._listed > within:
                self._tell(await self._rows())
        return instance.key in self._shown

    async def _rows(self) -> dict[str, Row]:
        """The rows by lower-cased id; of the last list it is known what it showed."""
        begun = self._clock.monotonic()
        rows = await self._azure.list(self._path)
        self._listed = begun
        with understood(f"A row in a list of {self._path}"):
            found = {_key(row): _sensible(row) for row in rows}
        self._shown = frozenset(found)
        return found

    async def until(self, instance: ArmId, judge: Judge, deadline: float) -> tuple[str, Row | None]:
        """The first word that `judge` finds for the instance, with its row; `LATE` at the deadline.

        Raises ReadIncomplete after five looks in a row that failed, whatever the cause: a new vault may not be known everywhere.
        """
        waiter = _Waiter(judge, self._clock.monotonic(), deadline, asyncio.get_running_loop().create_future())
        self._waiters.setdefault(instance.key, []).append(waiter)
        self._joined += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_until_nobody_waits())
        return await waiter.answer

    async def close(self) -> None:
        """Stop looking; whoever still waits is cancelled by its own task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_until_nobody_waits(self) -> None:
        looks, failures, interval = 0, 0, self._first_interval()
        while self._waiters:
            self._joined = 0
            begun = self._clock.monotonic()
            await self._clock.sleep(interval)
            if self._listed > begun:
                continue  # whoever asked what the list shows has had it read meanwhile
            looks += 1
            usual = _INTERVALS[min(looks, len(_INTERVALS) - 1)]
            interval = min(interval * _STRETCH, _MOST_SECONDS) if self._joined and looks > len(_INTERVALS) else usual
            request_deadline.set(self._clock.monotonic() + self._patience)
            try:
                rows = await self._rows()
            except ReconcilerError as error:
                failures += 1
                if failures >= _FAILURES:
                    self._fail(error)
                    return
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, else they wait for ever
                self._fail(error)
                return
            else:
                failures = 0
                self._tell(rows)

    def _first_interval(self) -> float:
        """Seconds before the first look: not long, as long as it isn't known how soon anything shows in this vault."""
        return _INTERVALS[0] if self._quickest == float("inf") else max(_INTERVALS[0], min(self._quickest / 2, 30.0))

    def _tell(self, rows: Mapping[str, Row]) -> None:
        now = self._clock.monotonic()
        for key in list(self._waiters):
            row = rows.get(key)
            waiting = self._waiters[key]
            left = [waiter for waiter in waiting if not _answered(waiter, row, now)]
            if len(left) < len(waiting):
                self._quickest = min(self._quickest, now - waiting[0].since)
            if left:
                self._waiters[key] = left
            else:
                del self._waiters[key]

    def _fail(self, error: Exception) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.answer.done():
                    waiter.answer.set_exception(error)
        self._waiters.clear()


def _key(row: Row) -> str:
    return lower(str(row.get("id", "")).rstrip("/"))


def _sensible(row: Row) -> Row:
    """The row; TypeError when what lies in it isn't an object where it has to be one."""
    if not isinstance(row.get("tags") or {}, Mapping):
        raise TypeError("its tags are no object")
    return row


def _answered(waiter: _Waiter, row: Row | None, now: float) -> bool:
    if waiter.answer.done():  # its task was cancelled
        return True
    try:
        with understood("Its row in a list of instances"):
            word = waiter.judge(row) or (LATE if now >= waiter.deadline else "")
    except Exception as error:  # noqa: BLE001 - one odd row must not stop the others
        waiter.answer.set_exception(error)
        return True
    if word:
        waiter.answer.set_result((word, row))
    return bool(word)
