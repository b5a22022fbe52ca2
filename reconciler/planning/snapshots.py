"""Recovery points whose snapshots are gone: which snapshots are worth reading, and what they show.

A disk's recovery point is a snapshot in the instance's snapshot resource group; Azure Backup still lists the point after
the snapshot was deleted. Counting all snapshots costs one query, so points and snapshots are read only if there are too
few of them, or if the newest one is older than the newest backup.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from reconciler.base.durations import shortest_days
from reconciler.base.plurals import counted
from reconciler.model.known import Unsure, Yes
from reconciler.model.policy_reading import Reading
from reconciler.model.protection import Health, health_of
from reconciler.model.resources import Instance, RecoveryPoint, Snapshots
from reconciler.model.results.status import FAILING, UNKNOWN
from reconciler.planning.backups import START_WINDOW, Evidence, granted, newest_of, protected_since
from reconciler.planning.occurrences import interval_after
from reconciler.planning.world import World

_APART = timedelta(minutes=15)
"""How far apart the times of a snapshot and of its recovery point, or the start of its backup, may be."""

_SLACK = START_WINDOW + timedelta(minutes=30)
_NONE = Snapshots(0, None)


def is_bare(told: Evidence, instance: Instance) -> bool:
    """Whether an instance has no snapshot, or none as new as its newest backup, according to the count."""
    shown, newest = _shown(told, instance), newest_of(told, instance)
    if shown is None or newest is None:
        return False
    return shown.newest is None or shown.newest < newest - _APART


def is_short(world: World, told: Evidence, instance: Instance, reading: Reading) -> bool:
    """Whether there are fewer snapshots than the schedule made since the disk was protected and the policy keeps."""
    shown, days = _shown(told, instance), shortest_days(reading.kept.get("Default", 0))
    if (
        shown is None
        or instance.disk is None
        or not reading.schedules
        or not days
        or health_of(instance) is not Health.CONFIGURED
    ):
        return False
    begun = protected_since(instance, (), world.now) or granted(world, instance.disk)
    span = min(world.now - begun, timedelta(days=days)) if begun else timedelta(days=days)
    return shown.count < (span - _SLACK) // interval_after(reading.schedules, world.now)


def loss(told: Evidence, instance: Instance, reading: Reading, now: datetime) -> tuple[str, str] | None:
    """The state of an instance with lost snapshots, and why; None when none is known to be lost."""
    group, disk = instance.snapshot_group, instance.disk
    answer = told.there.get(group.key) if group else None
    if group is None or disk is None or answer is None:
        return None
    if not isinstance(answer, Yes):
        because = answer.because if isinstance(answer, Unsure) else "its snapshot resource group is gone"
        return UNKNOWN, f"could not tell whether the snapshots of its recovery points exist: {because}"
    times = answer.value.get(disk.key, ())
    points = told.kept.get(instance.id.key)
    if points is not None:
        return _of_points(_lasting(instance, points, now), times, group.name)
    newest = newest_of(told, instance)
    if newest is None or any(time >= newest - _APART for time in times):
        return None
    if any("vaultstore" in part.lower() for part in reading.unknown):
        return UNKNOWN, "its recovery points were not read, and some may be in the vault"
    return FAILING, (
        f"the snapshot of its backup of {newest:%Y-%m-%d %H:%M} UTC is gone from {group.name}"
        if times
        else f"all snapshots of its recovery points are gone from {group.name}"
    )


def _lasting(instance: Instance, points: Iterable[RecoveryPoint], now: datetime) -> list[RecoveryPoint]:
    """The recovery points that should exist, oldest first: always the newest, and all while protection is stopped."""
    every = sorted(points, key=lambda one: one.taken)
    if health_of(instance) is Health.STOPPED:
        return every
    return [one for one in every if one is every[-1] or one.expires is None or one.expires > now]


def _of_points(points: list[RecoveryPoint], times: Iterable[datetime], group: str) -> tuple[str, str] | None:
    left, lost = sorted(times), []
    for point in (one for one in points if one.is_snapshot):
        own = next((time for time in left if abs(time - point.taken) <= _APART), None)
        if own is None:
            lost.append(point)
        else:
            left.remove(own)
    if not lost:
        return None
    if len(lost) == len(points):
        return FAILING, f"the snapshots of {_all(len(points))} are gone from {group}: nothing can be restored"
    newest = ", the newest one too" if lost[-1] is points[-1] else ""
    return FAILING, f"{len(lost)} of {counted(len(points), 'recovery point')} lost their snapshots in {group}{newest}"


def _all(count: int) -> str:
    return "its one recovery point" if count == 1 else f"all its {count} recovery points"


def _shown(told: Evidence, instance: Instance) -> Snapshots | None:
    """The count of an instance's own snapshots; None: that isn't known, or it can't have any."""
    if instance.disk is None or instance.snapshot_group is None or not isinstance(told.snapshots, Yes):
        return None
    return told.snapshots.value.get(instance.disk.key, {}).get(instance.snapshot_group.key, _NONE)
