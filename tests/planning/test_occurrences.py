"""How far apart backups are due, wherever the clocks change; times of the table are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from reconciler.base.zones import iana_zone
from reconciler.model.policy_reading import Schedule
from reconciler.planning.occurrences import interval_after

BERLIN, LORD_HOWE, CHATHAM, INDIA, NEW_YORK, ARIZONA = (
    "W. Europe Standard Time",
    "Lord Howe Standard Time",
    "Chatham Islands Standard Time",
    "India Standard Time",
    "Eastern Standard Time",
    "US Mountain Standard Time",
)


def daily(zone: str, at: str) -> Schedule:
    hours, minutes = map(int, at.split(":"))
    return Schedule(24, hours * 60 + minutes, zone)


def every(hours: int, zone: str, phase: int = 0) -> Schedule:
    return Schedule(hours, phase, zone)


@pytest.mark.parametrize(
    ("schedule", "newest", "hours"),
    [
        # Clocks go back at 01:00 UTC on 2026-10-25: 02:00 to 03:00 comes twice.
        (daily(BERLIN, "02:00"), "2026-10-23T00:00", 24),
        (daily(BERLIN, "02:00"), "2026-10-24T00:05", 25),  # the second 02:00 may be meant
        (daily(BERLIN, "02:00"), "2026-10-25T00:05", 25),  # the first was
        (daily(BERLIN, "02:00"), "2026-10-25T01:05", 24),  # the second was
        (daily(BERLIN, "02:00"), "2026-10-26T01:05", 24),
        (daily(BERLIN, "01:30"), "2026-10-24T23:40", 25),
        (daily(BERLIN, "03:00"), "2026-10-24T01:10", 25),
        (daily(BERLIN, "23:00"), "2026-10-24T21:10", 25),
        # Clocks go forward at 01:00 UTC on 2026-03-29: 02:00 to 03:00 is left out.
        (daily(BERLIN, "02:00"), "2026-03-28T01:05", 24),
        (daily(BERLIN, "02:00"), "2026-03-29T01:05", 23),
        (daily(BERLIN, "02:30"), "2026-03-28T01:35", 24),
        (daily(BERLIN, "02:30"), "2026-03-29T01:35", 23),
        (daily(BERLIN, "12:00"), "2026-03-28T11:30", 23),
        (daily(BERLIN, "00:30"), "2026-03-28T23:40", 23),
        # Intervals of hours never promise less than they say.
        (every(4, BERLIN, 60), "2026-10-24T23:05", 5),
        (every(4, BERLIN, 60), "2026-03-29T00:05", 4),
        (every(1, BERLIN), "2026-10-25T00:05", 2),
        (every(1, BERLIN), "2026-10-25T01:05", 1),
        (every(1, BERLIN), "2026-10-25T05:05", 1),
        (every(1, BERLIN), "2026-03-29T00:05", 1),
        (every(12, BERLIN), "2026-10-24T22:30", 13),
        (every(12, BERLIN), "2026-03-28T23:30", 12),
        # Half an hour, and three quarters off the hour.
        (daily(LORD_HOWE, "01:45"), "2026-04-03T15:00", 24.5),  # until 15:15 UTC a day later, the second 01:45
        (daily(LORD_HOWE, "12:00"), "2026-04-04T01:00", 24.5),
        (daily(LORD_HOWE, "12:00"), "2026-10-03T01:30", 23.5),
        (every(6, LORD_HOWE), "2026-04-04T13:10", 6.5),
        (daily(CHATHAM, "12:00"), "2026-04-03T22:15", 25),
        (daily(NEW_YORK, "01:30"), "2026-11-01T05:35", 25),
        (daily(NEW_YORK, "02:30"), "2026-03-08T07:35", 23),
        # Zones without changes.
        (daily(INDIA, "02:00"), "2026-10-24T20:40", 24),
        (daily("UTC", "02:00"), "2026-10-25T02:01", 24),
        (daily(ARIZONA, "02:00"), "2026-03-08T09:10", 24),
        # What isn't a part of a day: by the hours or by the clock, whichever is longer.
        (every(5, "UTC"), "2026-06-01T07:00", 5),
        (every(168, "UTC"), "2026-06-01T07:00", 168),
        (every(168, BERLIN), "2026-10-20T07:00", 169),
        (every(168, BERLIN), "2026-03-25T07:00", 168),
        # Between two occurrences a backup counts for the one before it, also one that was asked for.
        (every(4, "UTC", 60), "2026-06-01T02:59", 4),
        (daily("UTC", "02:00"), "2026-06-01T01:59", 24),
    ],
)  # fmt: skip
def test_the_interval_after_a_backup(schedule: Schedule, newest: str, hours: float) -> None:
    moment = datetime.fromisoformat(newest).replace(tzinfo=UTC)
    assert interval_after([schedule], moment) == timedelta(hours=hours)


def test_of_several_schedules_every_occurrence_counts() -> None:
    both = [daily("UTC", "02:00"), daily("UTC", "20:00")]
    assert interval_after(both, datetime(2026, 6, 1, 3, tzinfo=UTC)) == timedelta(hours=18)
    assert interval_after(both, datetime(2026, 6, 1, 21, tzinfo=UTC)) == timedelta(hours=6)


@pytest.mark.parametrize("zone", [BERLIN, LORD_HOWE, CHATHAM, INDIA, NEW_YORK, "UTC"])
@pytest.mark.parametrize("hours", [1, 4, 12, 24])
def test_by_either_reading_of_an_odd_local_time_no_backup_is_called_late(zone: str, hours: int) -> None:
    """Backups begin exactly when they are due, by one reading or the other, in the weeks around the changes of clocks."""
    schedule, own = every(hours, zone, 30), ZoneInfo(iana_zone(zone))
    for first in (datetime(2026, 3, 5), datetime(2026, 3, 26), datetime(2026, 10, 2), datetime(2026, 10, 23)):  # noqa: DTZ001
        for fold in (0, 1):
            local = [first + timedelta(minutes=30, hours=hours * count) for count in range(11 * 24 // hours)]
            due = sorted(one.replace(tzinfo=own, fold=fold).astimezone(UTC) for one in local)
            assert all(after - before <= interval_after([schedule], before) for before, after in pairwise(due))
