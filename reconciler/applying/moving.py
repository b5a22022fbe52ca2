"""Moves: stop the old protection, create the new one, and go back to the old one when that fails.

Recorded traffic: Azure protects a disk in another vault while its old instance is soft-deleted, and then undeletes that
one as stopped. It isn't documented whether a merely stopped instance blocks the new one, so that is tried first; it may
also block every later change of the new one.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.goal import GONE, is_moving
from reconciler.applying.kinds import instances
from reconciler.applying.refusals import is_already_protected
from reconciler.applying.run import Run, Skip
from reconciler.applying.watching import Row
from reconciler.azure.kinds.instances import state
from reconciler.model.changes import Change, Kind, Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OperationFailed, ReconcilerError, Transient
from reconciler.model.ids import ArmId, lower
from reconciler.model.protection import GOALS, Health, health

_GOALS = {
    Op.INSTANCE_STOP: GOALS["stopped"],
    Op.INSTANCE_DELETE: GONE,
    Op.INSTANCE_UNDELETE: GOALS["stopped"],
    Op.INSTANCE_RESUME: GOALS["protected"],
}
_LEFT_TO_DO = frozenset({Op.INSTANCE_STOP, Op.INSTANCE_UNDELETE})
"""What is left of a move once the disk is protected in the new vault."""

_LEFT_DELETED = (
    "the disk is protected in the new vault, but its old recovery points are still soft-deleted: run the move again"
    " to undelete them before they are purged"
)
_AGAIN = "fix the cause in the message, then run the command again"
_NOWHERE = "fix the cause in the message and run the move again, or declare the old vault and apply, which resumes protection there"


async def perform(run: Run, change: Change) -> str:
    """Move a disk's protection to its new vault; when that fails, for whatever reason, back to the old one.

    The error then also says what became of the old protection.
    """
    if {step.op for step in change.steps} <= _LEFT_TO_DO:
        for step in change.steps:
            await _do(run, change, step)
        return ""
    return await Moving(run, change).done()


async def perform_past_others(run: Run, change: Change) -> str:
    """Take a disk's instance through its steps, working around instances that a move has left in other vaults."""
    return await Moving(run, change).done() if others(change) else await instances.perform(run, change)


def others(change: Change) -> list[Step]:
    """The steps on instances in other vaults than the change's own."""
    return [step for step in change.steps if step.target.parent != change.vault]


