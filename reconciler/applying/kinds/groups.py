"""Resource groups: written synchronously, checked in the answer."""

from __future__ import annotations

from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send
from reconciler.applying.rereading import keeping_live_tags, of_resource
from reconciler.applying.run import Run, overridden
from reconciler.model.changes import Change, Step
from reconciler.model.errors import NotFound


async def perform(run: Run, change: Change) -> str:
    """Make or change a resource group; ReconcilerError when a declared field came back different.

    Where nobody reviews what is made, a group that somebody else has made meanwhile isn't written to.
    """
    for planned in change.steps:
        deadline = run.new_deadline()
        if change.unasked and await _is_there(run, planned):
            return "somebody else made it meanwhile, and it was left unchanged"
        step = await keeping_live_tags(run, change, planned)
        if step is None:
            return "already as declared"
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        if receipt is None or not receipt.body:
            continue
        for path in differing(step.body, receipt.body):
            raise overridden(path, value_at(step.body, path), value_at(receipt.body, path))
    return ""


async def _is_there(run: Run, step: Step) -> bool:
    try:
        await run.azure.get(step.target)
    except NotFound:
        return False
    return True
