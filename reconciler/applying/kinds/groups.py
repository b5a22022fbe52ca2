"""Resource groups: written synchronously, checked in the answer."""

from __future__ import annotations

from dataclasses import replace

from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send
from reconciler.applying.rereading import is_busy, of_resource
from reconciler.applying.run import Run, overridden
from reconciler.model.changes import Change, Step
from reconciler.model.errors import NotFound
from reconciler.planning.kinds.groups import laid_over, merged_tags


async def perform(run: Run, change: Change) -> str:
    """Make or change a resource group; ReconcilerError when a declared field came back different."""
    for planned in change.steps:
        deadline = run.new_deadline()
        step = await _keeping_live_tags(run, change, planned)
        if step is None:
            return "already as declared"
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        if receipt is None or not receipt.body:
            continue
        for path in differing(step.body, receipt.body):
            raise overridden(change.address, path, value_at(step.body, path), value_at(receipt.body, path))
    return ""


async def _keeping_live_tags(run: Run, change: Change, step: Step) -> Step | None:
    """The step with the group's current tags, which a PUT would remove; None when the group is as wanted."""
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
    return replace(step, body={"location": live.get("location") or step.body["location"], "tags": wanted})
