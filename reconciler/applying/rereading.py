"""A second look at one object: by id, before a write that would undo what others wrote, or after one that was refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from enum import Enum
from http import HTTPStatus
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.equality import differing
from reconciler.applying.run import Run
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Change, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed
from reconciler.model.ids import lower
from reconciler.planning.tags import laid_over, merged_tags


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
    """The second look for a step whose body is the resource's own; a deletion is done when the resource is gone."""

    async def look() -> Standing:
        try:
            body = await run.azure.get(step.target)
        except NotFound:
            return Standing.AS_WANTED if step.op.deletes else Standing.BUSY
        if is_busy(body):
            return Standing.BUSY
        wanted = bool(step.body) and not differing(step.body, body)
        return Standing.AS_WANTED if wanted else Standing.DIFFERENT

    return look


async def keeping_live_tags(run: Run, change: Change, step: Step) -> Step | None:
    """The step with the object's current tags, which a PUT would remove; None when they are as wanted."""
    try:
        live = await run.azure.get(step.target)
    except NotFound:
        return step
    if is_busy(live):
        return step
    tags = live.get("tags") or {}
    wanted = merged_tags(tags, change.fields) if change.fields else laid_over(tags, step.body.get("tags") or {})
    if wanted == tags:
        return None
    location = live.get("location") or step.body["location"]
    return replace(step, body={**step.body, "location": location, "tags": wanted})


async def until_gone(run: Run, step: Step, receipt: Receipt | None, deadline: float) -> None:
    """Return once the deleted object is gone; OperationFailed when it stays.

    Most answers to a deletion are believed, but not `204 No Content`: the object was there a moment before.
    """
    if receipt is None or receipt.status != HTTPStatus.NO_CONTENT:
        return
    believed, delays = run.now + LAG_SECONDS, run.delays(5.0, 30.0)
    while await of_resource(run, step)() is not Standing.AS_WANTED:
        if run.now >= believed:
            raise OperationFailed(
                f"{step.target.name} still exists, although Azure answered its deletion as if it didn't",
                code=error_codes.CHANGED_BY_SOMEONE_ELSE,
                target=str(step.target),
                hint="run the command again; if the object stays, look for a proxy that answers in Azure's place",
            )
        await run.pause(next(delays), deadline, f"{step.target.name} still exists")


async def nothing_to_look_at() -> Standing:
    """The second look for steps that are just retried a few times."""
    return Standing.DIFFERENT
