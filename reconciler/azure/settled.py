"""What was read a while ago and doesn't change any more, such as a job that has ended: what a plan has read for a decision
isn't read again to carry it out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from reconciler.base.clock import Clock
from reconciler.model.ids import ArmId

Body = Mapping[str, Any]

_SECONDS = 1800.0


class Settled:
    """Bodies of resources, kept for half an hour; `read` gets them by id."""

    def __init__(self, clock: Clock, read: Callable[[ArmId], Awaitable[Body]]) -> None:
        self._clock = clock
        self._read = read
        self._kept: dict[str, tuple[float, Body]] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    async def get(self, resource: ArmId, is_settled: Callable[[Body], bool] = lambda _: True) -> Body:
        """The body of a resource, kept if it is settled; the errors of `read`."""
        kept = self._kept.get(resource.key)
        if kept is not None and self._clock.monotonic() - kept[0] < _SECONDS:
            return kept[1]
        body = await self._read(resource)
        if is_settled(body):
            self._keep(resource, body)
        return body

    def _keep(self, resource: ArmId, body: Body) -> None:
        now = self._clock.monotonic()
        self._kept.pop(resource.key, None)
        self._kept[resource.key] = now, body
        while self._kept:
            oldest = next(iter(self._kept))
            if now - self._kept[oldest][0] < _SECONDS:
                return
            del self._kept[oldest]
