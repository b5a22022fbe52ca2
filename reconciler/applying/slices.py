"""Asks what a plan needs to know, and looks again before destructive steps.

At most a hundred steps at a time share one look, and one plan made of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reconciler.applying.run import Run
from reconciler.azure.answering import answer, found_already
from reconciler.azure.connection import Azure
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import OperationFailed, ReadIncomplete
from reconciler.model.estate import EXISTS, HELD, WITNESSED, Estate, Found, Presence, Question
from reconciler.model.findings import Code
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import NOT_KNOWN, Known, No, Unsure, Yes
from reconciler.model.plan import Basis, Plan
from reconciler.model.resources import Instance
from reconciler.planning.renewing import renewed, unlisted
from reconciler.planning.weight import is_same, mark_of, named, newly_closed

MOST = 100
SECONDS = 30.0
"""How long a look is fresh enough for a write."""

_GATHERED_SECONDS = 0.5
_SEEN_SECONDS = 10.0
_MOST_WITNESSED = 11
_UNNEEDED = frozenset({Op.ROLE_DELETE, Op.POLICY_DELETE})
_AGAIN = "run the command again later: the lists of instances and Resource Graph must agree first"
_PLAN = "plan again, and review the new plan"
_DELETIONS = frozenset({Op.ROLE_DELETE, Op.POLICY_DELETE, Op.INSTANCE_DELETE})
_ENDING = _DELETIONS | {Op.INSTANCE_STOP, Op.INSTANCE_SUSPEND}
"""Steps for which the vault's own marks and soft delete matter: the vault is read by id, once a slice."""


class Sighting(NamedTuple):
    """An object as it was read by id, and when."""

    at: float
    body: Mapping[str, Any]


@dataclass(slots=True, eq=False)
class _Asked:
    """A step that waits for its look; `until` is when that look becomes too old."""

    change: Change
    step: Step
    seen: Sighting | None
    until: asyncio.Future[float | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def vault(self) -> ArmId:
        """The vault whose instances decide about it."""
        if self.step.op is Op.VAULT_PATCH:
            return self.step.target
        return self.change.vault if self.step.op is Op.ROLE_DELETE and self.change.vault else self.step.target.parent


@dataclass(frozen=True, slots=True)
class _Sight:
    """The result of one look: the estate, and the plan made of it.

    `unlisted` instances exist but are missing from their list; the lists of `doubtful` vaults may be incomplete.
    """

    estate: Estate
    plan: Plan
    unlisted: set[ArmId]
    doubtful: set[ArmId]


class Slices:
    """Tells for each step whether it is still planned from what Azure shows now; `contradict` gets what lists lacked."""

    def __init__(self, run: Run, contradict: Callable[[Iterable[ArmId]], None]) -> None:
        self._run, self._contradict = run, contradict
        self._waiting: list[_Asked] = []
        self._task: asyncio.Task[None] | None = None

    async def passed(self, change: Change, step: Step, seen: Sighting | None) -> float | None:
        """Until when the step may be sent (None: what it deletes is gone); OperationFailed when it may not be sent."""
        asked = _Asked(change, step, seen)
        self._waiting.append(asked)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._until_nobody_waits())
        return await asked.until

    async def close(self) -> None:
        """Stop looking; waiters are cancelled by their own tasks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _until_nobody_waits(self) -> None:
        while self._waiting:
            await self._run.clock.sleep(_GATHERED_SECONDS)
            asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._decide([one for one in asked if not one.until.done()])
            except Exception as error:  # noqa: BLE001 - waiters must get the error, or they wait forever
                for one in asked:
                    if not one.until.done():
                        one.until.set_exception(error)

    async def _decide(self, asked: Sequence[_Asked]) -> None:
        """Look once for all of them; tell each until when it may be sent, or why it may not."""
        basis = self._run.plan.basis
        if basis is None:
            raise RuntimeError("a plan with destructive steps can't be made again, because it has no basis")
        believed = self._run.now - _SEEN_SECONDS
        fresh = {one.step.target: one.seen for one in asked if one.seen and one.seen.at >= believed}
        began = min((one.at for one in fresh.values()), default=self._run.now)
        self._run.new_deadline()
        sight = await self._look(basis, asked, fresh)
        self._contradict(sight.unlisted)
        for one in asked:
            if one.until.done():
                continue
            if _is_gone(sight.estate, one.step):
                one.until.set_result(None)
            elif why := _objection(self._run.plan, basis.estate, sight, one):
                one.until.set_exception(why)
            else:
                one.until.set_result(began + SECONDS)

    async def _look(self, basis: Basis, asked: Sequence[_Asked], fresh: Mapping[ArmId, Sighting]) -> _Sight:
        """Read the objects and the reasons by id, list the vaults' instances, and make the plan again from that."""
        vaults = dict.fromkeys(one.vault for one in asked)
        subjects = dict.fromkeys(
            subject
            for one in asked
            for subject in (
                *named(one.change, one.step, basis.estate),
                *([one.vault] if one.step.op in _ENDING else []),
            )
        )
        lists = [HELD(vault) for vault in vaults]
        objects = [EXISTS(one) for one in subjects if one not in fresh]
        questions: list[Question[Any]] = [*lists, *objects]
        answers = await answer(self._run.azure, questions)
        held = {one.subject: _listed(answers.pop(one)) for one in lists}
        read: dict[Question[Found], Presence] = answers
        read |= {EXISTS(one): found_already(one, seen.body) for one, seen in fresh.items()}
        unneeded = dict.fromkeys(one.vault for one in asked if one.step.op in _UNNEEDED)
        witnessed, unseen = await self._witnessed(unneeded, held)
        read |= witnessed
        short = unlisted(held, read)
        estate = renewed(basis.estate, held, read)
        plan = await answered(self._run.azure, estate, basis.make)
        return _Sight(estate, plan, short, unseen | {one.parent for one in short})

    async def _witnessed(
        self, vaults: Iterable[ArmId], held: Mapping[ArmId, Sequence[Instance]]
    ) -> tuple[dict[Question[Found], Presence], set[ArmId]]:
        """Instances that Resource Graph shows and lists lack, read by id; and the vaults that it says nothing about.

        A list alone, however fresh, doesn't prove that a role assignment or a policy is unneeded. Azure refuses to
        delete a policy in use, so policies are deleted even when Resource Graph doesn't answer.
        """
        known = await answer(self._run.azure, [WITNESSED(vault) for vault in vaults])
        listed = {lower(one.id.name) for rows in held.values() for one in rows}
        shown = (one for found in known.values() if isinstance(found, Yes) for one in found.value)
        missing = [EXISTS(one) for one in shown if lower(one.name) not in listed]
        unseen = {question.subject for question, found in known.items() if not isinstance(found, Yes)}
        return await answer(self._run.azure, missing[:_MOST_WITNESSED]), unseen


