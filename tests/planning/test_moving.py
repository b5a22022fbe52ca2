"""Moves as planned, without an Azure that carries them out."""

from __future__ import annotations

from dataclasses import replace

from plan_builders import (
    NOW,
    VAULT,
    S,
    answered,
    disk_id,
    estate,
    group,
    instance,
    manifest,
    options,
    policy,
    rule,
    settled,
    vault,
    vault_spec,
)

from reconciler.ids import group_id, vault_id
from reconciler.planning import moving
from reconciler.planning.model import Op

OLD = vault_id(S, "oldrg", "W")


def test_what_is_left_of_a_move_is_stopped_with_the_guards_approval() -> None:
    desire = manifest(rule(disk_id()), vaults=(vault_spec(), vault_spec("W", resource_group="oldrg")))
    old = instance(of=OLD)
    world = estate(*settled(), vault(OLD, guarded=True), group(group_id(S, "oldrg")), policy(of=OLD), old)
    told = options(guard_requests={OLD.key: ("r",)})
    made = moving.make(desire, world, told, NOW, ("d",), through_soft_delete=False)
    while made.questions:
        world.answers.update({question: answered(question, {}) for question in made.questions})
        made = moving.make(desire, world, told, NOW, ("d",), through_soft_delete=False)
    (step,) = made.changes[0].steps
    assert (step.op, step.target, step.guard) == (Op.INSTANCE_STOP, old.id, ("r",))
