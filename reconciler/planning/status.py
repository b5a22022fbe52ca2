"""The state of each declared disk's backups, on one line each, and what could not be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model import addresses
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Unsure, Yes
from reconciler.model.names import instance_name, policy_stem
from reconciler.model.policy_reading import Reading, content_of
from reconciler.model.protection import WORDS, health_of, is_active
from reconciler.model.resources import Instance
from reconciler.model.results.status import (
    BAD,
    FAILING,
    GONE,
    HALTED,
    LATE,
    UNKNOWN,
    UNPROTECTED,
    WAITING,
    BackupStatus,
    DiskStatus,
)
from reconciler.planning import proofs
from reconciler.planning.backups import (
    Evidence,
    contradicted,
    jobs_of,
    known_jobs,
    newest_of,
    newest_point,
    promise,
    reading_of,
    state_of,
)
from reconciler.planning.consistency import apart
from reconciler.planning.desired import DesiredDisk, declared_disks
from reconciler.planning.draft import Draft
from reconciler.planning.gone import Verdict, absences, known_points, lost, outlook, verdict
from reconciler.planning.identity import new_id, replaced
from reconciler.planning.snapshots import is_bare, is_short, loss
from reconciler.planning.world import World

__all__ = ["Evidence", "contradicted", "doubtful", "protecting", "statuses", "suspected"]

_NOTHING_TOLD = frozenset({"protection", "policy", "newest", "promise", "job", "proven"})
_WORTH_A_READ = (LATE, FAILING, UNKNOWN)


def doubtful(draft: Draft, told: Evidence) -> list[Instance]:
    """Instances whose newest recovery point is worth reading, since Resource Graph lags; those that look late first."""
    found: list[tuple[int, str, Instance]] = []
    for wanted in declared_disks(draft):
        instance = draft.world.instance(wanted.disk.id, wanted.vault.id)
        if instance is None or instance.id.key in told.points:
            continue
        row = _row(draft, wanted, told)
        if row.state in _WORTH_A_READ or (row.newest is None and row.state != WAITING):
            rank = _WORTH_A_READ.index(row.state) if row.state in _WORTH_A_READ else len(_WORTH_A_READ)
            found.append((rank, instance.id.key, instance))
        elif is_bare(told, instance) or is_short(draft.world, told, instance, reading_of(draft.world, instance)):
            found.append((len(_WORTH_A_READ) + 1, instance.id.key, instance))
    return [instance for *_, instance in sorted(found, key=lambda one: one[:2])]


def suspected(draft: Draft, told: Evidence) -> set[ArmId]:
    """The snapshot resource groups in which snapshots of declared disks seem to be missing."""
    return {
        instance.snapshot_group
        for instance in protecting(draft)[0]
        if instance.snapshot_group
        and (is_bare(told, instance) or is_short(draft.world, told, instance, reading_of(draft.world, instance)))
    }


def protecting(draft: Draft) -> tuple[list[Instance], set[ArmId]]:
    """The instances that protect declared disks, and the existing vaults of declared disks."""
    desired = declared_disks(draft)
    held = [found for wanted in desired if (found := draft.world.instance(wanted.disk.id, wanted.vault.id))]
    return held, {wanted.vault.id for wanted in desired if wanted.vault.id.key in draft.world.estate.vaults}


def statuses(draft: Draft, told: Evidence, skipped: tuple[str, ...] = ()) -> BackupStatus:
    """The status; a sketch while `draft.questions.open` isn't empty: answer these questions, and make it again."""
    desired = declared_disks(draft)
    draft.questions.tell_unread()
    draft.decisions.tell_unclear()
    rows = [_row(draft, wanted, told) for wanted in desired]
    known = {wanted.disk.id for wanted in desired}
    swapped = replaced(draft, desired)
    rows = [
        replace(row, state=FAILING, note=swapped[wanted.address]) if wanted.address in swapped else row
        for wanted, row in zip(desired, rows, strict=True)
    ]
    rows += _refused(draft, known)
    rows += _gone(draft, desired)
    told_too = [*proofs.complaints(draft.world, desired), *apart(desired)]
    _tell_unsure(draft, desired, told)
    return BackupStatus(
        draft.world.manifest.name,
        tuple(sorted(rows, key=lambda row: row.disk.key)),
        tuple(
            sorted((*told_too, *draft.decisions.unread), key=lambda one: (one.code, lower(one.address), one.message))
        ),
        skipped,
        draft.world.now,
        draft.world.names,
        _stems(draft.world),
    )


