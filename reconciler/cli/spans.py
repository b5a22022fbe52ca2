"""Times and lengths of time on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.errors import UsageError


def moment(text: str, option: str, now: datetime) -> datetime:
    """The time that a text says: ISO 8601, UTC unless said; or a length of time before now, such as `24h` and `7d`."""
    length = seconds_of(text)
    if length is not None:
        return now - timedelta(seconds=length)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is no time", hint="write 2026-01-05T08:00:00Z, or 24h, 7d") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_of(text: str) -> float | None:
    """The seconds of `24h`, `7d`, `2w` or an ISO 8601 duration; None when it is none."""
    from reconciler.manifest.durations import hours

    found = hours(text)
    return None if found is None else found * 3600.0
