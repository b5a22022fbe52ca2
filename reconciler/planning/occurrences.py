"""When backups of a schedule are due: at wall-clock times of its zone, across clock changes, and how far apart.

It isn't confirmed what Azure does at a local time that a clock change repeats or skips. Of the two readings the later one
is used, so that no backup is called late too early.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reconciler.base.zones import iana_zone
from reconciler.model.policy_reading import Schedule

_DAY_HOURS = 24
_AROUND = (-1, 0, 1)
"""The days around a moment that contain its neighbours in local time."""


class Occurrence(NamedTuple):
    """A local time at which a backup is due, in its earlier and its later reading, which rarely differ."""

    earliest: datetime
    latest: datetime


def interval_after(schedules: Iterable[Schedule], moment: datetime) -> timedelta:
    """How long the backup at `moment` is the newest: from when it was due until the next one is due.

    The occurrences of all schedules count. ValueError without a schedule.
    """
    each = [_neighbours(schedule, moment) for schedule in schedules]
    return min(after for _, after in each) - max(before for before, _ in each)


def next_after(schedules: Iterable[Schedule], moment: datetime) -> datetime | None:
    """When the next backup after `moment` is due; None: no schedule says, such as one whose hours don't divide a day."""
    each = list(schedules)
    if not each or any(_DAY_HOURS % schedule.interval_hours for schedule in each):
        return None
    return min(one.latest for schedule in each for one in _near(schedule, moment) if one.earliest > moment)


def _neighbours(schedule: Schedule, moment: datetime) -> tuple[datetime, datetime]:
    """The last time at `moment` that a backup was due (`moment` itself if days don't divide evenly), and the next one."""
    length = timedelta(hours=schedule.interval_hours)
    if _DAY_HOURS % schedule.interval_hours:
        zone = _zone(schedule.time_zone)
        local = moment.astimezone(zone).replace(tzinfo=None)
        return moment, max(moment + length, _at(local + length, zone).latest)
    near = list(_near(schedule, moment))
    before = max(time for one in near for time in one if time <= moment)
    after = min(one for one in near if one.earliest > moment).latest
    if schedule.interval_hours < _DAY_HOURS:
        after = max(after, before + length)  # Azure may count such an interval by the clock, or by elapsed hours
    return before, after


def _near(schedule: Schedule, moment: datetime) -> Iterator[Occurrence]:
    """The occurrences of the days around a moment."""
    zone = _zone(schedule.time_zone)
    today = moment.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    for days in _AROUND:
        for hours in range(0, _DAY_HOURS, schedule.interval_hours):
            yield _at(today + timedelta(days=days, hours=hours, minutes=schedule.phase_minutes), zone)


@lru_cache(maxsize=64)
def _at(local: datetime, zone: tzinfo) -> Occurrence:
    times = sorted(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return Occurrence(times[0], times[1])


@lru_cache(maxsize=64)
def _zone(windows: str) -> ZoneInfo:
    return ZoneInfo(iana_zone(windows))