def _stems(world: World) -> dict[str, str]:
    policies = world.estate.policies.values()
    stems = {lower(one.id.name): policy_stem(one.id.name, content_of(one)) for one in policies}
    return {name: stem for name, stem in stems.items() if stem}


def _tell_unsure(draft: Draft, desired: Iterable[DesiredDisk], told: Evidence) -> None:
    """Report vaults whose jobs, and disks whose recovery points, aren't known, and that the snapshots aren't known."""
    doubts = set()
    for wanted in desired:
        instance = draft.world.instance(wanted.disk.id, wanted.vault.id)
        if instance is None:
            continue
        if isinstance(doubt := jobs_of(told, instance), Unsure):
            doubts.add((wanted.vault.name, doubt))
        if instance.id.key in told.unread:
            what = f"which recovery points {wanted.disk.id.name} has"
            draft.decisions.note_unsure(told.unread[instance.id.key], what, address=wanted.address, place=wanted.place)
    for vault, doubt in sorted(doubts, key=lambda one: (one[0], one[1].because)):
        draft.decisions.note_unsure(doubt, f"how the backups in the vault {vault} went", address=addresses.vault(vault))
    if isinstance(told.snapshots, Unsure):
        draft.decisions.note_unsure(told.snapshots, "how many snapshots there are")


def _snapshots(told: Evidence, wanted: DesiredDisk) -> int | None:
    match told.snapshots:
        case Yes(counts):
            return sum(shown.count for shown in counts.get(wanted.disk.id.key, {}).values())
    return None


def _refused(draft: Draft, known: set[ArmId]) -> Iterator[DiskStatus]:
    """Declared disks that can't be protected: gone, in a region without a vault or policy, or unsupported."""
    for one in draft.decisions.unprotectable.values():
        if one.disk in known:
            continue
        disk, held = ArmId(one.disk.key), draft.world.held.get(one.disk.key, ())
        left = next((own for own in held if is_active(own) and draft.world.owner(own.tags) in {"ours", ""}), None)
        if one.is_gone and left:
            yield _kept(draft, _left(disk, GONE, one.because, left, one.place), left)
        else:
            state = GONE if one.is_gone else UNPROTECTED
            yield DiskStatus(disk, state, one.because, "", "", one.place, untold=_NOTHING_TOLD)


def _gone(draft: Draft, desired: Iterable[DesiredDisk]) -> Iterator[DiskStatus]:
    """Disks that are gone while their backups continue, and those named by id that `whenGone` has dealt with."""
    for one in absences(draft, {wanted.disk.id.key for wanted in desired}).gone.values():
        fate = verdict(draft, one)
        if not draft.decisions.ignores(one.address) and fate not in {Verdict.PENDING, Verdict.DONE}:
            goes_on = new_id(draft, one.disk) if one.is_read else None
            what = f"the disk now has the id {goes_on}" if goes_on else "Azure no longer has the disk"
            note = f"{what}{outlook(draft, one)}"
            place = one.place or draft.world.manifest.place
            row = _left(one.disk, GONE, note, one.instance, place)
            yield _kept(draft, row, one.instance) if one.is_read else row
    for instance, disk, place in lost(draft):
        note = f"the disk is gone, and its backup instance is soft-deleted: its recovery points are purged at {instance.purged}"
        yield _left(disk, GONE, note, instance, place)
    for instance, place in draft.decisions.settled.values():
        if instance.disk is not None:
            yield _left(instance.disk, HALTED, "the disk is gone; as `whenGone` declares", instance, place)


def _left(disk: ArmId, state: str, note: str, instance: Instance, place: Place) -> DiskStatus:
    policy = instance.policy.name if instance.policy else ""
    protection = WORDS[health_of(instance)]
    return DiskStatus(disk, state, note, protection, policy, place, untold=_NOTHING_TOLD, vault=instance.vault)


def _kept(draft: Draft, row: DiskStatus, instance: Instance) -> DiskStatus:
    """The row with the recovery points that the instance of a missing disk keeps, as far as they are known."""
    now = draft.world.now
    points = known_points(draft.questions, instance)
    newest = newest_point(points or (), now)
    if newest is None:
        return row
    return replace(
        row,
        newest=newest,
        age=now - newest,
        promise=promise(reading_of(draft.world, instance), newest),
        untold=row.untold - {"newest", "promise"},
    )


