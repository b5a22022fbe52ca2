"""What somebody probably meant by a value that doesn't fit: `24h` for `daily`, `yes` for true, `9:00` for `09:00`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.base import durations
from reconciler.base.plurals import counted
from reconciler.manifest.notes import suggestion

_TRUE, _FALSE = frozenset({"yes", "y", "on", "true", "1"}), frozenset({"no", "n", "off", "false", "0"})
_UNITS = {
    "d": "d",
    "day": "d",
    "w": "w",
    "week": "w",
    "M": "M",
    "month": "M",
    "mo": "M",
    "y": "y",
    "yr": "y",
    "year": "y",
}
_LENGTH = re.compile(r"([1-9][0-9]{0,5})\s*([A-Za-z]*)")
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.h]?([0-9]{2}))?\s*([ap]m)?", re.IGNORECASE)
_HOURS = re.compile(r"([1-9][0-9]{0,3})\s*(?:h|hours?)?", re.IGNORECASE)
_INTEGER = re.compile(r"([0-9]{1,9})\s*[A-Za-z]*")
_DAY, _NOON, _MINUTES = 24, 12, 60
_LONGEST_REGION = 63
_YEAR, _MONTH = 12, 30
_WORDS = {
    "LocallyRedundant": "local locally lrs",
    "GeoRedundant": "geo grs ragrs ra-grs",
    "ZoneRedundant": "zone zonal zrs",
    "retain": "keep kept preserve",
    "delete": "remove purge destroy",
    "stopped": "stop off disabled",
    "suspended": "suspend pause paused",
    "protected": "protect on enabled",
}
"""What people write for a word of the manifest, from Azure's and other tools' vocabulary."""

_KEYS = {
    "region": ("location", "locations"),
    "regions": ("locations", "location"),
    "rg": ("resourceGroup", "resourceGroups", "targetResourceGroup"),
    "group": ("resourceGroup", "resourceGroups"),
    "groups": ("resourceGroups",),
    "interval": ("every",),
    "frequency": ("every",),
    "time": ("at", "daily"),
    "into": ("targetResourceGroup",),
    "sku": ("skus",),
}
"""What people write for a key, and the keys that they may mean."""


def boolean(text: str) -> str:
    """`true` or `false`; empty when the text says neither."""
    word = text.lower()
    return "true" if word in _TRUE else "false" if word in _FALSE else ""


def integer(text: str) -> str:
    """The number in `"14"` or `14d`; empty when there is none."""
    match = _INTEGER.fullmatch(text.strip())
    return str(int(match[1])) if match else ""


def length(text: str) -> str:
    """A retention as the manifest has it: `7d` for `7`, `7D` or `7 days`; empty when none is near."""
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        return ""
    number, unit = match[1], match[2]
    word = unit.lower().removesuffix("s") or "d"
    letter = _UNITS.get(unit) or ("" if word == "m" else _UNITS.get(word, ""))
    return f"{number}{letter}" if letter else ""


def time(text: str) -> str:
    """A time of day as the manifest has it: `09:00` for `9:00`, `9`, `0900` or `9am`; empty when none is near."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return ""
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return ""
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    return f"{hour:02}:{minute:02}" if hour < _DAY and minute < _MINUTES else ""


def interval(text: str, allowed: Sequence[str]) -> str:
    """How to write an interval between backups: `daily` for one of a day, else the allowed one that is next."""
    plain = _HOURS.fullmatch(text.strip())
    asked = int(plain[1]) if plain else durations.hours(text.upper() if text[:1] in "pP" else text.lower())
    if text.lower() in {"daily", "day"} or asked == _DAY:
        return 'write `daily: "00:00"`, with the time of the backup, in place of `every`'
    if not asked:
        return ""
    known = sorted({hours for one in allowed if (hours := durations.hours(one))})
    below, above = [one for one in known if one <= asked], [one for one in known if one >= asked]
    if not below or not above:
        return ""
    return f"write `{below[-1]}h`" if below[-1] == above[0] else f"write `{below[-1]}h` or `{above[0]}h`"


def key(text: str, known: Sequence[str]) -> str:
    """The known key that is closest, or means the same; empty when none is near."""
    same = (one for one in _KEYS.get(text.lower(), ()) if one in known)
    return next(same, "") or suggestion(text, known)


def word(text: str, allowed: Sequence[str]) -> str:
    """The allowed word that is closest, or means the same; empty when none is near."""
    same = (one for one in allowed if text.lower() in _WORDS.get(one, "").split())
    return next(same, "") or suggestion(text, allowed)


def form(title: str, text: str) -> str:
    """The hint for a text that lacks the form that the schema calls `title`; empty when nothing is near."""
    if title == "a duration":
        return _length(text.strip())
    if title == "a time of day":
        return f'write "{found}"' if (found := time(text)) else ""
    if title == "an Azure region":
        found = "".join(one for one in text.lower() if one.isalnum() and one.isascii())
        return f"write `{found}`" if found and text.isascii() and len(text) <= _LONGEST_REGION else ""
    return ""


def _length(text: str) -> str:
    number = int(text[:-1]) if re.fullmatch(r"[1-9][0-9]{0,5}[mM]", text) else 0
    if text.endswith("m") and number:
        return f"write `{number}M` for {counted(number, 'month')}; `m` has no meaning here"
    if number:  # there are months, but not where a duration is asked for in hours and days
        years, rest = divmod(number, _YEAR)
        return f"write it in days, such as `{number * _MONTH}d`" if rest else f"write `{years}y`"
    return f"write `{found}`" if (found := length(text)) else ""
