"""The page's words for foreign text, ages and times."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.base.escape import visible
from reconciler.base.redaction import redact


def text(value: object) -> str:
    """Foreign text without secrets, with unprintable characters made visible; the template escapes it."""
    return visible(redact(str(value)))


def hours(value: float | None) -> str:
    """A number of hours for people: `3 h`, `2 d 4 h`; `unknown` for None."""
    if value is None:
        return "unknown"
    days, left = divmod(round(value), 24)
    return " ".join(filter(None, (f"{days} d" if days else "", f"{left} h" if left or not days else "")))


def instant(value: str) -> str:
    """A time in UTC as the script reads it, `2026-01-05T08:00Z`; what isn't a time stays text."""
    when = _parsed(value)
    return when.strftime("%Y-%m-%dT%H:%MZ") if when else text(value)


def utc(value: str) -> str:
    """The same for people, `2026-01-05 08:00 UTC`; the script turns it into the reader's own time."""
    when = _parsed(value)
    return when.strftime("%Y-%m-%d %H:%M UTC") if when else text(value)


def _parsed(value: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when