class Moving:
    """The move of one disk: `old` are the steps on instances in other vaults, `made` those in the new vault.

    `deleted` are the old instances that may be soft-deleted; `doubted` is the step on one of them that may or may not
    have taken effect.
    """

    def __init__(self, run: Run, change: Change) -> None:
        self._run = run
        self._change = change
        self._old = others(change)
        here = [step for step in change.steps if step not in self._old]
        self._made = tuple(step for step in here if step.op is not Op.INSTANCE_DELETE)
        self._undoing = [step for step in here if step.op is Op.INSTANCE_DELETE]
        live = {step.target for step in self._old if step.op is not Op.INSTANCE_UNDELETE}
        self._deleted = {step.target for step in self._old} - live
        self._doubted: Step | None = None

    async def done(self) -> str:
        """Move it; return a remark on how that went."""
        were_deleted = frozenset(self._deleted)
        try:
            await self._there()
        except Exception as error:  # whatever it is, the disk must not stay without protection
            if self._change.kind is not Kind.MOVE and not self._deleted:
                raise
            told, is_protected = await self._back()
            raise self._failure(error, told, is_protected=is_protected) from error
        try:
            await self._each(Op.INSTANCE_UNDELETE)
        except ReconcilerError as error:
            error.aftermath = _LEFT_DELETED
            raise
        has_made_room = self._deleted > were_deleted
        return "the old instance was soft-deleted and undeleted again, and is stopped" if has_made_room else ""

    async def _there(self) -> None:
        """Protect the disk in the new vault; delete old instances to make room only if Azure refuses otherwise."""
        await self._each(Op.INSTANCE_STOP)
        try:
            await self._protect(self._change)
        except AzureError as error:
            room = self._steps(Op.INSTANCE_DELETE)
            if is_already_protected(error) and not room and self._change.kind is Kind.MOVE and not self._deleted:
                raise _refused(error) from error
            if not is_already_protected(error) or not room:
                raise
            self._run.tell(self._change, "Azure refuses while the old instance exists, so it is soft-deleted")
            # noted before the request: a deletion that isn't seen to end may still end
            self._deleted |= {step.target for step in room}
            await self._each(Op.INSTANCE_DELETE)
            again = self._change.probe and replace(self._change.probe, key=(*self._change.probe.key, "again"))
            await self._protect(replace(self._change, probe=again))

    async def _protect(self, change: Change) -> None:
        """Take the new instance to its goal."""
        goal = GOALS["protected"] if change.kind is Kind.MOVE else change.goal
        await instances.perform(self._run, replace(change, steps=self._made, goal=goal))

    async def _back(self) -> tuple[str, bool]:
        """Bring back the old protection; return what became of the disk, and whether it is protected."""
        try:
            await self._until_certain()
            await self._each(Op.INSTANCE_UNDELETE)
            told = await self._in_the_way()
            if not told:
                await self._each(Op.INSTANCE_RESUME)
        except ReconcilerError as error:
            told = f"the old protection could not be brought back: {error.message.rstrip('.')}"
        told, is_protected = await self._end_state(told)
        self._run.tell(self._change, told)
        return told, is_protected

    async def _in_the_way(self) -> str:
        """Delete the new instance if it doesn't protect; return why the way back is blocked, empty when it isn't."""
        if self._change.kind is not Kind.MOVE:
            return ""
        row = await self._at_rest(self._made[0].target)
        if row is None:
            return ""
        if is_moving(row):
            return f"Azure is still working on the new instance, which is {state(row)}"
        if health(state(row)) is Health.CONFIGURED:
            return "the disk is protected in the new vault nevertheless"
        for step in self._undoing:
            await _do(self._run, self._change, step)
        return ""

    async def _at_rest(self, instance: ArmId) -> Row | None:
        """The instance once Azure has finished with it, or as it is if that takes long; None when it doesn't exist."""
        believed = self._run.now + LAG_SECONDS
        deadline = self._run.new_deadline()
        delays = self._run.delays(5.0, 15.0)
        while (row := await self._row(instance)) is not None and is_moving(row) and self._run.now < believed:
            await self._run.pause(next(delays), deadline, instance.name)
        return row

    async def _until_certain(self) -> None:
        """Wait until the doubted step has taken effect, or is unlikely to do so any more."""
        step = self._doubted
        if step is None:
            return
        believed = self._run.now + LAG_SECONDS
        deadline = self._run.new_deadline()
        while self._run.now < believed:
            row = await self._row(step.target)
            if row is None or (not is_moving(row) and lower(state(row)) == lower(_GOALS[step.op])):
                return
            await self._run.pause(LAG_SECONDS / 12, deadline, step.target.name)

    async def _end_state(self, told: str) -> tuple[str, bool]:
        """What to report about the disk's current protection, and whether there is any."""
        self._run.new_deadline()
        places = dict.fromkeys((*(step.target for step in self._old), self._made[0].target))
        found: dict[ArmId, str] = {}
        for instance in places:
            try:
                row = await self._row(instance)
            except ReconcilerError as error:
                return f"{told or 'it is not known how the disk is protected'}: {error.message.rstrip('.')}", False
            found[instance] = state(row) if row is not None else ""
        covered = [one for one, word in found.items() if health(word) is Health.CONFIGURED]
        if covered and not told:
            is_old = covered[0].parent != self._change.vault
            return f"the disk is protected {'in the old vault again' if is_old else 'as it was'}", True
        states = ", ".join(
            f"{one.name} in the vault {one.parent.name} {f'is {word}' if word else 'does not exist'}"
            for one, word in found.items()
        )
        return f"{told or 'nothing protects the disk'} ({states})", bool(covered)

    async def _row(self, instance: ArmId) -> Row | None:
        live = instance.parent.child("backupInstances", instance.name)
        try:
            return await self._run.azure.get(live)
        except NotFound:
            return None

    async def _each(self, op: Op) -> None:
        """Take the steps of that kind on the old instances."""
        for step in self._steps(op):
            try:
                await _do(self._run, self._change, step)
            except ReconcilerError as error:
                self._doubted = None if _was_refused(error) else step
                raise
            self._doubted = None

    def _steps(self, op: Op) -> list[Step]:
        found = [step for step in self._old if step.op is op]
        return [step for step in found if step.target in self._deleted] if op is Op.INSTANCE_UNDELETE else found

    def _failure(self, error: Exception, told: str, *, is_protected: bool) -> Exception:
        """The error, with what became of the disk afterwards."""
        if isinstance(error, Skip):
            hint = "have the missing roles assigned, then run the move again"
            error = OperationFailed(str(error), code=error_codes.MOVE_UNREADY, hint=hint)
            error.aftermath = told
        elif isinstance(error, ReconcilerError):
            error.aftermath = told
            if error.code != error_codes.STILL_IN_PROGRESS.code:
                error.hint = (error.hint or _AGAIN) if is_protected else _NOWHERE
        return error


def _was_refused(error: ReconcilerError) -> bool:
    """Whether Azure refused a step at once, so that it can't have taken effect."""
    if not isinstance(error, AzureError) or isinstance(error, OperationFailed | Transient):
        return False
    return 400 <= error.status < 500  # noqa: PLR2004 - HTTP's classes


def _refused(error: AzureError) -> OperationFailed:
    return OperationFailed(
        f"Azure doesn't protect the disk in another vault while its old backup instance exists ({error.code})",
        code=error_codes.MOVE_REFUSED,
        hint="pass `--through-soft-delete`, which soft-deletes the old instance and undeletes it afterwards",
    )


async def _do(run: Run, change: Change, step: Step) -> None:
    """Take one step on one instance, and wait for the state that it leads to."""
    await instances.perform(run, replace(change, steps=(step,), goal=_GOALS[step.op], probe=None))
