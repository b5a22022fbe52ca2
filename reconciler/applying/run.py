"""What the changes of one apply share: the connection, deadlines, slots for writes, and what happened so far."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Self, TypeVar

from reconciler.applying.arrivals import Arrivals
from reconciler.applying.backoff import LAG_SECONDS, ROLE_WINDOW_SECONDS, delays
from reconciler.applying.principals import Principals
from reconciler.applying.progress import Progress
from reconciler.applying.refusals import is_permission
from reconciler.applying.watching import Watch
from reconciler.azure.connection import Azure
from reconciler.azure.deadlines import deadline as request_deadline
from reconciler.azure.operations import finish
from reconciler.azure.receipts import Receipt
from reconciler.azure.requesting import Requests
from reconciler.base import escape
from reconciler.base.clock import Clock
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.changes import Change
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, OperationFailed, ReconcilerError
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.trial import Trial

_Shared = TypeVar("_Shared")

_USUAL_SECONDS = 46.0
"""The longest recorded time of a validation, and of most stops, suspensions and resumptions."""
_PLACES = 100
"""How many writes of one vault may queue for Azure's rate limit: ten seconds' worth of a subscription."""
_A_LITTLE_SOONER = 0.99
_LONGEST_EXPECTED = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`parallelism`: writes in flight at most; `timeout_seconds`: for the whole run (None: no limit); `action_timeout`:
    seconds for one write and the operation that it starts; `folder`: the manifest's, in which users' programs run.
    """

    parallelism: int = 1000
    timeout_seconds: float | None = None
    action_timeout: float = 1800.0
    folder: str = "."

    @classmethod
    def bounded(cls, parallelism: int | None, timeout_seconds: float | None) -> Self:
        """Settings with these limits; without the first, only the governor limits writes."""
        found = cls(timeout_seconds=timeout_seconds)
        return replace(found, parallelism=parallelism) if parallelism else found


class Skip(Exception):
    """Why a change isn't started; `cause` is what it lacks."""

    def __init__(self, message: str, cause: Address = NOWHERE) -> None:
        super().__init__(message)
        self.cause = cause


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
        self.trials: dict[str, Trial] = {}
        self.principals = Principals(azure)
        self._shared: dict[Callable[[Run], Any], Any] = {}
        self.holders_asked = 0
        self._watches: dict[str, Watch] = {}
        self._arrivals: dict[str, Arrivals] = {}
        self._usual: dict[str, float] = {}

    def shared(self, kind: Callable[[Run], _Shared]) -> _Shared:
        """The one object of that class that all changes of this run share, made when it is first asked for."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        found: _Shared = self._shared[kind]
        return found

    @property
    def now(self) -> float:
        """The clock's time, in seconds."""
        return self.clock.monotonic()

    def new_deadline(self) -> float:
        """The time by which an action that begins now must end; the current task's requests give up then, too."""
        deadline = min(self.now + self.settings.action_timeout, self.ends)
        request_deadline.set(deadline)
        return deadline

    def delays(self, first: float, most: float) -> Iterator[float]:
        """Seconds to wait before each retry, growing and jittered."""
        return delays(self.random, first, most)

    @asynccontextmanager
    async def slot(self, vault: ArmId | None) -> AsyncIterator[float]:
        """Wait for a slot for a write, and yield the new deadline; no vault has so many that others wait long.

        The time counts from here: a write that waits for its turn is not late.
        """
        async with self._places[vault.key if vault else ""], self.slots:
            yield self.new_deadline()

    async def pause(self, seconds: float, deadline: float, what: str) -> None:
        """Wait; OperationFailed, which says how things are (`what`, or nothing), when the deadline comes first."""
        if self.now + seconds > deadline:
            raise self.still_in_progress(what)
        await self.clock.sleep(seconds)

    def still_in_progress(self, what: str) -> OperationFailed:
        """The error for an action that missed its deadline; `what` says how things are, if there is more to say."""
        if self.now + 1 >= self.ends or self.ends - self.began < self.settings.action_timeout:
            limit, hint = (
                self.settings.timeout_seconds or 0.0,
                "apply again, or raise `--timeout`: Azure continues on its own",
            )
        else:
            limit, hint = (
                self.settings.action_timeout,
                "apply again later to wait for the result: Azure continues on its own",
            )
        text = f"{limit / 60:g} min" if limit >= 60 else f"{limit:g} s"  # noqa: PLR2004 - seconds of a minute
        error = OperationFailed(
            f"{what}{what and ': '}still in progress after {text}", code=error_codes.STILL_IN_PROGRESS, hint=hint
        )
        error.tells_limit = True
        return error

    def watch(self, vault: ArmId) -> Watch:
        """The one watcher of a vault's instances."""
        if vault.key not in self._watches:
            self._watches[vault.key] = Watch(self.azure, self.clock, vault, self.settings.action_timeout)
        return self._watches[vault.key]

    def arrivals(self, subscription: str) -> Arrivals:
        """The one look-out for disks of a subscription."""
        if subscription not in self._arrivals:
            self._arrivals[subscription] = Arrivals(self.azure, self.clock, subscription)
        return self._arrivals[subscription]

    async def finish(self, kind: str, receipt: Receipt, deadline: float) -> dict[str, Any]:
        """Wait until an operation ends; first ask when others of its kind had ended, so that one request may do."""
        begun, usual = self.now, self._usual.get(kind, _USUAL_SECONDS)
        try:
            return await finish(self.azure, receipt, deadline=deadline, expected=usual)
        finally:
            self._usual[kind] = min(max(self.now - begun, usual) * _A_LITTLE_SOONER, _LONGEST_EXPECTED)

    async def close(self) -> None:
        """Stop watching."""
        for watch in self._watches.values():
            await watch.close()
        for arrivals in self._arrivals.values():
            await arrivals.close()

    def tell(self, change: Change | Address, text: str) -> None:
        """Tell the listener."""
        self.progress.told(change if isinstance(change, Address) else change.address, text)

    @contextmanager
    def turned(self, change: Change, state: str) -> Iterator[None]:
        """Within this block, the listener counts the change in this state."""
        self.progress.turned(change.address, state)
        try:
            yield
        finally:
            self.progress.turned(change.address, "")

    def is_young(self, change: Change) -> bool:
        """Whether something that the change depends on was made so recently that Azure may not show it everywhere."""
        times = (self.done_at.get(address, float("-inf")) for address in change.depends)
        return self.now - max(times, default=float("-inf")) < LAG_SECONDS

    def patience(self, change: Change, error: AzureError) -> float:
        """The time until which a retry after this error is worthwhile: 30 minutes after the newest role assignment."""
        if not is_permission(error):
            return float("inf") if self.is_young(change) else float("-inf")
        if change.probe is None or not change.probe.fresh:
            return float("-inf")
        times = (self.done_at.get(address, self.began) for address in change.probe.roles)
        return min(max(times, default=self.began) + ROLE_WINDOW_SECONDS, self.ends)


def overridden(path: str, wanted: Any, live: Any) -> ReconcilerError:
    """The error for a declared field that came back different from what was written."""
    return ReconcilerError(
        f"{path} was written as {escape.value(wanted)} and came back as {escape.value(live)}",
        code=error_codes.OVERRIDDEN_BY_AZURE,
        hint="look for what rewrites it: an Azure Policy with a modify effect, or another operator",
    )
