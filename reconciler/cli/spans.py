"""Times and lengths of time on the command line."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from reconciler.base.durations import seconds
from reconciler.model.errors import UsageError

_PARTS = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]+)?[smhdw])+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def moment(text: str, option: str, now: datetime) -> datetime:
    """The time in a text, as in `time_of`, or a length of time before now, such as `24h` and `7d`."""
    length = seconds_of(text)
    if length is not None:
        with suppress(OverflowError):
            return now - timedelta(seconds=length)
    return time_of(text, option, hint="write 2026-01-05T08:00:00Z, or 24h, 7d")


def time_of(text: str, option: str, hint: str = "write 2026-01-05T08:00:00Z") -> datetime:
    """The time in a text: ISO 8601, in UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`{option}` is not a time: {text!r}", hint=hint) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_of(text: str) -> float | None:
    """The seconds of `90s`, `1h30m`, `7d`, `2w` or an ISO 8601 duration; None for other text."""
    if _PARTS.fullmatch(text):
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)(.)", text))
    return seconds(text)
