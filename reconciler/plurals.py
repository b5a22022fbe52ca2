"""Numbers with their nouns, as every message says them."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """`1 disk`, `2 disks`; `nouns` is the plural of a noun that forms it otherwise."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
