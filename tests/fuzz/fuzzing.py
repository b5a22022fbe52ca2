"""Runs hostile inputs through a target, counts what became of them, and keeps those that it does not bear."""

from __future__ import annotations

import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import FrameType

SECONDS = 2.0
"""The most time of the processor that one input may take: the rest of them takes a thousandth of it."""

Target = Callable[[Random], str]
"""One input by its chance: how far it came, in a word; an exception is a fault of what is tried."""


class Hang(BaseException):
    """An input took too long."""


@dataclass
class Tally:
    """How many inputs came how far, and the numbers of those that were not borne."""

    ends: Counter[str] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.ends.total()

    def share(self, *ends: str) -> float:
        """Which part of the inputs ended so."""
        return sum(self.ends[end] for end in ends) / max(1, self.count)


def chance_of(seed: int, name: str, number: int) -> Random:
    """The chance of one input: the same for its number, whatever went before."""
    return Random(f"{seed}/{name}/{number}")


def tried(name: str, target: Target, numbers: range, seed: int) -> Tally:
    """Try the inputs of these numbers."""
    tally = Tally()
    with _bounded() as bound:
        for number in numbers:
            bound(SECONDS)
            try:
                end = target(chance_of(seed, name, number))
            except Hang:
                end = "hang"
                tally.broken[number] = f"took more than {SECONDS:g} s"
            except Exception:  # noqa: BLE001 - whatever it is, it is the finding
                end = "broken"
                tally.broken[number] = traceback.format_exc()
            finally:
                bound(0)
            tally.ends[end] += 1
    return tally


@contextmanager
def _bounded() -> Iterator[Callable[[float], object]]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    try:
        yield lambda seconds: signal.setitimer(signal.ITIMER_PROF, seconds)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
