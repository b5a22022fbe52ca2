"""What the changes of one apply share: the connection, deadlines, slots for writes, and what happened so far."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Self

from reconciler.applying.backoff import LAG_SECONDS, ROLE_WINDOW_SECONDS, delays
from reconciler.applying.progress import Progress
from reconciler.applying.refusals import is_permission
from reconciler.applying.watching import Watch
from reconciler.azure.connection import Azure
from reconciler.azure.deadlines import deadline as request_deadline
from reconciler.azure.operations import finish
from reconciler.azure.receipts import Receipt
from reconciler.azure.requesting import Requests
from reconciler.base.clock import Clock
from reconciler.model.changes import Change
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, OperationFailed, ReconcilerError
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan

_USUAL_SECONDS = 46.0
"""What validations, and most stops, suspensions and resumptions, were recorded to take at most."""
_PLACES = 100
"""Writes of one vault that may stand in line for Azure's rate at once: ten seconds' worth in a subscription."""
_A_LITTLE_SOONER = 0.99
_LONGEST_EXPECTED = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`parallelism`: writes in flight at most; `timeout_seconds`: of the whole run (None: none); `action_timeout`:
    seconds that one write and what it sets off may take.
    """

    parallelism: int = 1000
    timeout_seconds: float | None = None
    action_timeout: float = 1800.0

    @classmethod
    def bounded(cls, parallelism: int | None, timeout_seconds: float | None) -> Self:
        """These bounds; without the first, writes are bounded by the governor alone."""
        found = cls(timeout_seconds=timeout_seconds)
        return replace(found, parallelism=parallelism) if parallelism else found


class Skip(Exception):
    """A change isn't begun, and why."""


class Run:
    """One apply under way; times are seconds of the clock's `monotonic`."""

    def __init__(self, plan: Plan, azure: Azure, clock: Clock, settings: Settings, progress: Progress) -> None:
        self.azure = azure
        self.requests = Requests(azure)
        self.clock = clock
        self.settings = settings
        self.progress = progress
        self.plan = plan
        self.changes: Mapping[str, Change] = {change.address: change for change in plan.changes}
        self.random = Random(plan.checksum)  # noqa: S311 - spreads retries, guards nothing
        self.slots = asyncio.Semaphore(max(1, settings.parallelism))
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_PLACES))
        self.vault_locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.began = clock.monotonic()
        self.ends = self.began + (settings.timeout_seconds or float("inf"))
        self.done_at: dict[str, float] = {}
        self.touched: set[str] = set()
        self.principals: Any = None
        self.probes: Any = None
        self.guard: Any = None
        self.holders_asked = 0
        self._watches: dict[str, Watch] = {}
        self._usual: dict[str, float] = {}

    @property
    def now(self) -> float:
        """Seconds of the clock."""
        return self.clock.monotonic()

    def new_deadline(self) -> float:
        """When an action that begins now must have ended; the current task's requests give up then as well."""
        deadline = min(self.now + self.settings.action_timeout, self.ends)
        request_deadline.set(deadline)
        return deadline

    def delays(self, first: float, most: float) -> Iterator[float]:
        """Seconds to wait before each next try, growing and jittered."""
        return delays(self.random, first, most)

    @asynccontextmanager
    async def slot(self, vault: ArmId | None) -> AsyncIterator[float]:
        """Around a write: wait for a slot, of which no vault has so many that others wait long; the new deadline.

        Time runs from here: what waits for its turn is not late.
        """
        async with self._places[vault.key if vault else ""], self.slots:
            yield self.new_deadline()

    async def pause(self, seconds: float, deadline: float, what: str) -> None:
        """Wait, unless the deadline comes first: then OperationFailed, naming `what` is still in progress."""
        if self.now + seconds > deadline:
            raise self.still_in_progress(what)
        await self.clock.sleep(seconds)

    def still_in_progress(self, what: str) -> OperationFailed:
        """The error of an action whose deadline came first."""
        if self.now + 1 >= self.ends or self.ends - self.began < self.settings.action_timeout:
            limit, hint = (
                self.settings.timeout_seconds or 0.0,
                "Azure goes on by itself; apply again, or raise --timeout",
            )
        else:
            limit, hint = self.settings.action_timeout, "Azure goes on by itself; apply again later to see it through"
        text = f"{limit / 60:g} min" if limit >= 60 else f"{limit:g} s"  # noqa: PLR2004 - seconds of a minute
        return OperationFailed(f"{what}: still in progress after {text}", code=error_codes.STILL_IN_PROGRESS, hint=hint)

    def watch(self, vault: ArmId) -> Watch:
        """The one watcher of a vault's instances."""
        if vault.key not in self._watches:
            self._watches[vault.key] = Watch(self.azure, self.clock, vault, self.settings.action_timeout)
        return self._watches[vault.key]

    async def finish(self, kind: str, receipt: Receipt, deadline: float) -> dict[str, Any]:
        """Wait until an operation ends; it is looked at when others of its kind had ended, to ask but once."""
        begun, usual = self.now, self._usual.get(kind, _USUAL_SECONDS)
        try:
            return await finish(self.azure, receipt, deadline=deadline, expected=usual)
        finally:
            self._usual[kind] = min(max(self.now - begun, usual) * _A_LITTLE_SOONER, _LONGEST_EXPECTED)

    async def close(self) -> None:
        """Stop watching."""
        for watch in self._watches.values():
            await watch.close()

    def tell(self, change: Change | str, text: str) -> None:
        """Tell the listener."""
        self.progress.told(change if isinstance(change, str) else change.address, text)

    def is_young(self, change: Change) -> bool:
        """Whether something that the change depends on was made so recently that Azure may not show it everywhere."""
        times = (self.done_at.get(address, float("-inf")) for address in change.depends)
        return self.now - max(times, default=float("-inf")) < LAG_SECONDS

    def patience(self, change: Change, error: AzureError) -> float:
        """Until when it is worth trying again what was refused so: 30 minutes from the youngest role assignment."""
        if not is_permission(error):
            return float("inf") if self.is_young(change) else float("-inf")
        if change.probe is None or not change.probe.fresh:
            return float("-inf")
        times = (self.done_at.get(address, self.began) for address in change.probe.roles)
        return min(max(times, default=self.began) + ROLE_WINDOW_SECONDS, self.ends)


def overridden(what: str, path: str, wanted: Any, live: Any) -> ReconcilerError:
    """The error of a declared field that came back different from what was written."""
    return ReconcilerError(
        f"{what}: {path} was written as {wanted!r} and came back as {live!r}",
        code=error_codes.OVERRIDDEN_BY_AZURE,
        hint="something rewrites it: look for an Azure Policy with a modify effect, or for another operator",
    )
