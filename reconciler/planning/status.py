"""The state of each declared disk's backups, on one line each, and what could not be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model import addresses
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Unsure, Yes
from reconciler.model.names import instance_name
from reconciler.model.policy_reading import Reading
from reconciler.model.protection import WORDS, health_of
from reconciler.model.resources import Instance
from reconciler.model.results.status import BackupStatus, DiskStatus
from reconciler.model.states import BAD, FAILING, GONE, HALTED, LATE, UNKNOWN, UNPROTECTED, WAITING
from reconciler.planning import proofs
from reconciler.planning.backups import (
    Evidence,
    contradicted,
    jobs_of,
    known_jobs,
    newest_of,
    promise,
    reading_of,
    state_of,
)
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk, declared_disks
from reconciler.planning.draft import Draft
from reconciler.planning.gone import Verdict, absences, lost, outlook, verdict
from reconciler.planning.identity import new_id, replaced
from reconciler.planning.snapshots import is_bare, is_short, loss
from reconciler.planning.world import World

__all__ = ["Evidence", "contradicted", "doubtful", "protecting", "statuses", "suspected"]

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
    """The status; when `draft.questions.open` isn't empty it is a sketch: answer them, make it again."""
    desired = declared_disks(draft)
    draft.questions.tell_unread()
    rows = [_row(draft, wanted, told) for wanted in desired]
    known = {wanted.disk.id for wanted in desired}
    swapped = replaced(draft, desired)
    rows = [
        replace(row, state=FAILING, note=swapped[wanted.address]) if wanted.address in swapped else row
        for wanted, row in zip(desired, rows, strict=True)
    ]
    rows += _refused(draft.decisions, known)
    rows += _gone(draft, desired)
    late = list(proofs.complaints(draft.world, desired))
    _tell_unsure(draft, desired, told)
    return BackupStatus(
        draft.world.manifest.name,
        tuple(sorted(rows, key=lambda row: lower(row.disk))),
        tuple(sorted((*late, *draft.decisions.unread), key=lambda one: (one.code, lower(one.address), one.message))),
        skipped,
        draft.world.now,
    )


def _tell_unsure(draft: Draft, desired: Iterable[DesiredDisk], told: Evidence) -> None:
    """Report vaults whose jobs aren't known, and that the snapshots aren't known."""
    doubts = {
        (instance.vault.name, doubt)
        for wanted in desired
        if (instance := draft.world.instance(wanted.disk.id, wanted.vault.id))
        and isinstance(doubt := jobs_of(told, instance), Unsure)
    }
    for vault, doubt in sorted(doubts, key=lambda one: (one[0], one[1].because)):
        draft.decisions.note_unsure(doubt, f"how the backups in the vault {vault} went", address=addresses.vault(vault))
    if isinstance(told.snapshots, Unsure):
        draft.decisions.note_unsure(told.snapshots, "how many snapshots there are")


def _snapshots(told: Evidence, wanted: DesiredDisk) -> int | None:
    match told.snapshots:
        case Yes(counts):
            return sum(shown.count for shown in counts.get(wanted.disk.id.key, {}).values())
    return None


def _refused(decisions: Decisions, known: set[ArmId]) -> Iterator[DiskStatus]:
    """Declared disks that can't be protected: gone, in a region without a vault or policy, or unsupported."""
    for finding in decisions.findings:
        disk = finding.address.disk
        if (
            disk is not None
            and disk not in known
            and finding.place
            and finding.code in {disk_codes.UNCOVERED.code, disk_codes.DISK_GONE.code, *_RULES}
        ):
            known.add(disk)
            state = GONE if finding.code == disk_codes.DISK_GONE.code else UNPROTECTED
            yield DiskStatus(disk.key, state, finding.message, "", "", finding.place)


def _gone(draft: Draft, desired: Iterable[DesiredDisk]) -> Iterator[DiskStatus]:
    """Disks that are gone while their backups continue, and those named by id that `whenGone` has dealt with."""
    for one in absences(draft, {wanted.disk.id.key for wanted in desired}).gone.values():
        fate = verdict(draft, one)
        if not draft.decisions.ignores(one.address) and fate not in {Verdict.PENDING, Verdict.DONE}:
            goes_on = new_id(draft, one.disk) if one.is_read else None
            what = f"the disk now has the id {goes_on}" if goes_on else "Azure no longer has the disk"
            note = f"{what}{outlook(draft, one)}"
            place = one.place or draft.world.manifest.place
            yield _left(one.disk, GONE, note, one.instance, place)
    for instance, disk, place in lost(draft):
        note = f"the disk is gone, and its backup instance is soft-deleted: its recovery points are purged at {instance.purge_time}"
        yield _left(disk, GONE, note, instance, place)
    for instance, place in draft.decisions.settled.values():
        if instance.disk is not None:
            yield _left(instance.disk, HALTED, "the disk is gone; as `whenGone` declares", instance, place)


def _left(disk: ArmId, state: str, note: str, instance: Instance, place: Place) -> DiskStatus:
    policy = instance.policy.name if instance.policy else ""
    return DiskStatus(disk.text, state, note, WORDS[health_of(instance)], policy, place)


_RULES = frozenset(
    {
        disk_codes.REGION_DIFFERS.code,
        disk_codes.REGION_UNNAMED.code,
        disk_codes.DISK_ENCRYPTION.code,
        codes.REPLICA_DISK.code,
        disk_codes.DISK_DELETING.code,
        codes.SCHEDULE_TOO_FAST.code,
        disk_codes.CLAIMED_TWICE.code,
    }
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
    return DiskStatus(
        disk=wanted.disk.id.text,
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
        proven=proofs.proven_at(instance.tags, draft.world.now),
        snapshots=snapshots,
    )


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
        return DiskStatus(wanted.disk.id.text, UNKNOWN, why, "", wanted.policy.name, wanted.place, snapshots=snapshots)
    is_new = False
    if deleted := _deleted(draft.world, wanted):
        note = f"its backup instance is soft-deleted: its recovery points are purged at {deleted.purge_time}"
        state = UNPROTECTED if wanted.rule.protection == "protected" else FAILING
    elif wanted.rule.protection == "protected":
        is_new = not _was_protected(draft.world, wanted, told)
        state, note = UNPROTECTED, "no backup instance yet" if is_new else "no backup instance"
    else:
        state, note = HALTED, "nothing to stop"
    return DiskStatus(
        wanted.disk.id.text, state, note, "", wanted.policy.name, wanted.place, snapshots=snapshots, is_new=is_new
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
