"""Two applies at once over one simulated Azure, in one loop; a schedule says whose write goes next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import invariants
from faults import Asked
from trial import Run, Trial

from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import Clock
from reconciler.flow.look import look
from reconciler.model.plan import Options


@dataclass
class Schedule:
    """Whose turn it is, write by write; once it is used up, whoever comes may go.

    `is_late`: a process begins only when its first turn has come, so that it sees what the other has done by then.
    """

    order: Sequence[int]
    is_late: bool = False

    def __str__(self) -> str:
        return "".join("AB"[who] for who in self.order) + (", the second begins late" if self.is_late else "")


def at_most_two_switches(writes: int) -> Iterator[Schedule]:
    """Every way in which one process writes, is interrupted by the other, and goes on."""
    for first in range(writes + 1):
        for second in range(1, writes + 1):
            order = [0] * first + [1] * second + [0] * (writes - first) + [1] * (writes - second)
            for is_late in (False, True) if first else (False,):
                yield Schedule(order, is_late)


@dataclass
class Turns:
    """Holds writes back until it is their process's turn."""

    schedule: Schedule
    left: deque[int] = field(default_factory=deque)
    held: tuple[deque[asyncio.Future[None]], ...] = ()
    ended: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.left = deque(self.schedule.order)
        self.held = (deque(), deque())

    async def begin(self, who: int) -> None:
        """Wait for the first turn, where processes begin late."""
        if self.schedule.is_late and self.left and self.left[0] != who and who in self.left:
            await self._turn(who, takes=False)

    async def wait(self, who: int, asked: Asked) -> None:
        """Wait until the process may send a write; reads go at once."""
        if asked.is_write:
            await self._turn(who, takes=True)

    async def _turn(self, who: int, *, takes: bool) -> None:
        future = asyncio.get_running_loop().create_future()
        self.held[who].append(future)
        self.move()
        await future
        if not takes:
            self.left.appendleft(who)  # beginning is no write

    def end(self, who: int) -> None:
        """A process is over: its turns are the other's."""
        self.ended.add(who)
        self.move()

    def move(self) -> None:
        """Let go whoever may go."""
        while self.left:
            if self.left[0] in self.ended:
                self.left.popleft()
            elif self.held[self.left[0]]:
                self.held[self.left.popleft()].popleft().set_result(None)
                return self._later()
            else:
                return None
        for queue in self.held:
            while queue:
                queue.popleft().set_result(None)
        return None

    def _later(self) -> None:
        """Look again when the one that was let go has been answered."""
        asyncio.get_running_loop().call_soon(self.move)


def race(trial: Trial, manifests: tuple[Mapping[str, Any], Mapping[str, Any]], schedule: Schedule) -> tuple[Run, Run]:
    """Two looks and applies at once; the runs, each with its plan, its outcome and its calls."""
    said = [trial.manifest(one) for one in manifests]
    runs = (Run("apply", trial.folder), Run("apply", trial.folder))

    async def one(who: int, turns: Turns, clock: Clock) -> None:
        run = runs[who]

        async def before(method: str, url: str) -> None:
            await turns.wait(who, Asked(method, url, None, _never))

        azure = trial.connect(clock, before=before, calls=run.calls)
        try:
            await turns.begin(who)
            run.plan = await look(azure, said[who], Options(tool_version="0"), clock)
            run.outcome = await apply(
                run.plan, azure, clock, settings=Settings(), progress=Progress(), stop=asyncio.Event()
            )
        finally:
            turns.end(who)
            await azure.close()

    async def both(runner: asyncio.Runner) -> None:
        turns, clock = Turns(schedule), trial._clock(runner)
        await asyncio.gather(*(one(who, turns, clock) for who in (0, 1)))

    with asyncio.Runner(loop_factory=new_loop()) as runner:
        runner.run(both(runner))
    for run in runs:
        invariants.only_planned_writes(run)
    invariants.one_object_each(trial)
    return runs


def order_of(trial: Trial, runs: tuple[Run, Run]) -> str:
    """Whose writes came in which order, as it was: `AABBA`."""
    whose = {id(call): who for who, run in zip("AB", runs, strict=True) for call in run.writes}
    return "".join(whose.get(id(call), "") for call in trial.weather.calls)


def _never() -> Any:
    raise AssertionError
