"""Which steps destroy or weaken something, what must be read by id before each, and whether it is still planned."""

from __future__ import annotations

from typing import Any

from reconciler.model.changes import Change, Kind, Op, Step
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId
from reconciler.model.names import instance_name
from reconciler.model.outlines import outline
from reconciler.model.plan import Gate, Plan
from reconciler.model.tags import OWNER_TAG, tag_of

WEAKENS = "weakens"
"""The weight of a change that makes a vault protect less."""

_ENDING = frozenset({Op.INSTANCE_STOP, Op.INSTANCE_SUSPEND, Op.INSTANCE_DELETE, Op.ROLE_DELETE, Op.POLICY_DELETE})
_OVER = frozenset({Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR})
_REDONE = _OVER | {Op.INSTANCE_VALIDATE}
_DISKS = "microsoft.compute/disks"
_INSTANCES = "microsoft.dataprotection/backupvaults/backupinstances"


def is_weighty(change: Change, step: Step) -> bool:
    """Whether a step stops, suspends, deletes, revokes, retires, weakens, resumes over expired points, or takes over."""
    if step.op in _ENDING:
        return True
    if step.op is Op.INSTANCE_RESUME:
        return bool(step.expires)
    if step.op is Op.VAULT_PATCH:
        return change.weight == WEAKENS or takes_over(change)
    return step.op in _OVER and (change.weight == "shortens" or takes_over(change))


def has_weight(plan: Plan) -> bool:
    """Whether any step of a plan is weighty."""
    return any(is_weighty(change, step) for change in plan.changes for step in change.steps)


def takes_over(change: Change) -> bool:
    """Whether a change writes our mark over another one."""
    return any(field.tag == OWNER_TAG and field.before for field in change.fields)


def named(change: Change, step: Step, estate: Estate) -> tuple[ArmId, ...]:
    """The objects, two at most, to read by id before a weighty step: its target, and what its reason depends on.

    What the manifest itself deletes needs no other reason. An assignment at a disk is revoked because no instance
    protects that disk, so the disk's derived instance is looked for, unless this plan deletes it.
    """
    if step.op is Op.ROLE_DELETE:
        return (step.target, *_held_by(change, step, estate))
    if step.op in (Op.POLICY_DELETE, Op.VAULT_PATCH, Op.INSTANCE_DELETE):
        return (step.target,)
    instance = estate.instances.get(step.target.key)
    return (step.target, *((instance.disk,) if instance and instance.disk else ()))


def _held_by(change: Change, step: Step, estate: Estate) -> tuple[ArmId, ...]:
    row = estate.roles.get(step.target.key)
    if change.vault is None or row is None or row.scope.type != _DISKS or any(one.disk for one in change.depends):
        return ()
    return (change.vault.child("backupInstances", instance_name(row.scope)),)


def is_same(planned: Change, step: Step, again: Change | None) -> bool:
    """Whether another look plans the same change, given that the steps before `step` are done.

    An instance whose re-pointing failed is PUT again: then any subset of such steps may be planned.
    """
    if step.op not in {one.op for one in planned.steps}:
        return again is None or _REDONE.issuperset(one.op for one in again.steps)
    done = next(number for number, one in enumerate(planned.steps) if one.op is step.op)
    if done and planned.kind is Kind.MOVE:
        return True  # a move in progress is finished or undone, and Azure is between both states
    if again is None:
        return False
    was, is_now = outline(planned), outline(again)
    return was == is_now or (done > 0 and was["action"] == is_now["action"] and _left(was, done) == _left(is_now))


def _left(change: dict[str, Any], done: int = 0) -> list[Any]:
    """The steps that are left, without tags: a soft-deleted instance shows none, so its mark can't be compared."""
    return [
        [op, target, {key: value for key, value in body.items() if key != "tags"}]
        for op, target, body in change["steps"][done:]
    ]


def newly_closed(planned: Plan, again: Plan, address: str) -> Gate | None:
    """A closed gate for a change that another look has and the plan didn't have, so that its key was never given."""
    known = {gate.name for gate in planned.gates}
    closed = (gate for gate in again.closed_gates if gate.name not in known)
    return next((gate for gate in closed if not gate.addresses or address in gate.addresses), None)


def mark_of(estate: Estate, change: Change, step: Step) -> str:
    """The owner's mark that applies to a step: that of the instance, else that of the vault."""
    instance = estate.instances.get(step.target.key)
    if step.target.type == _INSTANCES:
        return tag_of(instance.tags, OWNER_TAG) if instance else ""
    vault = estate.vaults.get(change.vault.key) if change.vault else None
    return tag_of(vault.tags, OWNER_TAG) if vault else ""
