"""Durations: `12h`, `7d`, `8w` and ISO 8601 (`P7D`, `PT4H`), in hours and in whole days; a year is 365 days."""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN = re.compile(r"([0-9]{1,9})([hdw])")
_SIMPLE_ISO = re.compile(r"P([0-9]{1,9})([DWY])|PT([0-9]{1,9})(H)")
_HOURS = {"h": 1, "H": 1, "d": 24, "D": 24, "w": 168, "W": 168, "Y": 8760}
_DAY = 24


def hours(text: str) -> int | None:
    """The whole hours in `text`; None when it is no duration, or not one of whole hours (months vary)."""
    match = _PLAIN.fullmatch(text) or _SIMPLE_ISO.fullmatch(text)
    if match is None:
        length = seconds(text)
        return None if length is None or length % 3600 else int(length // 3600)
    number, unit = [part for part in match.groups() if part]
    return int(number) * _HOURS[unit]


def days(text: str) -> int | None:
    """The whole days in `text`; None when it is no duration, or not one of whole days."""
    length = hours(text)
    return None if length is None or length % _DAY else length // _DAY


def iso(text: str) -> str | None:
    """The duration as it is written to Azure, in weeks or days; None when it isn't a number of whole days."""
    length = days(text)
    if length is None:
        return None
    in_weeks = text.endswith(("w", "W")) and length
    return f"P{length // 7}W" if in_weeks else f"P{length}D"


def iso_hours(length: int) -> str:
    """The interval of a schedule as it is written to Azure: `PT4H`, and `P1D` for 24 hours."""
    return "P1D" if length == _DAY else f"PT{length}H"


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
    length = years * _HOURS["Y"] * 3600 + parsed.total_seconds()
    return None if length < 0 else length
