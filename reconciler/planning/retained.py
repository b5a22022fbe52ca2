"""Stopped instances that a move has left in other vaults: they keep older recovery points of a protected disk.

It isn't documented whether Azure allows making or changing the new instance while they exist. Recorded traffic shows that
it does while they are soft-deleted, and undeletes them as stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.changes import Deletion, Op, Step
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import No, Yes
from reconciler.model.protection import is_active
from reconciler.model.resources import Instance
from reconciler.planning.draft import Draft
from reconciler.planning.instance_bodies import guard_of
from reconciler.planning.resuming import expired, kept
from reconciler.planning.world import World

_WRITES = frozenset({Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR, Op.INSTANCE_RESUME})


@dataclass(frozen=True, slots=True)
class Aside:
    """The steps that set instances aside and bring them back, with remarks for people; empty when it can't be done."""

    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    detail: tuple[str, ...] = ()


def aside(world: World, instances: Iterable[Instance]) -> Aside:
    """The steps by which instances make room if Azure refuses otherwise; all of them or none."""
    found = list(instances)
    if not found or not all(_may_be_set_aside(world, one) for one in found):
        return Aside()
    before = tuple(
        Step(Op.INSTANCE_DELETE, one.id, Deletion(softly=True), guard_of(world, one.vault, Op.INSTANCE_DELETE) or ())
        for one in found
    )
    names = " and ".join(f"{one.id.name} in the vault {one.vault.name}" for one in found)
    detail = f"if Azure refuses while {names} exists, that is soft-deleted, and undeleted right afterwards"
    return Aside(before, tuple(Step(Op.INSTANCE_UNDELETE, one.id) for one in found), (detail,))


def around(world: World, vault: ArmId, steps: Iterable[Step], held: Iterable[Instance]) -> Aside:
    """How instances that a move has left make room for these steps on the disk's instance in that vault."""
    others = [one for one in held if one.vault != vault]
    if not any(step.op in _WRITES for step in steps) or not all(is_left(world, one) for one in others):
        return Aside()
    return aside(world, others)


def is_left(world: World, instance: Instance) -> bool:
    """Whether a move of this manifest may have left the instance: stopped, and ours or unmarked in a vault of ours."""
    vault, owner = world.estate.vaults.get(instance.vault.key), world.owner(instance.tags)
    is_ours = owner == "ours" or (not owner and vault is not None and world.owner(vault.tags) == "ours")
    return is_ours and not instance.deleted and not is_active(instance)


def keeps_deleted(world: World, vault: ArmId) -> bool:
    """Whether soft delete is on in a vault."""
    live = world.estate.vaults.get(vault.key)
    return live is not None and lower(live.soft_delete_state or "off") != "off"


def loses_nothing(draft: Draft, instance: Instance) -> bool:
    """Whether resuming the instance is known to clean up no recovery point."""
    match kept(draft, instance):
        case Yes(points):
            return expired(points, draft.world.now) == 0
        case No():
            return True
    return False


def _may_be_set_aside(world: World, instance: Instance) -> bool:
    return (
        keeps_deleted(world, instance.vault)
        and guard_of(world, instance.vault, Op.INSTANCE_DELETE) is not None
        and world.lock_on(instance.id, deletes=True) is None
    )
