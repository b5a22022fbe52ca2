"""A lock of a file that ends with the process, by what the operating system has for it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

if sys.platform == "win32":
    import msvcrt

    _BEYOND = 1 << 30
    """Windows lets nobody read what is locked, so the byte is far behind the owner's id."""

    def try_lock(descriptor: int) -> bool:
        """Whether this process has the lock now."""
        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    posix: Any = None
    with suppress(ImportError):  # neither Windows nor POSIX has no second process to fear in what the sandbox is for
        import fcntl as posix

    def try_lock(descriptor: int) -> bool:
        """Whether this process has the lock now."""
        if posix is None:
            return True
        try:
            posix.flock(descriptor, posix.LOCK_EX | posix.LOCK_NB)
        except BlockingIOError:
            return False
        return True
