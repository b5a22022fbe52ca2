"""Numbers with their nouns and units, as messages show them."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """The number with its noun: `1 disk`, `2 disks`; `nouns` is an irregular plural."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def duration(seconds: float) -> str:
    """A number of seconds for people: `12 s`, `3 min 20 s`, `1 h 5 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
