"""The one place that lets writes through: every step of a change is sent here, and nowhere else."""

from __future__ import annotations

from reconciler.applying import sending
from reconciler.applying.rereading import Reread
from reconciler.applying.run import Run
from reconciler.azure.receipts import Receipt
from reconciler.azure.writing import Writer
from reconciler.planning.model import Change, Step


async def send(
    run: Run, change: Change, step: Step, reread: Reread, deadline: float, *, principal: str | None = None
) -> Receipt | None:
    """The receipt of a write; None when a second look, by `reread`, shows that Azure is as wanted already.

    `principal` stands in where the plan could not know it.
    """
    guard = Guard.of(run)

    async def write() -> Receipt:
        return await guard.write(step, principal)

    return await sending.send(run, change, step, reread, deadline, write, principal=principal)


async def write_mark(run: Run, step: Step) -> Receipt:
    """The receipt of a vault's mark of what was applied, which no change holds."""
    return await Guard.of(run).write(step)


class Guard:
    """What writes in one run."""

    def __init__(self, run: Run) -> None:
        self._writer = Writer(run.azure)

    @classmethod
    def of(cls, run: Run) -> Guard:
        """The one of a run."""
        if run.guard is None:
            run.guard = cls(run)
        found: Guard = run.guard
        return found

    async def write(self, step: Step, principal: str | None = None) -> Receipt:
        """Send one step."""
        return await self._writer.run(step, principal=principal)
