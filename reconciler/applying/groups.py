"""Resource groups: written synchronously, checked in the answer."""

from __future__ import annotations

from reconciler.applying.comparing import differing, value_at
from reconciler.applying.rereading import of_resource
from reconciler.applying.run import Run, overridden
from reconciler.applying.sending import send
from reconciler.planning.model import Change


async def settle(run: Run, change: Change) -> str:
    """Make or change a resource group; ReconcilerError when a declared field came back different."""
    for step in change.steps:
        deadline = run.new_deadline()
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        if receipt is None or not receipt.body:
            continue
        for path in differing(step.body, receipt.body):
            raise overridden(change.address, path, value_at(step.body, path), value_at(receipt.body, path))
    return ""
