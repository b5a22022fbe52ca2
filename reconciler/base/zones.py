"""Time zones: IANA names for people, Windows names for Azure (CLDR's table, from tzlocal)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

UTC = "UTC"
_UTC_NAMES = frozenset({"utc", "etc/utc", "coordinated universal time", "z", "zulu", "etc/zulu", "etc/uct", "uct"})


def windows_zone(name: str) -> str | None:
    """The Windows name of an IANA or Windows time zone, compared without case; None when it is not known."""
    key = name.lower()
    if key in _UTC_NAMES:
        return UTC
    if not key:
        return None
    tz_win, win_tz = _tables()
    if name in tz_win:
        return tz_win[name]
    known = {windows.lower(): windows for windows in win_tz} | {iana.lower(): tz_win[iana] for iana in tz_win}
    return known.get(key)


def iana_zone(windows: str) -> str:
    """The IANA name that best matches a Windows time zone; ValueError when that is not known."""
    if windows.lower() in _UTC_NAMES:
        return UTC
    by_name = {name.lower(): iana for name, iana in _tables()[1].items()}
    if windows.lower() not in by_name:
        raise ValueError(f"not a Windows time zone: '{windows}'")
    return by_name[windows.lower()]


def zone_names() -> tuple[str, ...]:
    """Every IANA name that has a Windows name, sorted, for suggestions."""
    return tuple(sorted(name for name in _tables()[0] if name))


@cache
def _tables() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Windows names by IANA names, and IANA names by Windows names."""
    from tzlocal.windows_tz import tz_win, win_tz  # large tables, for manifests that name a zone

    return tz_win, win_tz
