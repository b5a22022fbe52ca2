"""Probes whether role assignments are effective: asks Azure whether it could protect, instead of sleeping.

`validateForBackup` tests the effect of role assignments, not their record. Disks that share identity, snapshot
resource group and scope share one canary.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reconciler.applying.principals import az_line
from reconciler.applying.refusals import (
    again,
    is_already_protected,
    is_passing,
    is_permission,
    is_protected_in,
    is_vague,
)
from reconciler.applying.run import Run, Skip
from reconciler.azure.bodies import merged
from reconciler.model.addresses import Address
from reconciler.model.changes import Change, Op, Probe, Step
from reconciler.model.errors import AzureError, OperationFailed, ReconcilerError
from reconciler.model.ids import lower

_WRITES = frozenset({Op.INSTANCE_PUT, Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR, Op.INSTANCE_RESUME})
_FIRST_SECONDS, _MOST_SECONDS = 5.0, 30.0
_EACH_SECONDS, _CROWDED_SECONDS = 8.0, 60.0
_CANARIES = 4


def needs_probe(change: Change, step: Step) -> bool:
    """Whether the step should not be taken before the change's probe has passed."""
    return change.probe is not None and step.op in _WRITES


class _Family:
    """Keys of one vault that differ only in what concerns the disk itself: a few canaries stand for all of them.

    For the others, retrying a write that permissions refuse costs less than a validation for each disk.
    """

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(_CANARIES)
        self.is_proven = False


class Probes:
    """The canaries of a run: one validation at a time for each key, whose result all its waiters share."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._canaries: dict[tuple[str, ...], asyncio.Future[AzureError | Skip | None]] = {}
        self._families: defaultdict[tuple[str, ...], _Family] = defaultdict(_Family)
        self._vaults: defaultdict[str, _Family] = defaultdict(_Family)
        self._asking = 0

    async def passed(self, change: Change, step: Step) -> None:
        """Return when the change's permissions are effective, or when only its own write can tell.

        Skip when role assignments are missing that are not ours to make; AzureError when permissions don't become
        effective in time, or Azure refuses this very disk.
        """
        probe = change.probe
        if probe is None:
            return
        canary = self._canaries.get(probe.key)
        if canary is not None:
            if error := await canary:
                raise error
            return
        canary = self._canaries[probe.key] = asyncio.get_running_loop().create_future()
        try:
            await self._in_turn(change, step, probe)
        except (AzureError, Skip) as error:
            shared = isinstance(error, Skip) or is_permission(error)
            canary.set_result(error if shared else None)
            raise
        finally:
            # Any other failure concerns this disk alone, so the others find out for themselves.
            if not canary.done():
                canary.set_result(None)

    async def _in_turn(self, change: Change, step: Step, probe: Probe) -> None:
        if probe.missing:
            with self._counted():
                await self._until_it_may(change, step, _Family())
            return
        family = self._families[_wider(change, probe)]
        async with family.places:
            with self._counted():
                await self._after_the_first(change, step, family)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a change while it asks; one that waits for a canary of its family doesn't ask."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1

    async def _after_the_first(self, change: Change, step: Step, family: _Family) -> None:
        """Let only a few families ask until one of the vault has passed: what all of them share may be missing."""
        vault = self._vaults[step.target.parent.key]
        is_early = not vault.is_proven
        if is_early:
            async with vault.places:
                if not vault.is_proven:
                    await self._until_it_may(change, step, family)
                    vault.is_proven = True
                    return
        await self._until_it_may(change, step, family, has_waited=is_early)

    async def _until_it_may(self, change: Change, step: Step, family: _Family, *, has_waited: bool = False) -> None:
        run, tries = self._run, 0
        is_fresh = change.probe is not None and bool(change.probe.roles)
        if self._is_crowded and is_fresh and not (has_waited or family.is_proven):
            await run.clock.sleep(self._delay(0))  # a new role assignment is hardly ever effective at once
        while not family.is_proven and (error := await self.refusal(step)) is not None:
            delay = self._delay(tries)
            tries += 1
            window = run.patience(change, error)
            if not is_passing(error) or run.now + delay > window:
                raise await explained(run, change, error)
            run.tell(change, f"waiting for permissions to become effective: {error.code}")
            await run.clock.sleep(delay)
        family.is_proven = True

    def _delay(self, tries: int) -> float:
        """Seconds until Azure is asked again; the more changes ask, the longer."""
        bound = min(_FIRST_SECONDS * 2 ** min(tries, 10), _MOST_SECONDS)
        if self._is_crowded:
            bound = min(max(_EACH_SECONDS * self._asking, bound), _CROWDED_SECONDS)
        return next(self._run.delays(bound, bound))

    @property
    def _is_crowded(self) -> bool:
        return self._asking > _CANARIES

    async def refusal(self, step: Step) -> AzureError | None:
        """Why Azure couldn't protect the disk as the step asks; None when it could, or when validation can't tell.

        "Already protected" by the instance itself, or by one in the same vault, says nothing about permissions: then
        only the write's own answer tells.
        """
        run = self._run
        exists = step.op is not Op.INSTANCE_PUT

        async def ask() -> dict[str, Any]:
            deadline = run.new_deadline()
            receipt = await run.requests.validate(step.target.parent, await self._properties(step))
            return await run.finish(Op.INSTANCE_VALIDATE, receipt, deadline)

        try:
            await again(run.clock, ask)
        except AzureError as error:
            if is_protected_in(error, step.target.parent) or (exists and is_already_protected(error)):
                return None
            return error
        return None

    async def _properties(self, step: Step) -> Mapping[str, Any]:
        wanted: Mapping[str, Any] = step.body.get("properties") or {}
        if step.op is Op.INSTANCE_PUT:
            return wanted
        live = await self._run.azure.get(step.target)
        return merged(live.get("properties") or {}, wanted)


def _wider(change: Change, probe: Probe) -> tuple[str, ...]:
    """The key without what names the disk itself, such as role assignments at its own scope."""
    disk = change.address.disk
    return tuple(part for part in probe.key if disk is None or disk.key not in lower(part))


async def explained(run: Run, change: Change, error: AzureError) -> AzureError | Skip:
    """The error with what a person needs: which role, where, for whom, and the command that assigns it."""
    if not is_permission(error) or change.probe is None:
        return error
    if change.probe.missing:
        names = ", ".join(change.probe.missing)
        return Skip(f"these role assignments are missing: {names}", change.probe.missing[0])
    lines = [await _line(run, address) for address in change.probe.roles]
    wanted = "; ".join(line for line in lines if line)
    lacks = "the vault's identity still lacks permissions"
    if is_vague(error):
        lacks += ", or Azure can't do what is declared"
    failed = OperationFailed(
        f"{lacks}: {error.message}",
        status=error.status,
        code=error.code,
        advice=error.advice,
        target=error.target,
        request_id=error.request_id,
        hint=f"check for deny assignments, and that these role assignments exist: {wanted}" if wanted else error.hint,
    )
    failed.__cause__ = error
    return failed


async def _line(run: Run, address: Address) -> str:
    change = run.changes.get(address)
    if change is None:
        return ""
    step = change.steps[0]
    try:
        principal = await run.principals.resolve(step)
    except ReconcilerError:
        principal = "<principal id of the vault's identity>"
    return f"`{az_line(step.target, step.grant['role'], principal)}`"
