"""When each instance has to be looked at next: worked out from the instances themselves, and never saved."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import NamedTuple

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.dataprotection.namespace import INSTANCES
from reconciler.sandbox.world import World

_PLACE = "dataprotection.wakes"


class _Wakes(NamedTuple):
    """The heap, in which what `current` doesn't confirm is out of date, and whether every instance has been entered."""

    heap: list[tuple[float, str]]
    current: dict[str, float]
    complete: list[bool]


def _of(world: World) -> _Wakes:
    found: _Wakes = world.scratch.setdefault(_PLACE, _Wakes([], {}, []))
    return found


def soon(world: World, instance: str) -> None:
    """Let an instance be looked at before anything else happens, as of now: it has changed."""
    at(world, instance, world.timestamp)


def at(world: World, instance: str, moment: float) -> None:
    """Let an instance be looked at once it is that time, and no sooner; never, for infinity."""
    wakes, key = _of(world), lower(instance)
    if moment == math.inf:
        wakes.current.pop(key, None)
        return
    wakes.current[key] = moment
    heapq.heappush(wakes.heap, (moment, key))


def due(world: World) -> Iterator[tuple[str, float]]:
    """Instances whose time has come, by key, with that time: each until it is given another one."""
    wakes, until = _of(world), world.timestamp
    if not wakes.complete:
        wakes.complete.append(True)
        for key in world.table(INSTANCES):
            if key not in wakes.current:
                at(world, key, until)
    while wakes.heap and wakes.heap[0][0] <= until:
        moment, key = heapq.heappop(wakes.heap)
        if wakes.current.get(key) == moment:
            del wakes.current[key]
            yield key, moment
