"""Times and ages as documents and messages show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.base.plurals import counted

_HOURS = 48


def stamp(now: datetime) -> str:
    """A time as the tag and every document hold it: UTC, whole seconds."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(length: timedelta) -> str:
    """A length of time for people: `31 hours`, `12 days`."""
    hours = int(length.total_seconds() // 3600)
    count, word = (hours, "hour") if hours < _HOURS else (hours // 24, "day")
    return counted(count, word)
