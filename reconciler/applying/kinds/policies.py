"""Policies: created and retired synchronously; the answer must mean what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send
from reconciler.applying.rereading import of_resource, until_gone
from reconciler.applying.run import Run, overridden
from reconciler.azure.fields import read_as
from reconciler.azure.kinds.policies import project
from reconciler.model.changes import Change, Op, Step
from reconciler.model.errors import AzureError, NotFound
from reconciler.model.ids import lower
from reconciler.model.policy_reading import content_of
from reconciler.planning.content import differences

_IN_USE = "usererrordpppolicyobjectinuse"


async def perform(run: Run, change: Change) -> str:
    """Create or retire a policy; ReconcilerError when the one that comes back does something else."""
    for step in change.steps:
        if step.op is Op.POLICY_DELETE:
            await _retire(run, change, step)
            continue
        deadline = run.new_deadline()
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        if receipt is not None and receipt.body:
            _check(step, receipt.body)
    return ""


def _check(step: Step, body: Mapping[str, Any]) -> None:
    own = str(step.target)
    wanted = content_of(project({**step.body, "id": own}))
    live = content_of(read_as(project, {**body, "id": own}))
    if wanted is None:
        for path in differing(step.body, body):
            raise overridden(path, value_at(step.body, path), value_at(body, path))
    elif live is None:
        raise overridden("policyRules", wanted, "rules that no manifest can express")
    else:
        for field in differences(live, wanted):
            raise overridden(field.path, field.after, field.before)


async def _retire(run: Run, change: Change, step: Step) -> None:
    """Delete a policy; Azure may call it in use for a while after its instances got another one."""
    deadline = run.new_deadline()
    believed = run.now + LAG_SECONDS
    delays = run.delays(5.0, 30.0)
    while True:
        try:
            receipt = await send(run, change, step, of_resource(run, step), deadline)
            await until_gone(run, step, receipt, deadline)
        except NotFound:
            return
        except AzureError as error:
            if lower(error.code) != _IN_USE or not change.depends or run.now >= believed:
                raise
            run.tell(change, "still in use; checking again shortly")
            await run.pause(next(delays), deadline, "")
        else:
            return
