"""Moves as planned, without an Azure that carries them out."""

from __future__ import annotations

from typing import Any

import pytest
from plan_builders import (
    NOW,
    S,
    answered,
    disk_id,
    estate,
    group,
    ignore,
    instance,
    manifest,
    options,
    policy,
    rule,
    settled,
    vault,
    vault_spec,
    without,
)

from reconciler.model.changes import Op
from reconciler.model.estate import Estate
from reconciler.model.ids import group_id, vault_id
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan
from reconciler.model.resources import Disk, Instance
from reconciler.planning import moving

OLD = vault_id(S, "oldrg", "W")


def moved(desire: Manifest, world: Estate, **said: Any) -> Plan:
    """The plan that moves disk `d`, with every question answered."""
    while True:
        made = moving.make(desire, world, options(**said), NOW, ("d",), through_soft_delete=False)
        if not made.questions:
            return made
        world.answers.update({question: answered(question, {}) for question in made.questions})


def test_a_disk_that_is_declared_and_refused_is_told_with_its_cause() -> None:
    (error,) = moved(manifest(), estate(*without(settled(), Disk))).errors
    assert (error.code, error.message) == ("move-impossible", "`d` can't be moved: the disk doesn't exist in Azure")


def test_a_disk_that_nobody_declares_is_told_so() -> None:
    (error,) = moved(manifest(rule(disk_id("e"))), estate(*settled("e"))).errors
    assert (error.code, error.message) == ("move-impossible", "`d` can't be moved: the manifest declares no such disk")


def test_what_is_left_of_a_move_is_stopped_with_the_guards_approval() -> None:
    desire = manifest(rule(disk_id()), vaults=(vault_spec(), vault_spec("W", resource_group="oldrg")))
    old = instance(of=OLD)
    world = estate(*settled(), vault(OLD, guarded=True), group(group_id(S, "oldrg")), policy(of=OLD), old)
    made = moved(desire, world, guard_requests={OLD.key: ("r",)})
    (step,) = made.changes[0].steps
    assert (step.op, step.target, step.guard) == (Op.INSTANCE_STOP, old.id, ("r",))


BOTH = (vault_spec(), vault_spec("W", resource_group="oldrg"))
ELSEWHERE = [vault(OLD), group(group_id(S, "oldrg")), policy(of=OLD), instance(of=OLD)]


@pytest.mark.parametrize("protection", ["suspended", "stopped"])
def test_what_is_not_to_be_protected_there_is_not_stopped_here(protection: str) -> None:
    desire = manifest(rule(disk_id(), protection=protection), vaults=BOTH)
    made = moved(desire, estate(*without(settled(), Instance), *ELSEWHERE))
    assert [error.code for error in made.errors] == ["move-impossible"]
    assert made.changes == ()


@pytest.mark.parametrize(("fields", "there"), [((), []), (("protection",), [instance(state="ProtectionStopped")])])
def test_what_is_ignored_there_is_not_stopped_here(fields: tuple[str, ...], there: list[Instance]) -> None:
    desire = manifest(vaults=BOTH, ignore=(ignore("disk/*", *fields),))
    made = moved(desire, estate(*without(settled(), Instance), *there, *ELSEWHERE))
    assert [error.code for error in made.errors] == ["move-impossible"]
    assert made.changes == ()


def test_an_instance_of_another_manifest_is_not_moved() -> None:
    other = instance(of=OLD, tags={"reconciler-owner": "somebody"})
    world = estate(*without(settled(), Instance), vault(OLD), group(group_id(S, "oldrg")), policy(of=OLD), other)
    made = moved(manifest(rule(disk_id()), vaults=BOTH), world)
    assert [error.code for error in made.errors] == ["managed-elsewhere"]
    assert made.changes == ()
