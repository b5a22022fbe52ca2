"""Waits by listing: one watcher per vault tells all who wait for its instances.

A thousand instances cost five pages a look instead of a thousand requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.deadlines import deadline as request_deadline
from reconciler.azure.fields import Odd, understood
from reconciler.base.clock import Clock
from reconciler.model.errors import ReconcilerError
from reconciler.model.ids import ArmId, lower

Row = Mapping[str, Any]
Judge = Callable[[Row | None], str]
"""Returns the verdict on an instance's row (None: not in the list); empty: keep waiting."""

_INTERVALS = (5.0, 10.0, 15.0)
_STRETCH, _MOST_SECONDS = 2.0, 45.0
_FAILURES = 5
LATE = "late"
"""The verdict when the deadline came first."""


@dataclass(slots=True, eq=False)
class _Waiter:
    judge: Judge
    since: float
    deadline: float
    answer: asyncio.Future[tuple[str, Row | None]]


class Watch:
    """Lists a vault's instances every 5, 10, then 15 seconds, as long as anybody waits.

    While others keep joining, looks are up to 45 seconds apart: only the last waiters matter for the run's time, and they
    haven't joined yet.
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
        """Whether a list no older than `within` seconds shows an instance."""
        async with self._listing:
            if self._clock.monotonic() - self._listed > within:
                self._tell(await self._rows())
        return instance.key in self._shown

    async def _rows(self) -> dict[str, Row]:
        """The rows by lower-cased id, remembered for `shows`."""
        begun = self._clock.monotonic()
        rows = await self._azure.list(self._path)
        self._listed = begun
        with understood(f"A row in a list of `{self._path}`"):
            found = {lower(str(row.get("id", "")).rstrip("/")): _sensible(row) for row in rows}
        self._shown = frozenset(found)
        return found

    async def until(self, instance: ArmId, judge: Judge, deadline: float) -> tuple[str, Row | None]:
        """The first verdict of `judge` on the instance, with its row; `LATE` at the deadline.

        Raises ReadIncomplete only after five failed looks in a row: a new vault may not be known everywhere.
        """
        waiter = _Waiter(judge, self._clock.monotonic(), deadline, asyncio.get_running_loop().create_future())
        self._waiters.setdefault(instance.key, []).append(waiter)
        self._joined += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_until_nobody_waits())
        return await waiter.answer

    async def close(self) -> None:
        """Stop looking; waiters are cancelled by their own tasks."""
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
                continue  # `shows` has read the list meanwhile
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
            except Exception as error:  # noqa: BLE001 - waiters must get the error, or they wait forever
                self._fail(error)
                return
            else:
                failures = 0
                self._tell(rows)

    def _first_interval(self) -> float:
        """Seconds before the first look: few until it is known how soon changes show in this vault."""
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


def _sensible(row: Row) -> Row:
    """The row; Odd when its tags aren't an object."""
    if not isinstance(row.get("tags") or {}, Mapping):
        raise Odd("its tags are not an object")
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
