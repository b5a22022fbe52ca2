"""The state of a disk's backups: as fresh as its schedule promises, late, failing, or unknown.

A backup may begin up to two hours after it is due (Azure Backup's FAQ). So a healthy newest recovery point is never older
than the time between two occurrences of its schedule plus these two hours, or a job that began within that time is still
running. A creation time in the future is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from reconciler.base import durations
from reconciler.model.builtin_roles import DISK_BACKUP_READER
from reconciler.model.estate import AHEAD
from reconciler.model.ids import ArmId
from reconciler.model.jobs import WELL
from reconciler.model.known import Known, Unsure, Yes
from reconciler.model.limits import CLOCKS_APART
from reconciler.model.policy_reading import Reading, read
from reconciler.model.protection import Health, health_of, reason
from reconciler.model.resources import Instance, RecoveryPoint, Snapshots
from reconciler.model.results.status import BAD, FAILING, HALTED, LATE, OK, UNKNOWN, UNPROTECTED, WAITING
from reconciler.model.tags import PROTECTED_TAG, time_of
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.occurrences import interval_after
from reconciler.planning.world import World

START_WINDOW = timedelta(hours=2)

_A_JOB = timedelta(hours=1)
_JOBS_KEPT = timedelta(days=3)
_NEVER = datetime.min.replace(tzinfo=UTC)
_UNREAD = "its recovery points were not read"
_SINCE_WHEN = (
    "no recovery point yet, and could not tell since when it is protected: `reconciler backup` makes the first one, and "
    "the vault's activity log says when its backup instance was made"
)
_RUNNING = "inprogress"
_ILL = {"failed": "failed", "cancelled": "was cancelled", "canceled": "was cancelled"}
_HARMLESS = WELL | {_RUNNING, "cancelling", "canceling"}


Newest: TypeAlias = Mapping[str, datetime]
"""When the newest backup job of each status began, by lower-cased status."""


@dataclass(slots=True)
class Evidence:
    """What was read about backups in addition to the estate, at the time `now`.

    `jobs`: when the newest backup job of each status began, by lower-cased instance id and lower-cased status.
    `listed`: the vaults whose own job lists were read in place of Resource Graph, and what is known of their instances
    without jobs. `points`: when the newest recovery point of each instance that was asked for was made (None: it has
    none); `kept`: all recovery points of these; `unread`: why those of others could not be read. `snapshots`: the incremental snapshots by lower-cased disk id, then
    resource group. `there`: for each doubtful resource group, when the snapshots in it were made, by lower-cased disk id.
    """

    jobs: dict[str, Known[Newest]]
    snapshots: Known[Mapping[str, Mapping[str, Snapshots]]]
    now: datetime
    listed: dict[ArmId, Known[Newest]] = field(default_factory=dict)
    points: dict[str, datetime | None] = field(default_factory=dict)
    kept: dict[str, tuple[RecoveryPoint, ...]] = field(default_factory=dict)
    unread: dict[str, Unsure] = field(default_factory=dict)
    there: dict[str, Known[Mapping[str, tuple[datetime, ...]]]] = field(default_factory=dict)


def contradicted(held: Iterable[Instance], told: Evidence) -> set[ArmId]:
    """The vaults for which Resource Graph lags too far: it lacks the job of an existing recovery point."""
    return {one.vault for one in held if one.vault not in told.listed and _is_ahead(told, one)}


def _is_ahead(told: Evidence, instance: Instance) -> bool:
    """Whether a recovery point is newer than every successful job."""
    point, jobs = told.points.get(instance.id.key), jobs_of(told, instance)
    if point is None or isinstance(jobs, Unsure):
        return False
    return point - _A_JOB > (_newest_that_succeeded(jobs) or _NEVER)


def _newest_that_succeeded(jobs: Newest) -> datetime | None:
    return max((began for status, began in jobs.items() if status in WELL), default=None)


def unlisted(held: Iterable[Instance], told: Evidence, now: datetime) -> Mapping[str, str]:
    """Instances whose vault's own job list is incomplete, since it lacks the job of their newest recovery point.

    By lower-cased id, with what is missing. Azure may forget the job of a point that is older than a few days.
    """
    found = {}
    for one in held:
        point, jobs = told.points.get(one.id.key), jobs_of(told, one)
        if point is None or isinstance(jobs, Unsure) or now - point > _JOBS_KEPT:
            continue
        if point - _A_JOB > max(jobs.values(), default=_NEVER):
            found[one.id.key] = f"its jobs lack the backup of {point:%Y-%m-%d %H:%M} UTC, whose recovery point exists"
    return found


def jobs_of(told: Evidence, instance: Instance) -> Newest | Unsure:
    """The newest jobs of an instance, or why they are not known."""
    match told.jobs.get(instance.id.key, told.listed.get(instance.vault)):
        case Unsure() as doubt:
            return doubt
        case Yes(newest):
            return _own(newest, instance, told.now)
    return {}


def _own(newest: Newest, instance: Instance, now: datetime) -> Newest:
    """The jobs without those of an earlier instance of the same id, whose recovery points are not this one's."""
    made = _made(instance, now) if newest else None
    return {status: began for status, began in newest.items() if made is None or began >= made - CLOCKS_APART}


