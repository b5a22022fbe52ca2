"""Role assignments, to identities that may be seconds old; another run may have made the assignment already."""

from __future__ import annotations

from reconciler.applying.backoff import ROLE_WINDOW_SECONDS
from reconciler.applying.guard import send
from reconciler.applying.principals import az_line
from reconciler.applying.rereading import nothing_to_look_at, of_resource, until_gone
from reconciler.applying.run import Run, overridden
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes.azure import Nature, nature
from reconciler.model.errors import AzureError, NotFound, OutOfReach
from reconciler.model.ids import lower

_NO_PRINCIPAL = "principalnotfound"


async def perform(run: Run, change: Change) -> str:
    """Make or remove a role assignment; wait for a new identity that the directory doesn't know yet."""
    message = ""
    for step in change.steps:
        if step.op is Op.ROLE_DELETE:
            await _remove(run, change, step)
        elif (await _assign(run, change, step)) is None:
            message = "exists already"
    return message


async def _remove(run: Run, change: Change, step: Step) -> None:
    deadline = run.new_deadline()
    try:
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        await until_gone(run, step, receipt, deadline)
    except NotFound:
        return


async def _assign(run: Run, change: Change, step: Step) -> Receipt | None:
    """The receipt of the assignment; None when the same one existed under another name."""
    deadline = run.new_deadline()
    principal = await run.principals.resolve(step)
    until = run.now + ROLE_WINDOW_SECONDS
    delays = run.delays(5.0, 30.0)
    while True:
        try:
            receipt = await send(run, change, step, nothing_to_look_at, deadline, principal=principal)
        except OutOfReach as error:
            if error.is_unsigned or nature(error.code) is not Nature.UNKNOWN:
                raise
            line = az_line(step.target, step.grant["role"], principal)
            error.hint = f"ask someone who may assign roles there to run: `{line}`"
            raise
        except AzureError as error:
            if lower(error.code) != _NO_PRINCIPAL or run.now >= until:
                raise
            run.tell(change, "the directory doesn't know the vault's identity yet")
            await run.pause(next(delays), deadline, "")
        else:
            break
    if receipt is None or receipt.adopted:
        return None
    _check(receipt, principal)
    return receipt


def _check(receipt: Receipt, principal: str) -> None:
    properties = (receipt.body or {}).get("properties") or {}
    live = properties.get("principalId") or principal
    if lower(live) != lower(principal):
        raise overridden("principalId", principal, live)
