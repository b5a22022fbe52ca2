"""When a policy wants backups: wall-clock times of its time zone, the same on every day, daylight saving or not.

The start of a repeating interval counts by its time of day only: of the moment that it names or, where a switch says so and
its offset is one that its zone has, as it is written. Times that a change of clocks leaves out happen when
the clock is past them; those that it repeats happen once. Which backup is the first of its day or week is counted in
that time zone too, weeks beginning on Sunday.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reconciler.sandbox.dataprotection.spelling import at, same, text

_DAY = 1440
_LENGTH = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_UTC_NAMES = frozenset({"", "utc", "coordinated universal time"})


class Schedule(NamedTuple):
    """Minutes of the local day at which backups begin, and the time zone as the policy names it."""

    minutes: tuple[int, ...]
    zone: str


class Due(NamedTuple):
    """One time that a backup is wanted at: seconds since 1970, and the ordinal of the local day."""

    at: float
    day: int


def schedule_of(properties: Any, *, as_written: bool = False) -> Schedule | None:
    """The schedule of a policy's backup rule; None when it has none that can be followed.

    `as_written` takes a start with an offset of its own zone for wall-clock time, whatever the zone's offset on that day.
    """
    for rule in at(properties, "policyRules") or []:
        if same(text(rule, "objectType"), "AzureBackupRule"):
            intervals = at(rule, "trigger", "schedule", "repeatingTimeIntervals") or []
            zone = text(rule, "trigger", "schedule", "timeZone")
            minutes = {minute for entry in intervals for minute in _minutes(str(entry), zone, as_written=as_written)}
            return Schedule(tuple(sorted(minutes)), zone) if minutes else None
    return None


def _minutes(interval: str, zone: str, *, as_written: bool) -> Iterator[int]:
    parts = interval.split("/")
    length = _length(parts[-1])
    try:
        start = datetime.fromisoformat(parts[1])
    except (IndexError, ValueError):
        return
    if not length or _DAY % length:
        return
    if start.tzinfo is not None and not (as_written and _is_own(start, zone_of(zone))):
        try:
            start = start.astimezone(zone_of(zone))
        except OverflowError:  # before the first or after the last day of the calendar, there
            return
    yield from range((start.hour * 60 + start.minute) % length, _DAY, length)


def _is_own(start: datetime, zone: tzinfo) -> bool:
    """Whether a start's offset is one that its zone has in that year, and isn't that of UTC."""
    offset = start.utcoffset()
    return bool(offset) and offset in {datetime(start.year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}


def _length(text: str) -> int:
    """Minutes in an ISO 8601 duration of days, hours and minutes; 0 when it is none."""
    match = _LENGTH.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return days * _DAY + hours * 60 + minutes


_OBSOLETE = {"kamchatka standard time": "Asia/Kamchatka", "mid-atlantic standard time": "Etc/GMT+2"}
"""Zones that Windows and Azure Backup still have, and CLDR's table no longer; their daylight saving time isn't simulated.

Terraform's provider takes them for Azure Backup's policies (`validate/backup_policy_data_lake_storage_time_zone.go`).
"""


@cache
def _windows_zones() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz  # a large table, for policies with a zone only

    return _OBSOLETE | {windows.lower(): iana for windows, iana in win_tz.items()}


def is_windows_zone(name: str) -> bool:
    """Whether a time zone bears a name that Windows gives it, or one of those of UTC (recorded traffic shows both)."""
    return name.lower() in _UTC_NAMES or name.lower() in _windows_zones()


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The time zone of a Windows or IANA name; UTC for one that nobody knows."""
    if name.lower() in _UTC_NAMES:
        return UTC
    try:
        return ZoneInfo(_windows_zones().get(name.lower(), name))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def following(schedule: Schedule, after: float) -> Due:
    """The first time past `after` at which a backup is wanted."""
    day = datetime.fromtimestamp(after, zone_of(schedule.zone)).toordinal()
    while True:
        for moment in _on(schedule, day):
            if moment > after:
                return Due(moment, day)
        day += 1


def interval(schedule: Schedule) -> float:
    """Seconds between two backups, on a day without a change of clocks."""
    return _DAY * 60.0 / len(schedule.minutes)


@lru_cache(maxsize=8192)
def _on(schedule: Schedule, day: int) -> tuple[float, ...]:
    zone, midnight = zone_of(schedule.zone), datetime.combine(date.fromordinal(day), datetime.min.time())
    moments = ((midnight + timedelta(minutes=minute)).replace(tzinfo=zone).timestamp() for minute in schedule.minutes)
    return tuple(sorted(set(moments)))


class Tags:
    """The retention tags that a policy gives, by what `given` was told: the last day, week, month and year that one went to."""

    def __init__(self, properties: Any, given: dict[str, int]) -> None:
        self._given = given
        self._criteria = sorted(_criteria(properties))

    def all(self) -> set[str]:
        """Every tag that may be given."""
        return {_DEFAULT, *(tag for _, tag, _ in self._criteria)}

    def of(self, day: int) -> str:
        """The tag of the next backup that succeeds on a local day: that of the highest priority that is still to be given."""
        for _, tag, criterion in self._criteria:
            period = _PERIODS.get(criterion)
            if period and self._given.get(criterion) != period(day):
                return tag
        return _DEFAULT

    def given(self, day: int) -> None:
        """A backup succeeded on a local day: what comes after it is the first of none of its periods."""
        self._given |= {criterion: period(day) for criterion, period in _PERIODS.items()}


def _criteria(properties: Any) -> Iterator[tuple[int, str, str]]:
    """Priority, tag and criterion of each tag that isn't the default."""
    for rule in at(properties, "policyRules") or []:
        for entry in at(rule, "trigger", "taggingCriteria") or []:
            if at(entry, "isDefault") is not True:
                priority, criterion = at(entry, "taggingPriority"), text(entry, "criteria", 0, "absoluteCriteria", 0)
                yield int(priority or 0), text(entry, "tagInfo", "tagName"), criterion


_DEFAULT = "Default"
_PERIODS: dict[str, Callable[[int], int]] = {
    "FirstOfDay": lambda day: day,
    "FirstOfWeek": lambda day: day // 7,  # ordinals of Sundays are multiples of seven
    "FirstOfMonth": lambda day: date.fromordinal(day).year * 12 + date.fromordinal(day).month,
    "FirstOfYear": lambda day: date.fromordinal(day).year,
}