def _listed(known: Known[Sequence[Instance]]) -> Sequence[Instance]:
    """The rows of a vault's lists, none if the vault doesn't exist; ReadIncomplete when they can't be read."""
    match known:
        case Yes(rows):
            return rows
        case Unsure(because, hint, code):
            raise ReadIncomplete(because, hint=hint, code=code)
    return ()


def _is_gone(estate: Estate, step: Step) -> bool:
    """Whether what a step deletes is already gone: another run may have been faster."""
    return step.op in _DELETIONS and isinstance(estate.answer(EXISTS(step.target)), No)


def _objection(plan: Plan, before: Estate, sight: _Sight, asked: _Asked) -> OperationFailed | None:
    """Why a step may not be sent; None when everything is as planned."""
    change, step = asked.change, asked.step
    for subject in (*named(change, step, before), asked.vault):
        answer = sight.estate.answer(EXISTS(subject))
        if isinstance(answer, Unsure):
            return _refusal(step, f"{subject} could not be read: {answer.because}", answer.code, answer.hint)
    if step.op is Op.ROLE_DELETE and asked.vault in sight.doubtful:
        return _refusal(step, f"could not tell whether an instance in {asked.vault.name} needs it", NOT_KNOWN, _AGAIN)
    mark = mark_of(sight.estate, change, step)
    if mark not in (mark_of(before, change, step), plan.manifest):
        return _refusal(step, f"it now bears the mark of {mark}" if mark else "it no longer bears our mark")
    vault = sight.estate.vaults.get(asked.vault.key)
    is_softly = any(one.is_soft and one.target.parent == asked.vault for one in change.steps)
    if is_softly and not (vault and vault.keeps_deleted):
        return _refusal(
            step,
            f"soft delete is now off in {asked.vault.name}, so it would be deleted permanently",
            error_codes.SOFT_DELETE_OFF,
        )
    gate = newly_closed(plan, sight.plan, change.address)
    if gate:
        return _refusal(step, f"the gate {gate.name} is now closed: {gate.message}", hint=gate.hint)
    again = next((one for one in sight.plan.changes if one.address == change.address), None)
    return None if is_same(change, step, again) else _refusal(step, _difference(sight.plan, change, again))


def _difference(again: Plan, change: Change, planned: Change | None) -> str:
    told = next((one.message for one in again.errors if one.address == change.address), "")
    if told or planned is None:
        return told or "a new plan no longer contains this change"
    return f"a new plan does something else: {planned.reason}"


def _refusal(step: Step, why: str, code: Code = error_codes.CHANGED_BY_SOMEONE_ELSE, hint: str = "") -> OperationFailed:
    return OperationFailed(f"left unchanged: {why}", code=code, target=str(step.target), hint=hint or _PLAN)


async def answered(azure: Azure, estate: Estate, make: Callable[[Estate], Plan]) -> Plan:
    """The plan that `make` makes of an estate, once it has no open questions."""
    plan = make(estate)
    while plan.questions:
        open_questions = [question for question in plan.questions if question not in estate.answers]
        if not open_questions:
            raise RuntimeError(f"planning asks a question that was already answered: {plan.questions[0]}")
        estate.answers.update(await answer(azure, open_questions))
        plan = make(estate)
    return plan