def _made(instance: Instance, now: datetime) -> datetime | None:
    """When an instance was made: as Azure tells, else as its tag says, unless that is in the future; None: unknown.

    A tag that a wrong clock wrote must not hide jobs that failed.
    """
    tagged = time_of(instance.tags, PROTECTED_TAG)
    return instance.created or (tagged if tagged is not None and tagged <= now + CLOCKS_APART else None)


def known_jobs(told: Evidence, instance: Instance) -> Newest:
    """The newest jobs of an instance, as far as they are known."""
    found = jobs_of(told, instance)
    return {} if isinstance(found, Unsure) else found


def newest_of(told: Evidence, instance: Instance) -> datetime | None:
    """When the newest known recovery point was made, or its backup began."""
    made = (_newest_that_succeeded(known_jobs(told, instance)), told.points.get(instance.id.key))
    return max(filter(None, made), default=None)


def newest_point(points: Iterable[RecoveryPoint], now: datetime) -> datetime | None:
    """When the newest recovery point was made that is complete and not in the future."""
    return max((one.taken for one in points if one.is_complete and one.taken <= now + AHEAD), default=None)


def reading_of(world: World, instance: Instance) -> Reading:
    """What is understood of the instance's current policy."""
    policy = world.estate.policies.get(instance.policy.key) if instance.policy else None
    return read(policy) if policy else Reading()


def promise(reading: Reading, moment: datetime) -> timedelta | None:
    """The greatest age that the schedule allows for a recovery point of that moment; None when that isn't known."""
    return _promised(reading, moment) if reading.schedules else None


def _promised(reading: Reading, moment: datetime) -> timedelta:
    return interval_after(reading.schedules, moment) + START_WINDOW


def state_of(
    world: World, wanted: DesiredDisk, instance: Instance, told: Evidence, reading: Reading
) -> tuple[str, str]:
    """The backup state of a declared disk, and why; `reading` is that of the instance's policy."""
    health = health_of(instance)
    if health is Health.LEAVING:
        return UNPROTECTED, reason(health, instance)
    if wanted.rule.protection != "protected":
        return HALTED, f"declared {wanted.rule.protection}"
    if health not in {Health.CONFIGURED, Health.TRANSIENT}:
        return FAILING if health is Health.FAILING else UNPROTECTED, reason(health, instance)
    if ill := _ended_ill(told, instance):
        return ill
    state = _by_age(world, wanted, instance, told, reading)
    if isinstance(jobs_of(told, instance), Unsure) and state[0] not in BAD:
        return UNKNOWN, "could not tell how its last backup ended"
    return state


