"""What a call costs the processor, without what the test run around it costs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def effort(call: Callable[[], object], runs: int = 3) -> float:
    """The fewest CPU seconds of some calls (of one, where it can't be made again), the collector held still.

    A collection that falls into the call walks all that earlier tests left behind: more than half a second was seen.
    """
    was_on = gc.isenabled()
    took = []
    try:
        for _ in range(runs):
            gc.disable()
            began = time.process_time()
            call()
            took.append(time.process_time() - began)
    finally:
        if was_on:
            gc.enable()
    return min(took)
