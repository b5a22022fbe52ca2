"""Keeps Python's garbage collector from scanning long-lived objects again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

_RARELY = 100
_times = count(1)


@contextmanager
def held() -> Iterator[None]:
    """Within this block the collector is off; what was made in it counts as old afterwards, and is scanned rarely.

    Every hundredth time everything is scanned: since each use resets Python's own counts, Python would never do it,
    and a long-running process needs it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not next(_times) % _RARELY:
                gc.collect()
            elif not gc.get_freeze_count():  # unfreeze would also release what the host process has frozen
                gc.freeze()
                gc.unfreeze()
            gc.enable()
