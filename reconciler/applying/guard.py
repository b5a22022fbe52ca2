"""The one place that lets writes through: every step of a change is sent from here, and nowhere else.

Steps that stop, suspend, delete, revoke, retire, weaken or take over go in slices, each after another look. An object
with a derived name is read by id before it is created, if the plan's own look is too old. A disk is written to only
while it is proved to be ours. Everything else is sent at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from reconciler.applying import sending, standing
from reconciler.applying.proving import Proof, proved
from reconciler.applying.rereading import Reread
from reconciler.applying.run import Run
from reconciler.applying.slices import SECONDS, Sighting, Slices
from reconciler.azure.deadlines import until as requests_until
from reconciler.azure.receipts import Receipt
from reconciler.azure.writing import Writer
from reconciler.model.changes import Change, Op, Step
from reconciler.model.errors import Transient
from reconciler.model.ids import ArmId
from reconciler.planning.questions import MOST_CONTRADICTED, broken
from reconciler.planning.weight import is_weighty

_MADE = frozenset({Op.INSTANCE_PUT, Op.POLICY_PUT})


async def send(
    run: Run,
    change: Change,
    step: Step,
    reread: Reread,
    deadline: float,
    *,
    principal: str | None = None,
    seen: Sighting | None = None,
    proof: Proof | None = None,
) -> Receipt | None:
    """Send a step and return its receipt; None when a second look, by `reread`, shows that Azure is already as wanted.

    `principal` is one that the plan could not know, `seen` is the object as just read. ReconcilerError when the guard
    doesn't let the step through.
    """
    guard = run.shared(Guard)
    planned = run.changes.get(change.address, change)
    if seen is not None:
        standing.check(run, planned, step, seen.body)

    async def write(limit: float) -> Receipt:
        if is_weighty(planned, step):
            return await guard.in_slices(planned, step, limit, seen)
        return await guard.freely(planned, step, principal, proof)

    return await sending.send(run, change, step, reread, deadline, write, principal=principal)


async def write_mark(run: Run, step: Step, live: Mapping[str, str]) -> Receipt:
    """Write a vault's mark, which is part of no change; OperationFailed when the `live` tags show that it isn't ours."""
    standing.check_ours(run, step, live)
    return await run.shared(Guard).sent(step)


class Guard:
    """The writer of one run, with what it has learned about incomplete lists."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = Writer(run.azure)
        self._slices = Slices(run, self.contradict)
        self._made: set[str] = set()
        self._contradicted = set(run.plan.contradicted)
        self._new_vaults = {
            step.target.key for change in run.plan.changes for step in change.steps if step.op is Op.VAULT_PUT
        }

    def contradict(self, found: Iterable[ArmId]) -> None:
        """Note objects that exist but are missing from their list; after too many of them nothing more is written."""
        self._contradicted.update(one.key for one in found)

    async def close(self) -> None:
        """Stop looking."""
        await self._slices.close()

    async def freely(self, change: Change, step: Step, principal: str | None, proof: Proof | None) -> Receipt:
        """Send a step that destroys nothing, unless it would overwrite what isn't known to be ours."""
        step = await proved(step, proof)
        if step.op in _MADE and step.target.key not in self._made and await self._is_doubtful(change, step):
            there = await standing.find(self._run, step, self.contradict)
            self._check_lists()
            if there is not None:
                return there
        return await self.sent(step, principal)

    async def sent(self, step: Step, principal: str | None = None) -> Receipt:
        """Send one step."""
        self._check_lists()
        self._made.add(step.target.key)
        return await self._writer.run(step, principal=principal)

    async def in_slices(self, change: Change, step: Step, limit: float, seen: Sighting | None) -> Receipt:
        """Send a step while the look at its object is fresh; look again when Azure holds the step back."""
        run, delays = self._run, self._run.delays(4.0, SECONDS)
        while True:
            fresh = await self._slices.passed(change, step, seen)
            if fresh is None:
                return Receipt(HTTPStatus.NO_CONTENT, unchanged=True)
            if run.now < fresh:
                try:
                    with requests_until(fresh):
                        return await self.sent(step)
                except Transient as error:
                    if getattr(error, "sent_unknown", False) or fresh >= limit:
                        raise
            await run.pause(next(delays), limit, step.target.name)

    async def _is_doubtful(self, change: Change, step: Step) -> bool:
        """Whether what a change creates hasn't been read by id, or not recently.

        A vault that this run created is listed instead: thousands of disks may wait for permissions there.
        """
        looked = self._run.plan.looked
        if not change.unasked and looked is not None and self._run.now - looked <= SECONDS:
            return False
        if step.op is Op.INSTANCE_PUT and step.target.parent.key in self._new_vaults:
            return await standing.is_listed(self._run, step.target)
        return True

    def _check_lists(self) -> None:
        """ReconcilerError once too many lists were contradicted to believe any of them."""
        if len(self._contradicted) > MOST_CONTRADICTED:
            raise broken(len(self._contradicted))
