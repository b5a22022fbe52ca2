"""When requests give up: one deadline for the current work, one for a whole look at Azure."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
"""The monotonic time, by the injected clock, after which nothing is retried (None: 5 minutes after the request)."""

horizon: ContextVar[float] = ContextVar("horizon", default=inf)
"""The monotonic time after which a look at Azure gives up; a request within it still gives up at its own deadline."""


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Within this block requests give up at `moment` (monotonic, injected clock), or at an outer block's earlier one."""
    outer = deadline.get()
    token = deadline.set(moment if outer is None else min(outer, moment))
    try:
        yield
    finally:
        deadline.reset(token)


@contextmanager
def looking(moment: float) -> Iterator[None]:
    """Within this block all reads give up at `moment`, or at an outer block's earlier one."""
    token = horizon.set(min(horizon.get(), moment))
    try:
        yield
    finally:
        horizon.reset(token)


def latest(otherwise: float = inf) -> float:
    """The monotonic time at which to give up: the deadline, or `otherwise` without one, but never after the look's."""
    limit = deadline.get()
    return min(otherwise if limit is None else limit, horizon.get())
