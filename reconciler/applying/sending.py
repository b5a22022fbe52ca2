"""One write, sent until it is accepted, found to be done already, or refused for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from reconciler.applying.refusals import is_final_conflict
from reconciler.applying.rereading import Reread, Standing
from reconciler.applying.run import Run
from reconciler.azure.auditing import about
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Change, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, Conflict, NotFound, Transient, Unproven
from reconciler.model.writes import Subject

Write = Callable[[float], Awaitable[Receipt]]
"""Sends a step, given the deadline."""

_PATIENCE = 3
_LOST_SECONDS = 90.0  # stop, suspend, resume and delete were recorded to take 40 to 75 seconds


async def send(
    run: Run, change: Change, step: Step, reread: Reread, deadline: float, write: Write, *, principal: str | None = None
) -> Receipt | None:
    """Send the step by `write` and return its receipt; None when a second look shows that Azure is already as wanted.

    After a conflict, an operation under way is waited for; if somebody else wrote something else, three more refusals
    are an error. After a lost answer to a POST, the object is read before the POST is sent again. A 404 for children of
    what was just created passes, because that may not be known everywhere yet.
    """
    delays = run.delays(4.0, 30.0)
    rivals = 0
    while True:
        try:
            run.touched.add(change.address)
            async with run.slot(change.vault) as fresh:
                deadline = max(deadline, fresh)
                with about(_subject(change, step, principal)):
                    return await write(deadline)
        except (Conflict, Transient, NotFound, Unproven) as error:
            if not _may_pass(run, change, step, error):
                raise
            standing = await _second_look(run, error, reread)
            if standing is Standing.AS_WANTED:
                return None
            rivals += standing is Standing.DIFFERENT
            if rivals > _PATIENCE:
                raise _rival(step, error) from error
            run.tell(change, f"retrying: {error.message}")
            await run.pause(next(delays), deadline, step.target.name)


def _subject(change: Change, step: Step, principal: str | None) -> Subject:
    """What the write is about, with the principal that the plan could not know."""
    after = {**change.after, "principal": principal} if principal and change.after else change.after
    return Subject(change.address, step.op, change.before, after)


async def _second_look(run: Run, error: AzureError, reread: Reread) -> Standing:
    """The object's standing; whether a lost POST arrived shows only once its operation may have ended."""
    if isinstance(error, Conflict):
        return await reread()
    if not error.sent_unknown:
        return Standing.BUSY
    believed = run.now + _LOST_SECONDS
    while (standing := await reread()) is not Standing.AS_WANTED and run.now < believed:
        await run.clock.sleep(_LOST_SECONDS / 9)
    return standing


def _may_pass(run: Run, change: Change, step: Step, error: AzureError) -> bool:
    if isinstance(error, Conflict):
        return not is_final_conflict(error)
    if isinstance(error, NotFound | Unproven) and not error.sent_unknown:
        return step.op.puts and run.is_young(change)
    return error.sent_unknown


def _rival(step: Step, error: AzureError) -> AzureError:
    if not isinstance(error, Conflict):
        return error
    return Conflict(
        f"{step.target.name} was changed by someone else: {error.message}",
        status=error.status,
        code=error_codes.CHANGED_BY_SOMEONE_ELSE,
        target=error.target,
        request_id=error.request_id,
        hint=error.hint or "look at the object's activity log, then plan again",
    )
