"""Python's garbage collector, kept from walking what stays again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

_RARELY = 100
_times = count(1)


@contextmanager
def held() -> Iterator[None]:
    """Hold the collector while much is made that stays; all of it counts as old afterwards, and is walked rarely.

    Python would never walk it, since its counts begin anew each time: so every hundredth time all is, which a process
    that goes on needs and a single command hardly meets.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not next(_times) % _RARELY:
                gc.collect()
            elif not gc.get_freeze_count():  # what a host has frozen for itself stays so
                gc.freeze()
                gc.unfreeze()
            gc.enable()
