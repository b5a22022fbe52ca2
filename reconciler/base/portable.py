"""What operating systems offer under different names; the rest of the package uses only what all of them have.

`mypy --platform win32` finds what isn't everywhere, and `tests/places` runs the tool without those names.
"""

from __future__ import annotations

import os

APPENDING = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened that bytes are only added to, as they are; a pipe without a reader doesn't make the tool wait."""


def last_byte(file: int) -> bytes:
    """The last byte of an open file; empty when it has none."""
    if not os.fstat(file).st_size:
        return b""
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)
