"""What stands already where something is to be made: a derived name is the same for everybody who wants that disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from reconciler.applying.refusals import CHANGED_BY_SOMEONE_ELSE
from reconciler.applying.run import Run
from reconciler.applying.slices import SECONDS
from reconciler.azure import bodies
from reconciler.azure.answering import answer
from reconciler.azure.projection import instance as project
from reconciler.azure.projection import policy as project_policy
from reconciler.azure.receipts import Receipt
from reconciler.errors import OperationFailed
from reconciler.estate import Found, Presence, Question
from reconciler.ids import ArmId, lower
from reconciler.known import No, Unsure, Yes
from reconciler.planning.content import content_of
from reconciler.planning.model import Op, Step
from reconciler.planning.naming import OWNER_TAG, tag_of
from reconciler.planning.protection import Health, health_of

_DEAD = frozenset({Health.STOPPED, Health.SUSPENDED, Health.UNKNOWN})


Contradict = Callable[[Iterable[ArmId]], None]


async def is_listed(run: Run, instance: ArmId) -> bool:
    """Whether the vault's list, which is never older than a look may be, shows an instance."""
    return await run.watch(instance.parent).shows(instance, within=SECONDS)


async def find(run: Run, step: Step, contradict: Contradict) -> Receipt | None:
    """What stands for the receipt of a PUT that would change nothing; None when it is to be sent.

    OperationFailed when something else stands there, or that can't be told: nothing is ever written over it.
    `contradict` hears of an instance that its list lacks.
    """
    question = Question("exists", step.target)
    presence: Presence = (await answer(run.azure, [question]))[question]
    match presence:
        case No():
            return None
        case Unsure() as unsure:
            raise _refusal(step, f"could not be told to be absent: {unsure.because}", unsure.code, unsure.hint)
        case Yes(Found(body=body)):
            if step.op is Op.POLICY_PUT:
                return _same_policy(step, body)
            if not await is_listed(run, step.target):
                contradict([step.target])
            return _same_instance(run, step, body)


def _same_policy(step: Step, body: Mapping[str, Any]) -> Receipt:
    """The receipt of a policy that is there already; OperationFailed when it does something else."""
    own = str(step.target)
    content = content_of(project_policy({**body, "id": own}))
    if content is None or content != content_of(project_policy({**step.body, "id": own})):
        raise _refusal(step, "was made by somebody else meanwhile, with another content")
    return Receipt(HTTPStatus.OK, body, unchanged=True)


def _same_instance(run: Run, step: Step, body: Mapping[str, Any]) -> Receipt | None:
    """The receipt of an instance that a run of the same manifest has made; None where it fails: a PUT tries it again.

    OperationFailed for any other one.
    """
    mark = tag_of(body.get("tags") or {}, OWNER_TAG)
    if lower(mark) not in run.plan.owners:
        raise _refusal(step, f"was made by {f'the manifest {mark}' if mark else 'somebody else'} meanwhile")
    wanted = (step.body.get("properties") or {}).get("policyInfo") or {}
    health = health_of(project(body))
    if health in _DEAD or not bodies.says_already(body, {"properties": {"policyInfo": wanted}}):
        raise _refusal(step, f"is there already, as {project(body).state}, and not as planned")
    return None if health is Health.FAILING else Receipt(HTTPStatus.OK, body, unchanged=True)


def _refusal(step: Step, what: str, code: str = CHANGED_BY_SOMEONE_ELSE, hint: str = "") -> OperationFailed:
    return OperationFailed(
        f"{step.target.name} {what}; it is left alone",
        code=code,
        target=str(step.target),
        hint=hint or "plan again: what is there is compared, and never replaced",
    )
