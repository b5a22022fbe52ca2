"""A second look at one object: by id, after a write was refused or answered with nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any

from reconciler.applying.comparing import differing
from reconciler.applying.run import Run
from reconciler.errors import NotFound
from reconciler.ids import lower
from reconciler.planning.model import Step


class Standing(Enum):
    """What a second look at an object shows, after its write was refused or its answer was lost."""

    AS_WANTED = "as wanted"
    BUSY = "busy"
    DIFFERENT = "different"


Reread = Callable[[], Awaitable[Standing]]

_RESTING = frozenset({"", "succeeded", "failed", "canceled", "unknown"})


def is_busy(body: Mapping[str, Any]) -> bool:
    """Whether Azure still works on the object: creating, updating or deleting it."""
    properties = body.get("properties") or {}
    return lower(str(properties.get("provisioningState") or "")) not in _RESTING


def of_resource(run: Run, step: Step) -> Reread:
    """The second look for a step whose body is the resource's own; a deletion is done when nothing is there."""

    async def look() -> Standing:
        try:
            body = await run.azure.get(step.target)
        except NotFound:
            return Standing.AS_WANTED if step.op.value.endswith(".delete") else Standing.BUSY
        if is_busy(body):
            return Standing.BUSY
        wanted = bool(step.body) and not differing(step.body, body)
        return Standing.AS_WANTED if wanted else Standing.DIFFERENT

    return look


async def nothing_to_look_at() -> Standing:
    """The second look for steps that are simply tried again, a few times."""
    return Standing.DIFFERENT
