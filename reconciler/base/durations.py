"""Times and lengths of time.

Durations are read from `12h`, `7d`, `8w`, `1y` and ISO 8601 (`P7D`, `PT4H`), in hours and in whole days; a year is 365
days. A retention may also be in months (`6M`, `P6M`), which vary and so equal no number of days.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from reconciler.base.plurals import counted

Length = int | str
"""For how long a backup is kept: a number of days or, in months and days, an ISO 8601 duration such as `P6M` or `P6M10D`."""

_PLAIN = re.compile(r"([0-9]{1,9})([hdwy])")
_SIMPLE_ISO = re.compile(r"P([0-9]{1,9})([DWY])|PT([0-9]{1,9})(H)")
_HOURS = {"h": 1, "H": 1, "d": 24, "D": 24, "w": 168, "W": 168, "y": 8760, "Y": 8760}
_LIMIT = re.compile(r"([0-9]{1,9})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_MONTHS = re.compile(r"([0-9]{1,4})M|P(?:([0-9]{1,4})Y)?([0-9]{1,4})M(?:([0-9]{1,5})W)?(?:([0-9]{1,5})D)?")
_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31
_DAY = 24
_IN_HOURS = 48


def hours(text: str) -> int | None:
    """The whole hours in `text`; None when it is no duration, or not one of whole hours (months vary)."""
    match = _PLAIN.fullmatch(text) or _SIMPLE_ISO.fullmatch(text)
    if match is None:
        found = seconds(text)
        return None if found is None or found % 3600 else int(found // 3600)
    number, unit = [part for part in match.groups() if part]
    return int(number) * _HOURS[unit]


def time_limit(text: str) -> int | None:
    """The whole seconds in `90s`, `10m`, `1h` or ISO 8601; None when it is no time limit."""
    match = _LIMIT.fullmatch(text)
    if match:
        return int(match[1]) * _SECONDS[match[2]]
    found = seconds(text)
    return int(found) if found and found == int(found) else None


def days(text: str) -> int | None:
    """The whole days in `text`; None when it is no duration, or not one of whole days."""
    found = hours(text)
    return None if found is None or found % _DAY else found // _DAY


def length(text: str) -> Length | None:
    """A retention in normal form; None when it is no duration, or not one of months and whole days."""
    match = _MONTHS.fullmatch(text)
    if match is None:
        return days(text)
    plain, years, iso_months, weeks, rest = (int(part or 0) for part in match.groups())
    months, more = plain + iso_months, years * 365 + weeks * 7 + rest
    return f"P{months}M{f'{more}D' if more else ''}" if months else more


def longest_days(of: Length) -> int:
    """The days in a retention at most, for limits: 31 in each month."""
    return _days_of(of, _LONGEST_MONTH)


def shortest_days(of: Length) -> int:
    """The days in a retention at least: 28 in each month."""
    return _days_of(of, _SHORTEST_MONTH)


def may_be_less(one: Length, other: Length) -> bool:
    """Whether a retention is, or in some months may be, shorter than another one."""
    return one != other and shortest_days(one) < longest_days(other)


def _days_of(of: Length, month: int) -> int:
    if isinstance(of, int):
        return of
    months, _, more = of.removeprefix("P").partition("M")
    return int(months) * month + int(more.removesuffix("D") or 0)


def short(of: Length) -> str:
    """A retention in the manifest's words: `30d`, `6M`; one of months and days stays in ISO 8601."""
    if isinstance(of, int):
        return f"{of}d"
    return of.removeprefix("P") if of.endswith("M") else of


def iso(text: str) -> str | None:
    """The retention as it is written to Azure, in months, weeks or days; None when it isn't one."""
    kept = length(text)
    if kept is None or isinstance(kept, str):
        return kept
    in_weeks = text.endswith(("w", "W")) and kept
    return f"P{kept // 7}W" if in_weeks else f"P{kept}D"


def iso_hours(every: int) -> str:
    """The interval of a schedule as it is written to Azure: `PT4H`, and `P1D` for 24 hours."""
    return "P1D" if every == _DAY else f"PT{every}H"


@lru_cache(maxsize=4096)
def seconds(text: str) -> float | None:
    """The seconds of an ISO 8601 duration; a year is 365 days; None for months, or when it is no duration."""
    if not text.startswith("P") or not text.isascii() or not text[-2:-1].isdigit():
        return None
    # most runs meet no duration in ISO 8601
    from isodate import Duration, ISO8601Error, parse_duration

    try:
        parsed = parse_duration(text)
    except (ISO8601Error, ValueError, ArithmeticError):
        return None
    years = 0
    if isinstance(parsed, Duration):
        if parsed.months or parsed.years != int(parsed.years):
            return None
        years, parsed = int(parsed.years), parsed.tdelta
    try:
        found = (timedelta(days=years * 365) + parsed).total_seconds()
    except OverflowError:
        return None
    return None if found < 0 else found


def stamp(now: datetime) -> str:
    """A time as the tag and every document hold it: UTC, whole seconds, and a year of four digits (`%Y` may have one)."""
    return f"{now.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def shown(moment: datetime) -> str:
    """A time for people, to the minute: `2026-05-18 00:00 UTC`."""
    return f"{stamp(moment)[:16].replace('T', ' ')} UTC"


def to_the_second(moment: datetime) -> str:
    """The same with seconds: `2026-05-18 00:00:07 UTC`."""
    return f"{stamp(moment)[:19].replace('T', ' ')} UTC"


def age(span: timedelta) -> str:
    """A length of time for people: `31 hours`, `12 days`."""
    hours = int(span.total_seconds() // 3600)
    count, word = (hours, "hour") if hours < _IN_HOURS else (hours // 24, "day")
    return counted(count, word)
