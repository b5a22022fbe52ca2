"""The three clocks of a sandbox: the real one, one that runs faster, and one that moves only when told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.sandbox.errors import SandboxError

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """What `real`, `scaled:N` or `virtual:START` says: `scale` simulated seconds pass in a second (0: none by themselves)."""

    scale: float
    start: datetime | None = None

    def source(self) -> Now | None:
        """A clock to follow; None for one that stands still until it is told to advance."""
        if not self.scale:
            return None
        origin, begun = datetime.now(UTC), time.monotonic()
        return lambda: origin + timedelta(seconds=(time.monotonic() - begun) * self.scale)


def parse(text: str) -> ClockSpec:
    """The clock that `real`, `scaled:60`, `virtual` or `virtual:2026-01-05T08:00:00Z` names; SandboxError otherwise."""
    kind, _, rest = text.strip().partition(":")
    try:
        if kind == "real" and not rest:
            return ClockSpec(1.0)
        if kind == "scaled" and 0 < float(rest) < 1e9:  # noqa: PLR2004  # faster than 30 years a second is a typing error
            return ClockSpec(float(rest))
        if kind == "virtual":
            return ClockSpec(0.0, moment(rest) if rest else None)
    except ValueError:
        pass
    raise SandboxError(f"'{text}' is no clock", "write real, scaled:60 or virtual:2026-01-05T08:00:00Z")


def moment(text: str) -> datetime:
    """A time with its zone, in UTC (UTC when it names none); ValueError when it is none."""
    found = datetime.fromisoformat(text)
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)


class Time:
    """The sandbox's time: follows a source, never goes back, and can be advanced by hand."""

    def __init__(self, start: datetime | None = None, source: Now | None = None) -> None:
        self._source = source
        begin = source() if source else (start or START)
        self._offset = max((start or begin) - begin, timedelta())
        self._standing = begin

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return (self._source() if self._source else self._standing) + self._offset

    def advance(self, seconds: float) -> None:
        """Let that many seconds pass at once."""
        self._offset += timedelta(seconds=seconds)

    def follow(self, source: Now) -> None:
        """Go on from here at the pace of another clock."""
        here = self()
        self._source = source
        self._offset = here - source()