def _row(draft: Draft, wanted: DesiredDisk, told: Evidence) -> DiskStatus:
    instance = draft.world.instance(wanted.disk.id, wanted.vault.id)
    snapshots = _snapshots(told, wanted)
    if instance is None:
        return _unprotected(draft, wanted, told, snapshots)
    newest, reading = newest_of(told, instance), reading_of(draft.world, instance)
    latest = max(known_jobs(told, instance).items(), key=lambda one: (one[1], one[0]), default=None)
    state, note = _with_snapshots(
        draft.world, instance, told, reading, state_of(draft.world, wanted, instance, told, reading)
    )
    if instance.id.key in told.unread and state not in BAD:
        state, note = UNKNOWN, "could not read its recovery points"
    return DiskStatus(
        disk=wanted.disk.id,
        state=state,
        note=note,
        protection=WORDS[health_of(instance)],
        policy=_policy_name(wanted, instance),
        place=wanted.place,
        newest=newest,
        age=draft.world.now - newest if newest else None,
        promise=promise(reading, newest or draft.world.now) if wanted.rule.protection == "protected" else None,
        job=latest[0] if latest else "",
        job_began=latest[1] if latest else None,
        jobs_known=not isinstance(jobs_of(told, instance), Unsure),
        proven=proofs.proven_at(instance.tags, draft.world.now),
        drill_failed=proofs.failed_at(instance.tags, draft.world.now),
        snapshots=snapshots,
        untold=_untold(told, wanted, instance, reading, state),
        vault=instance.vault,
    )


def _untold(told: Evidence, wanted: DesiredDisk, instance: Instance, reading: Reading, state: str) -> frozenset[str]:
    """The fields of a disk's status that aren't known, though nothing says that there is none."""
    is_protected = wanted.rule.protection == "protected"
    doubts = {
        "newest": instance.id.key not in told.points and state != WAITING,
        "promise": is_protected and not reading.schedules,
        "job": isinstance(jobs_of(told, instance), Unsure),
    }
    return frozenset(name for name, is_doubtful in doubts.items() if is_doubtful)


def _with_snapshots(
    world: World, instance: Instance, told: Evidence, reading: Reading, found: tuple[str, str]
) -> tuple[str, str]:
    """The state of a disk and why, taking lost snapshots of its recovery points into account."""
    lost = loss(told, instance, reading, world.now)
    if lost is None or found[0] == FAILING or (lost[0] == UNKNOWN and found[0] in BAD):
        return found
    return lost


def _unprotected(draft: Draft, wanted: DesiredDisk, told: Evidence, snapshots: int | None) -> DiskStatus:
    """The status of a disk without an instance in its vault, as far as that could be read."""
    if draft.questions.is_unread(wanted.vault):
        why = f"could not read what the vault {wanted.vault.name} contains"
        return DiskStatus(
            wanted.disk.id,
            UNKNOWN,
            why,
            "",
            wanted.policy.name,
            wanted.place,
            snapshots=snapshots,
            untold=_NOTHING_TOLD,
            vault=wanted.vault.id,
        )
    is_new, untold = False, frozenset[str]()
    if deleted := _deleted(draft.world, wanted):
        note = f"its backup instance is soft-deleted: its recovery points are purged at {deleted.purged}"
        untold = frozenset({"newest", "job", "proven"})
        state = UNPROTECTED if wanted.rule.protection == "protected" else FAILING
    elif wanted.rule.protection == "protected":
        is_new = not _was_protected(draft.world, wanted, told)
        state, note = UNPROTECTED, "no backup instance yet" if is_new else "no backup instance"
    else:
        state, note = HALTED, "nothing to stop"
    return DiskStatus(
        wanted.disk.id,
        state,
        note,
        "",
        wanted.policy.name,
        wanted.place,
        snapshots=snapshots,
        is_new=is_new,
        untold=untold,
        vault=wanted.vault.id,
    )


def _deleted(world: World, wanted: DesiredDisk) -> Instance | None:
    """The soft-deleted instance that protected a declared disk in its vault."""
    held = world.deleted.get(wanted.disk.id.key, ())
    return next((one for one in held if one.vault == wanted.vault.id), None)


def _was_protected(world: World, wanted: DesiredDisk, told: Evidence) -> bool:
    """Whether the disk was protected before: it has an instance, live or soft-deleted, or a job of its derived one."""
    disk = wanted.disk.id
    own = f"{wanted.vault.id.key}/backupinstances/{lower(instance_name(disk))}"
    is_unread = isinstance(told.listed.get(wanted.vault.id), Unsure)
    return disk.key in world.held or own in told.jobs or disk.key in world.deleted or is_unread


def _policy_name(wanted: DesiredDisk, instance: Instance) -> str:
    return instance.policy.name if instance.policy else wanted.policy.name
