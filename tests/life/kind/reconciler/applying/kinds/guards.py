"""Resource guards: written synchronously, checked in the answer."""

from __future__ import annotations

from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send
from reconciler.applying.rereading import keeping_live_tags, of_resource
from reconciler.applying.run import Run, overridden
from reconciler.model.changes import Change


async def perform(run: Run, change: Change) -> str:
    """Make or change a resource guard; ReconcilerError when a declared field came back different."""
    for planned in change.steps:
        deadline = run.new_deadline()
        step = await keeping_live_tags(run, change, planned)
        if step is None:
            return "already as declared"
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        for path in differing(step.body, receipt.body) if receipt and receipt.body else ():
            raise overridden(change.address, path, value_at(step.body, path), None)
    return ""
