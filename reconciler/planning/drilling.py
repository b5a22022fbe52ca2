"""Drills: which disks a run restores as a test, and which leftovers of earlier runs it deletes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid5

from reconciler.base.escape import shortened
from reconciler.base.plurals import duration
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import UNKNOWN, Action, Change, FieldChange, Kind, Op, Step, Verification
from reconciler.model.codes import planning as codes
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, group_id, lower
from reconciler.model.manifest import DrillSpec, Manifest
from reconciler.model.names import NAMESPACE, drill_disk_name, drill_mark
from reconciler.model.plan import Options, Plan
from reconciler.model.resources import Instance
from reconciler.model.tags import OWNER_TAG, PROVEN_TAG, RESTORED_TAG, tag_of
from reconciler.planning.desired import expand
from reconciler.planning.draft import Draft
from reconciler.planning.instance_bodies import guard_or_refuse
from reconciler.planning.proofs import Candidate, candidates
from reconciler.planning.provenance import Claim
from reconciler.planning.restoring import (
    Source,
    expected,
    finished,
    grants_for,
    is_open,
    points_of,
    start,
    without_refused,
)
from reconciler.planning.retained import around
from reconciler.planning.role_book import RoleBook
from reconciler.planning.world import World

_NEVER = datetime.min.replace(tzinfo=UTC)
_MOST_PASSED_OVER = 20


def make(
    manifest: Manifest, estate: Estate, options: Options, now: datetime, drills: tuple[DrillSpec, ...], run: str
) -> Plan:
    """The plan of a run of these drills; a sketch while it has `questions`."""
    draft = Draft.of(manifest, estate, options, now)
    looked = draft.beside()
    desired = expand(looked)
    draft.decisions.report(looked.decisions.unread)
    draft.questions.tell_unread()
    book = RoleBook(draft)
    changes: list[Change] = []
    for drill in drills:
        chosen = _sample(draft, drill, candidates(draft.world, drill, desired))
        for source in chosen:
            changes += _trial(draft, book, drill, source, run)
        changes += _leftovers(draft, drill, {source.id.key for source in chosen}, run)
    return finished(draft, book, changes)


def _sample(draft: Draft, drill: DrillSpec, found: list[Candidate]) -> list[Source]:
    """The disks with the oldest proof, each with its newest recovery point; disks without a point are skipped.

    A drill that finds nothing to restore proves nothing, which is an error.
    """
    in_turn = sorted(
        found,
        key=lambda one: (
            one.proven(draft.world.now) or _NEVER,
            one.failed(draft.world.now) or _NEVER,
            _lot(drill, one),
        ),
    )
    chosen: list[Source] = []
    asked = passed_over = 0
    size = drill.size(len(found))
    for one in in_turn:
        if len(chosen) + asked >= size or passed_over >= _MOST_PASSED_OVER + size:
            break
        points = points_of(draft.questions, one.instance) if one.instance else ()
        if points is None:
            asked += 1
        elif points and one.instance:
            chosen.append(Source(one.instance, points[0], one.wanted.disk))
        else:
            passed_over += 1
            message = "the disk has no recovery point yet"
            draft.decisions.note(codes.NO_RECOVERY_POINT, message, address=_address(drill, one.wanted.disk.id))
    if not chosen and not asked:
        message = f"the drill restored nothing: {_none_of(passed_over)}" if found else "the drill matches no disk"
        draft.decisions.note(
            codes.NOTHING_DRILLED,
            message,
            address=addresses.drill(drill.name),
            place=drill.place,
        )
    return chosen


def _none_of(count: int) -> str:
    """That none of so many disks has a recovery point."""
    return "its one disk has no recovery point" if count == 1 else f"none of its {count} disks has a recovery point"


def _lot(drill: DrillSpec, candidate: Candidate) -> str:
    """The sort key among disks that were proven at the same time, or never: a fixed order that differs by drill."""
    return str(uuid5(NAMESPACE, f"{lower(drill.name)}|{candidate.wanted.disk.id.key}"))


def _address(drill: DrillSpec, disk: ArmId) -> Address:
    return addresses.drill(drill.name, disk)


def _target(world: World, drill: DrillSpec, disk: ArmId) -> ArmId:
    """The disk that a drill restores from the backups of `disk`."""
    group = group_id(drill.subscription or disk.subscription, drill.group)
    name = drill_disk_name(world.manifest.name, drill.name, disk)
    return ArmId(f"{group}/providers/Microsoft.Compute/disks/{name}")


def _trial(draft: Draft, book: RoleBook, drill: DrillSpec, source: Source, run: str) -> list[Change]:
    disk, address = _target(draft.world, drill, source.id), _address(drill, source.id)
    if draft.world.owner(source.instance.tags) == "foreign":
        mark = tag_of(source.instance.tags, OWNER_TAG)
        message = f"the manifest `{mark}` owns the disk's backup instance, so the proof can't be written on it"
        draft.decisions.refuse(address, codes.MANAGED_ELSEWHERE, message, place=drill.place)
        return []
    if not is_open(draft, disk.group_id, address):
        return []
    if source.disk and source.disk.encryption_set and disk.subscription != source.id.subscription:
        message = "a disk with a customer-managed key can't be restored to another subscription"
        draft.decisions.refuse(
            address, codes.RESTORE_IMPOSSIBLE, message, place=drill.place, hint="remove the drill's `subscription`"
        )
    claim = Claim.of(source.instance, source.point)
    delete = _deletion(draft.world, drill, disk, source.instance, run)
    _refuse_locked(draft, disk, address)
    guard = guard_or_refuse(draft, source.instance.vault, (Op.RESTORE_START,), address) or ()
    grants, probe = grants_for(draft.world, book, source.instance, disk.group_id)
    location = draft.world.estate.vaults[source.instance.vault.key].location
    before = tag_of(source.instance.tags, PROVEN_TAG) or None
    proof = Step(Op.INSTANCE_MERGE, source.instance.id, guard=guard)
    room = around(draft.world, source.instance.vault, (proof,), draft.world.held.get(source.id.key, ()))
    change = Change(
        address=address,
        kind=Kind.DRILL,
        action=Action.CHANGE,
        reason=f"restores the recovery point of {source.point.taken:%Y-%m-%d %H:%M} UTC as a test",
        steps=(
            start(source, location, disk, guard),
            Step(Op.DISK_PATCH, disk, {"tags": {RESTORED_TAG: _mark(draft.world, drill) + run}}),
            Step(Op.DISK_CHECK, disk, expected(source, {}, claim)),
            *_verification(drill, disk),
            *room.before,
            proof,
            *room.after,
            delete,
        ),
        before={PROVEN_TAG: before},
        after={PROVEN_TAG: UNKNOWN, "source": source.id.text, "recoveryPoint": source.point.id.text, "disk": disk.text},
        fields=(FieldChange.of_tag(PROVEN_TAG, before, UNKNOWN),),
        depends=tuple(grants.planned),
        vault=source.instance.vault,
        probe=probe,
        place=drill.place,
        detail=(f"makes {draft.world.names.of(disk)}", *_verifies(drill), _KEPT[drill.keep], *room.detail),
        keeps=drill.keep,
    )
    return without_refused(draft.decisions, change)


_KEPT = {
    "none": "and deletes it again",
    "failed": "and deletes it again, unless the drill fails",
    "all": "and keeps it until the drill's next run",
}


def _verification(drill: DrillSpec, disk: ArmId) -> Iterator[Step]:
    """The step that has the copy checked by the user's program, if there is one."""
    if drill.verify:
        body: Verification = {
            "command": list(drill.verify.command),
            "timeout_seconds": drill.verify.timeout_seconds,
        }
        yield Step(Op.DISK_VERIFY, disk, body)


