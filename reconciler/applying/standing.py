"""Checks what is there before it is written: somebody else may have made it, or changed it since the plan.

Everybody who protects a disk derives the same name for its instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from reconciler.applying.run import Run
from reconciler.applying.slices import SECONDS
from reconciler.azure import bodies
from reconciler.azure.answering import answer
from reconciler.azure.fields import read_as
from reconciler.azure.kinds.instances import project
from reconciler.azure.kinds.policies import project as project_policy
from reconciler.azure.kinds.vaults import project as project_vault
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import OperationFailed
from reconciler.model.estate import EXISTS, Found
from reconciler.model.findings import Code
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.policy_reading import content_of
from reconciler.model.protection import Health, health_of
from reconciler.model.resources import Instance
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.model.vault_fields import settings, told

_HALTED = frozenset({Health.STOPPED, Health.SUSPENDED})
_DEAD = _HALTED | {Health.UNKNOWN}
_OVER = frozenset({Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR})
_OTHERS = "plan again: what another manifest owns is never changed"

Contradict = Callable[[Iterable[ArmId]], None]


async def is_listed(run: Run, instance: ArmId) -> bool:
    """Whether the vault's list, no older than a fresh look, shows an instance."""
    return await run.watch(instance.parent).shows(instance, within=SECONDS)


def check(run: Run, change: Change, step: Step, body: Mapping[str, Any]) -> None:
    """OperationFailed when the step's object, as just read, differs from what the `change` was planned for.

    Another manifest may own it now, a vault may protect more, and an instance may follow another policy, which keeps
    more, or be halted on purpose.
    """
    mark = tag_of(body.get("tags") or {}, OWNER_TAG)
    if run.plan.owners and mark and lower(mark) not in run.plan.owners:
        raise _refusal(step, f"was taken over by the manifest `{mark}` meanwhile", hint=_OTHERS)
    if step.op is Op.VAULT_PATCH:
        _check_vault(change, step, body)
    if step.op in _OVER and change.found is not None and change.found.id == step.target:
        _check_instance(change, change.found, step, read_as(project, body))


def check_ours(run: Run, step: Step, tags: Mapping[str, str]) -> None:
    """OperationFailed unless what a step marks bears a mark of ours."""
    mark = tag_of(tags, OWNER_TAG)
    if run.plan.owners and lower(mark) not in run.plan.owners:
        raise _refusal(step, f"now bears the mark of {mark}" if mark else "no longer bears our mark", hint=_OTHERS)


def _check_vault(change: Change, step: Step, body: Mapping[str, Any]) -> None:
    before = {field.path: field.before for field in change.fields}
    have = settings(read_as(project_vault, body))
    for path, value in settings(project_vault({**step.body, "id": str(step.target)})).items():
        if value is not None and have[path] not in (value, before.get(path, value)):
            raise _refusal(step, f"was changed by somebody else meanwhile: its {path} is {told(have[path])}")


def _check_instance(change: Change, found: Instance, step: Step, live: Instance) -> None:
    wanted = ((step.body.get("properties") or {}).get("policyInfo") or {}).get("policyId")
    if wanted and live.policy not in (found.policy, ArmId(wanted)):
        raise _refusal(step, f"now follows {f'the policy {live.policy.name}' if live.policy else 'no policy'}")
    resumes = any(one.op is Op.INSTANCE_RESUME for one in change.steps)
    was_halted = not resumes and (found.deleted or health_of(found) in _HALTED)
    if health_of(live) in _HALTED and not was_halted:
        raise _refusal(step, f"was halted by somebody else meanwhile: it is in {live.state}")


async def find(run: Run, step: Step, contradict: Contradict) -> Receipt | None:
    """A receipt in place of a PUT that would change nothing; None when the PUT must be sent.

    OperationFailed when something else is there, or that can't be told: it is never overwritten.
    `contradict` is called with an instance that its list lacks.
    """
    question = EXISTS(step.target)
    presence = (await answer(run.azure, [question]))[question]
    match presence:
        case No():
            return None
        case Unsure() as unsure:
            raise _refusal(
                step, f"may already exist, which could not be checked: {unsure.because}", unsure.code, unsure.hint
            )
        case Yes(Found(body=body)):
            if step.op is Op.POLICY_PUT:
                return _same_policy(step, body)
            if not await is_listed(run, step.target):
                contradict([step.target])
            return _same_instance(run, step, body)


def _same_policy(step: Step, body: Mapping[str, Any]) -> Receipt:
    """The receipt of a policy that already exists; OperationFailed when it does something else."""
    own = str(step.target)
    content = content_of(read_as(project_policy, {**body, "id": own}))
    if content is None or content != content_of(project_policy({**step.body, "id": own})):
        raise _refusal(step, "was made by somebody else meanwhile, with different content")
    return Receipt(HTTPStatus.OK, body, unchanged=True)


def _same_instance(run: Run, step: Step, body: Mapping[str, Any]) -> Receipt | None:
    """The receipt of an instance that a run of the same manifest has made; None if it is failing: a PUT retries it.

    OperationFailed for any other one.
    """
    mark = tag_of(body.get("tags") or {}, OWNER_TAG)
    if lower(mark) not in run.plan.owners:
        raise _refusal(step, f"was made by {f'the manifest {mark}' if mark else 'somebody else'} meanwhile")
    wanted = (step.body.get("properties") or {}).get("policyInfo") or {}
    found = read_as(project, body)
    health = health_of(found)
    if health in _DEAD or not bodies.says_already(body, {"properties": {"policyInfo": wanted}}):
        raise _refusal(step, f"already exists, in {found.state}, and isn't as planned")
    return None if health is Health.FAILING else Receipt(HTTPStatus.OK, body, unchanged=True)


def _refusal(
    step: Step, what: str, code: Code = error_codes.CHANGED_BY_SOMEONE_ELSE, hint: str = ""
) -> OperationFailed:
    return OperationFailed(
        f"{step.target.name} {what}; it was left unchanged",
        code=code,
        target=str(step.target),
        hint=hint or "plan again: what exists is compared, and never replaced",
    )
