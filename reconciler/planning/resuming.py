"""What a resume costs: Azure cleans up every recovery point that has expired meanwhile, except the newest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from reconciler.base.plurals import counted
from reconciler.model.changes import Action, Change, Kind, Op, Resumption, Step
from reconciler.model.codes import planning as codes
from reconciler.model.codes.gates import ANY, Key
from reconciler.model.estate import KEPT_POINTS, OWN_SNAPSHOTS
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Known, Unsure, Yes, mapped
from reconciler.model.plan import Gate
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING, Pending
from reconciler.planning.world import World

NAME = "resume-expires"
_APART = timedelta(minutes=15)
"""How far apart the times of a snapshot and of its recovery point may be."""

_UNTIL_BACK = (
    "recovery points are listed only after the instance is undeleted: it stays stopped, with all of them, if a resume"
    " would clean any up"
)


def expired(points: Iterable[RecoveryPoint], now: datetime) -> int:
    """How many of an instance's recovery points a resume cleans up; one without an expiry time counts."""
    newest_first = sorted(points, key=lambda point: (point.taken, point.id.key), reverse=True)
    return sum(point.expires is None or point.expires <= now for point in newest_first[1:])


def unlisted(
    instance: Instance, points: Iterable[RecoveryPoint], times: Iterable[datetime]
) -> tuple[RecoveryPoint, ...]:
    """A recovery point for each of these snapshots that has none in `points`, whose list may be incomplete.

    Its expiry time isn't known.
    """
    left = sorted(times)
    for point in points:
        own = next((time for time in left if abs(time - point.taken) <= _APART), None)
        if own is not None:
            left.remove(own)
    return tuple(
        RecoveryPoint(
            instance.id.child("recoveryPoints", f"{time:%Y%m%dT%H%M%S}"), time, is_complete=True, expires=None
        )
        for time in left
    )


def kept(draft: Draft, instance: Instance) -> Known[tuple[RecoveryPoint, ...]] | Pending:
    """The instance's recovery points: those that are listed, and those of snapshots beside them."""
    answer = draft.questions.answer(KEPT_POINTS(instance.id))
    if not isinstance(answer, Yes) or instance.disk is None or instance.snapshot_group is None:
        return answer
    others = _others(draft.world, instance, instance.disk)
    told = [draft.questions.answer(KEPT_POINTS(one.id)) for one in others if not one.deleted]
    shown = draft.questions.answer(OWN_SNAPSHOTS(instance.snapshot_group, instance.disk.key))
    if shown is PENDING or PENDING in told:
        return PENDING
    if not isinstance(shown, Yes):
        return answer if answer.value else shown
    theirs = [one.value for one in told if isinstance(one, Yes)]
    if len(theirs) < len(others):
        return answer  # whose snapshots they are is not known: a soft-deleted instance lists no points
    points = chain(answer.value, *theirs)
    return mapped(answer, lambda listed: (*listed, *unlisted(instance, points, shown.value)))


def _others(world: World, instance: Instance, disk: ArmId) -> list[Instance]:
    """Other instances of its disk, without itself: an undeleted one may be listed as soft-deleted for a while."""
    held = (*world.held.get(disk.key, ()), *world.deleted.get(disk.key, ()))
    return [one for one in held if (one.vault, lower(one.id.name)) != (instance.vault, lower(instance.id.name))]


def priced(draft: Draft, wanted: DesiredDisk, instance: Instance, steps: Sequence[Step]) -> tuple[Step, ...] | None:
    """The steps, each resume with how many recovery points it may clean up; None when that couldn't be told.

    A soft-deleted instance lists no recovery points, so its resume may clean up none, which apply checks.
    """
    if instance.deleted or not any(step.op is Op.INSTANCE_RESUME for step in steps):
        return tuple(steps)
    answer = kept(draft, instance)
    if answer is PENDING:
        return tuple(steps)
    if isinstance(answer, Unsure):
        message = f"its protection is not resumed, because that may delete expired recovery points: {answer.because}"
        draft.decisions.refuse(wanted.address, answer.code, message, place=wanted.place, hint=answer.hint)
        return None
    count = expired(answer.value, draft.world.now) if isinstance(answer, Yes) else 0
    body = Resumption(expires=count) if count else Resumption()
    return tuple(replace(step, body=body) if step.op is Op.INSTANCE_RESUME else step for step in steps)


def detail(instance: Instance, steps: Iterable[Step]) -> tuple[str, ...]:
    """The remark for people on a change with a resume among its steps."""
    if not any(step.op is Op.INSTANCE_RESUME for step in steps):
        return ()
    if instance.deleted:
        return (_UNTIL_BACK,)
    count = sum(step.expires for step in steps)
    points = counted(count, "recovery point")
    return (f"resuming deletes {points} that have expired in the meantime; the newest is kept",) if count else ()


def held_back(draft: Draft, changes: Sequence[Change]) -> tuple[list[Change], list[Gate]]:
    """The changes without those whose resume needs a key that wasn't given, and the gate that holds these back."""
    costly = {change.address: change.expires for change in changes if change.expires}
    if not costly:
        return list(changes), []
    total = sum(costly.values())
    key = Key(NAME, (str(total),))
    is_open = not draft.world.options.force.isdisjoint({key, Key(NAME, (ANY,))})
    points, disks = counted(total, "recovery point"), counted(len(costly), "disk")
    message = f"resuming {disks} would delete {points} that have expired in the meantime"
    hint = f"pass `--force {key}` to continue"
    gate = Gate(NAME, message, hint, is_open, tuple(costly), is_local=True)
    if is_open:
        return list(changes), [gate]
    _tell(draft, [change for change in changes if change.address in costly], total)
    return _without(draft.decisions, changes, set(costly)), [gate]


def _tell(draft: Draft, changes: Iterable[Change], total: int) -> None:
    given = sorted(str(key) for key in draft.world.options.force if key.gate == NAME and key.parts)
    told = f"; --force gives {given[0]}" if given else ""
    hint = f"to resume anyway, pass `--force {NAME}={total}`; to keep them, declare `protection: stopped`"
    for change in changes:
        points = counted(change.expires, "recovery point")
        before = (change.before or {}).get("protection")
        message = f"it stays {before}: resuming would delete {points} that have expired in the meantime{told}"
        draft.decisions.note(codes.RESUME_EXPIRES, message, address=change.address, place=change.place, hint=hint)


def _without(decisions: Decisions, changes: Sequence[Change], out: set[str]) -> list[Change]:
    """The changes without those at `out`, those that depend on them, and new policies that only they need."""
    while more := [change for change in changes if change.address not in out and out.intersection(change.depends)]:
        out.update(change.address for change in more)
        for change in more:
            needed = next(address for address in change.depends if address in out)
            message = f"waits for {decisions.names.shown(needed)}"
            decisions.note(codes.WAITS_FOR, message, address=change.address, place=change.place, cause=needed)
    left = [change for change in changes if change.address not in out]
    used = {address for change in left for address in change.depends}
    unused = {address for change in changes if change.address in out for address in change.depends} - used
    return [
        change
        for change in left
        if not (change.kind is Kind.POLICY and change.action is Action.ADD and change.address in unused)
    ]