def _verifies(drill: DrillSpec) -> Iterator[str]:
    if drill.verify:
        words = " ".join(drill.verify.command)
        yield f"runs `{shortened(words)}` to check it, for at most {duration(drill.verify.timeout_seconds)}"


def _deletion(world: World, drill: DrillSpec, disk: ArmId, instance: Instance, run: str) -> Step:
    earlier = _mark(world, drill)
    return Step(Op.DISK_DELETE, disk, Claim.of(instance, mark=earlier + run, earlier=earlier).body)


def _mark(world: World, drill: DrillSpec) -> str:
    """The beginning of the tag that any run of the drill writes on its disks."""
    return drill_mark(world.manifest.name, drill.name)


def _refuse_locked(draft: Draft, disk: ArmId, address: Address) -> None:
    lock = draft.world.lock_on(disk, deletes=True)
    if lock:
        draft.decisions.refuse(address, codes.LOCKED, f"{lock.shown(draft.world.names)} forbids it")


def _leftovers(draft: Draft, drill: DrillSpec, chosen: set[str], run: str) -> Iterator[Change]:
    """Disks of earlier runs, found by the names that the drill derives from the disks with instances here.

    A leftover of a disk that is chosen now is deleted by that disk's own restore.
    """
    for instance in draft.world.estate.instances.values():
        if instance.disk is None or instance.disk.key in chosen:
            continue
        disk = _target(draft.world, drill, instance.disk)
        if disk.key not in draft.world.disks:
            continue
        yield from without_refused(
            draft.decisions,
            Change(
                address=addresses.resource(disk),
                kind=Kind.RESTORE,
                action=Action.DESTROY,
                reason=f"left behind by an earlier run of the drill {drill.name}",
                steps=(_deletion(draft.world, drill, disk, instance, run),),
                before={"source": instance.disk.text},
                place=drill.place,
            ),
        )
