"""When a schedule wants backups: wall-clock times of its zone, whatever the clocks do there, and how far they lie apart.

Nobody has confirmed what Azure does at a local time that a change of clocks repeats or leaves out: of its two readings
the one is taken that lets a backup come later, so that none is called late that isn't.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reconciler.base.zones import iana_zone
from reconciler.planning.policy_reading import Schedule

_DAY_HOURS = 24
_AROUND = (-1, 0, 1)
"""Days around a moment in whose local times its neighbours lie."""


class Occurrence(NamedTuple):
    """A local time at which a backup is due, by the earlier and the later of its readings; they rarely differ."""

    earliest: datetime
    latest: datetime


def interval_after(schedules: Iterable[Schedule], moment: datetime) -> timedelta:
    """How long the backup at `moment` is the newest: from the time that it was due until the next one is.

    Of several schedules every occurrence counts. ValueError without a schedule.
    """
    each = [_neighbours(schedule, moment) for schedule in schedules]
    return min(after for _, after in each) - max(before for before, _ in each)


def _neighbours(schedule: Schedule, moment: datetime) -> tuple[datetime, datetime]:
    """The last time that a backup was due at `moment`, and the next one: `moment` itself where the days don't tell."""
    length = timedelta(hours=schedule.interval_hours)
    if _DAY_HOURS % schedule.interval_hours:
        zone = _zone(schedule.time_zone)
        local = moment.astimezone(zone).replace(tzinfo=None)
        return moment, max(moment + length, _at(local + length, zone).latest)
    near = list(_near(schedule, moment))
    before = max(time for one in near for time in one if time <= moment)
    after = min(one for one in near if one.earliest > moment).latest
    if schedule.interval_hours < _DAY_HOURS:
        after = max(after, before + length)  # Azure may count such an interval by the clock, or by the hours that pass
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