def _ended_ill(told: Evidence, instance: Instance) -> tuple[str, str] | None:
    """The state, and why, if a backup since the newest recovery point failed, was cancelled or has an unknown status."""
    newest = newest_of(told, instance) or _NEVER
    since = {status: began for status, began in known_jobs(told, instance).items() if began > newest}
    for status, what in _ILL.items():
        if status in since:
            return FAILING, f"the backup of {since[status]:%Y-%m-%d %H:%M} UTC {what}"
    for status in sorted(since.keys() - _HARMLESS):
        return UNKNOWN, f"the backup of {since[status]:%Y-%m-%d %H:%M} UTC has the unknown status '{status}'"
    return None


def _by_age(world: World, wanted: DesiredDisk, instance: Instance, told: Evidence, reading: Reading) -> tuple[str, str]:
    """The state of a disk whose last backup didn't fail, by how old its newest recovery point is."""
    if not reading.schedules:
        parts = ", ".join(reading.unknown)
        return UNKNOWN, f"could not tell its policy's schedule{f': {parts}' if parts else ''}"
    newest = newest_of(told, instance)
    if newest is None:
        return _first(world, wanted, instance, told, reading)
    return _by_schedule(world.now, newest, known_jobs(told, instance).get(_RUNNING), reading)


def _by_schedule(now: datetime, newest: datetime, running: datetime | None, reading: Reading) -> tuple[str, str]:
    """Whether backups are as fresh as the understood part of the schedule promises."""
    state, note = _freshness(now, newest, running, reading)
    if state == OK and not reading.is_timed:
        return UNKNOWN, f"could not tell part of its policy's schedule: {', '.join(reading.unknown)}"
    return state, note


def _freshness(now: datetime, newest: datetime, running: datetime | None, reading: Reading) -> tuple[str, str]:
    promised = _promised(reading, newest)
    is_under_way = running is not None and running - newest <= promised and now - running <= _promised(reading, running)
    if now - newest <= promised or is_under_way:
        return OK, ""
    return LATE, f"{durations.age(now - newest)} old, should be at most {durations.age(promised)}"


def _first(world: World, wanted: DesiredDisk, instance: Instance, told: Evidence, reading: Reading) -> tuple[str, str]:
    """The state of a disk without a recovery point: the first one is due from when the disk became protected.

    A new role assignment for the disk limits that time, too; an old one proves nothing, since a failed apply may have left it.
    """
    jobs = known_jobs(told, instance)
    since, is_read = protected_since(instance, jobs.values(), world.now), instance.id.key in told.points
    if since is not None and world.now - since > _promised(reading, since):
        how_long = durations.age(world.now - since)
        return (LATE, f"no recovery point yet, {how_long} after it became protected") if is_read else (UNKNOWN, _UNREAD)
    begun = since or granted(world, wanted.disk.id)
    if begun is not None and world.now - begun <= _promised(reading, begun):
        return WAITING, "no recovery point yet" if is_read else "its first recovery point isn't due yet"
    return UNKNOWN, _SINCE_WHEN if is_read else _UNREAD


def protected_since(instance: Instance, jobs: Iterable[datetime], now: datetime) -> datetime | None:
    """The latest time since when an instance protects its disk: its own times, else its first known job; None: unknown.

    A time in the future is ignored.
    """
    own = (time_of(instance.tags, PROTECTED_TAG), instance.created)
    believed = [one for one in own if one is not None and one <= now + CLOCKS_APART]
    return max(believed, default=None) or min(jobs, default=None)


def granted(world: World, disk: ArmId) -> datetime | None:
    """When the disk's own role assignment was made, without which there can be no backup; None: it has none."""
    own = (row for row in world.estate.roles.values() if row.scope == disk and row.role == DISK_BACKUP_READER.guid)
    return max((row.created for row in own if row.created), default=None)
