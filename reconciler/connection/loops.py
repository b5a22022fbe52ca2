"""The event loop of a real connection, which leaves nothing behind of programs that it ran."""

from __future__ import annotations

import asyncio
import sys
from asyncio import SubprocessTransport
from typing import Any
from weakref import WeakSet

if sys.platform == "win32":
    _Base = asyncio.ProactorEventLoop
else:
    _Base = asyncio.SelectorEventLoop

_STEP = 0.01
_STEPS = 100


class Loop(_Base):
    """A loop that knows the programs that it runs, so that `ended` can let go of them.

    azure-identity stops an `az` that takes too long and forgets it: what `az` itself had started keeps its pipes open,
    and Python would print a traceback for them after the loop is closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._programs: WeakSet[SubprocessTransport] = WeakSet()

    async def subprocess_exec(self, *arguments: Any, **options: Any) -> Any:
        """Start a program, and remember it."""
        transport, protocol = await super().subprocess_exec(*arguments, **options)
        self._programs.add(transport)
        return transport, protocol

    async def ended(self) -> None:
        """Close the pipes of the programs that ran, and stop those that don't end within a second."""
        for transport in list(self._programs):
            await _exit_of(transport)  # first, since `close` would take the exit code away from whoever waits for it
            transport.close()
            await _exit_of(transport)
        await asyncio.sleep(0)


async def _exit_of(program: SubprocessTransport) -> None:
    for _ in range(_STEPS):
        if program.get_returncode() is not None:
            return
        await asyncio.sleep(_STEP)
