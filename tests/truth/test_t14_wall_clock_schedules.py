"""T14: a schedule is wall-clock time, so what it promises follows the clocks of its zone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from forging import Azure, Estate, quickstart
from manifests import POLICY

Forged = Callable[..., AbstractContextManager[Azure]]

BEGINNING = datetime(2026, 1, 5, 8, 10, tzinfo=UTC)
"""A little after the sandbox's clock stands still in an applied estate."""


def scheduled(zone: str, **schedule: str) -> Estate:
    return quickstart(policies=[{**POLICY, "timeZone": zone, "schedule": schedule}])


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def minutes(start: datetime, end: str, more: int = 0) -> str:
    """How long it is between two moments, and some minutes more, as a time to advance by."""
    return f"{int((at(end) - start).total_seconds() // 60) + more}m"


def looked(azure: Azure) -> tuple[int, dict[str, Any]]:
    done = azure.run("status", "--format", "json")
    (row,) = done.document["disks"]
    return done.code, row


def test_a_daily_backup_is_not_late_in_the_night_when_the_clocks_go_back(forged: Forged) -> None:
    with forged(scheduled("Europe/Berlin", daily="02:00")) as azure:
        azure.switch(backup_start=0)
        azure.advance(minutes(BEGINNING, "2026-10-25T12:00"))
        azure.switch(scheduled_backups=False)
        azure.advance("14h20m")  # the next is due at 01:00 UTC on the 26th, 25 hours after the newest one was
        code, row = looked(azure)
        assert (code, row["state"]) == (0, "ok"), row


@pytest.mark.parametrize(
    ("zone", "schedule", "newest", "deadline"),
    [
        # Clocks go back: the next is at 01:00 UTC a day later.
        ("Europe/Berlin", {"daily": "02:00"}, "2026-10-25T00:00", "2026-10-26T03:00"),
        # Clocks have gone forward: the next is 23 hours later.
        ("Europe/Berlin", {"daily": "02:00"}, "2026-03-29T01:00", "2026-03-30T02:00"),
        # Clocks go back by half an hour.
        ("Australia/Lord_Howe", {"daily": "00:30"}, "2026-04-04T13:30", "2026-04-05T16:00"),
        # From 01:00 to 05:00 by the clock it is five hours.
        ("Europe/Berlin", {"every": "4h", "at": "01:00"}, "2026-10-24T23:00", "2026-10-25T06:00"),
        # No change of clocks.
        ("Asia/Kolkata", {"daily": "02:00"}, "2026-10-24T20:30", "2026-10-25T22:30"),
    ],
)
def test_it_is_late_once_the_next_time_of_its_clock_and_the_window_are_over(
    zone: str, schedule: dict[str, str], newest: str, deadline: str, forged: Forged
) -> None:
    with forged(scheduled(zone, **schedule), clock="virtual") as azure:
        azure.switch(backup_start=0)
        azure.advance(minutes(BEGINNING, newest, 30))
        azure.switch(scheduled_backups=False)
        azure.advance(minutes(at(newest), deadline, -40))
        code, row = looked(azure)
        assert (code, row["state"], row["newest_recovery_point"]) == (0, "ok", f"{newest}:00Z")
        azure.advance("20m")
        assert looked(azure)[0] == 2
