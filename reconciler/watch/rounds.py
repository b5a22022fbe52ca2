"""Rounds: a look (and an apply, if asked) at regular intervals, also after a round that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from reconciler.base.clock import Clock
from reconciler.flow.run import unless
from reconciler.model.changes import Change
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.findings import Finding
from reconciler.model.ids import lower
from reconciler.model.results.drift import OUT_OF_REACH, Drift
from reconciler.model.results.outcome import Outcome
from reconciler.model.results.status import UNKNOWN, BackupStatus

JITTER = 0.1
"""The fraction of the interval by which rounds come earlier or later, so that many watches don't ask at once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one round saw and did: `drift` and `status` at the round's end.

    `outcome` is that of an apply (None: nothing was applied); `refused` are the gates that prevented an apply, and `left`
    the changes that it leaves for somebody to approve.
    """

    drift: Drift
    status: BackupStatus
    outcome: Outcome | None = None
    refused: tuple[str, ...] = ()
    left: tuple[Change, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of both looks, each once."""
        drift = self.drift.plan.findings
        known = {(one.code, lower(one.address)) for one in drift}
        return (*drift, *(one for one in self.status.findings if (one.code, lower(one.address)) not in known))

    @property
    def is_whole(self) -> bool:
        """Whether everything could be read."""
        is_known = not any(one.drift == OUT_OF_REACH for one in self.findings)
        return is_known and not self.status.count(UNKNOWN)


@dataclass(frozen=True, slots=True)
class Round:
    """One round: its number from 1, when it began, how many seconds it took, and what it saw, or the error."""

    number: int
    begun: datetime
    seconds: float
    seen: Seen | None = None
    error: ReconcilerError | None = None

    @property
    def result(self) -> str:
        """`clean`, `drift`, `unhealthy` (no drift, but backups are late or failing), `unclear` (exit code 1) or `error`."""
        if self.seen is None:
            return "error"
        drift, status = self.seen.drift.exit_code, self.seen.status.exit_code
        if 1 in (drift, status):
            return "unclear"
        return "drift" if drift else "unhealthy" if status else "clean"


async def rounds(
    look: Callable[[], Coroutine[Any, Any, Seen]],
    tell: Callable[[Round], Awaitable[None]],
    clock: Clock,
    *,
    every: float,
    stop: asyncio.Event,
    chance: Random,
    times: int | None = None,
) -> None:
    """Run a round every `every` seconds, a little earlier or later, until `stop` is set or `times` rounds are done.

    An error ends only its own round; any error other than a ReconcilerError is a bug, and is reported as one.
    """
    number = 0
    while not stop.is_set() and (times is None or number < times):
        number += 1
        begun, first = clock.now(), clock.monotonic()
        seen, error = await _guarded(look, stop)
        if seen is None and error is None:
            return
        await tell(Round(number, begun, clock.monotonic() - first, seen, error))
        rest = every * (1 + chance.uniform(-JITTER, JITTER)) - (clock.monotonic() - first)
        if times is None or number < times:
            await unless(stop, clock.sleep(max(0.0, rest)))


async def _guarded(
    look: Callable[[], Coroutine[Any, Any, Seen]], stop: asyncio.Event
) -> tuple[Seen | None, ReconcilerError | None]:
    """The result of a look, or its error; neither when it was stopped."""
    try:
        return await unless(stop, look()), None
    except ReconcilerError as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - one round's bug must not end the watch
        return None, ReconcilerError(
            f"{type(error).__name__}: {error}",
            hint="please report this fault of the tool",
            code=error_codes.UNEXPECTED,
        )
