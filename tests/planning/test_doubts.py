"""What nobody can tell: an error with the way to know, and nothing that hangs on it is planned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    NOW,
    UNSURE,
    D,
    addresses,
    answered,
    disk,
    disk_id,
    errors,
    estate,
    group,
    instance,
    manifest,
    options,
    plan,
    policy,
    roles_for,
    rule,
    settled,
    there,
    vault,
    without,
)

from reconciler.model.ids import group_id, subscription_id
from reconciler.model.known import OUT_OF_REACH, Unsure
from reconciler.model.plan import Plan
from reconciler.model.resources import Instance, RecoveryPoint, RoleAssignment
from reconciler.planning import restoring

FAR = Unsure("the caller may not read it", "give it Reader", OUT_OF_REACH)


def told(made: Plan) -> Any:
    """The one error that isn't a mere consequence."""
    (found,) = (one for one in made.errors if one.code in {"not-known", "out-of-reach"})
    return found


@pytest.mark.parametrize("doubt", [UNSURE, FAR])
def test_no_vault_is_made_while_a_soft_deleted_one_may_have_its_name(doubt: Unsure) -> None:
    made = plan(manifest(), estate(disk()), {"deleted-vault": doubt})
    assert told(made).code == doubt.code.code
    assert told(made).hint == doubt.hint
    assert doubt.because in told(made).message
    assert not [one for one in addresses(made) if not one.startswith("group/")]


@pytest.mark.parametrize("doubt", [UNSURE, FAR])
def test_no_instance_is_made_while_another_may_protect_the_disk(doubt: Unsure) -> None:
    world = estate(*without(settled("d", "e"), Instance))
    answers = {("protected-elsewhere", disk_id("d")): doubt}
    made = plan(manifest(rule(disk_id("d"), disk_id("e"))), world, answers, preflight=True)
    assert (told(made).code, errors(made)) == (doubt.code.code, [doubt.code.code])
    assert addresses(made) == [f"disk/{disk_id('e').key}"]


@pytest.mark.parametrize("doubt", [UNSURE, FAR])
def test_a_quota_that_nobody_can_count_is_an_error(doubt: Unsure) -> None:
    made = plan(manifest(), estate(*without(settled(), RoleAssignment)), {("role-count", subscription_id(D)): doubt})
    assert told(made).code == doubt.code.code


POINT = RecoveryPoint(instance().id.child("recoveryPoints", "p"), NOW - timedelta(hours=1))


OUT = group_id(D, "out")


def restored(answers: Any) -> Plan:
    world = estate(vault(), policy(), group(OUT), disk(), instance(), *roles_for(disk_id()))
    wish = restoring.Wish("d", "out", "run-1", D)
    made = restoring.make(manifest(), world, options(), NOW, wish)
    while made.questions:
        world.answers.update({one: answered(one, {("exists", OUT): there(), **answers}) for one in made.questions})
        made = restoring.make(manifest(), world, options(), NOW, wish)
    return made


@pytest.mark.parametrize("doubt", [UNSURE, FAR])
def test_nothing_is_restored_of_points_that_nobody_can_read(doubt: Unsure) -> None:
    made = restored({"recovery-points": doubt})
    assert (told(made).code, made.changes) == (doubt.code.code, ())


@pytest.mark.parametrize("doubt", [UNSURE, FAR])
def test_restores_that_nobody_can_count_are_an_error_and_stop_none(doubt: Unsure) -> None:
    made = restored({"recovery-points": (POINT,), "restores": doubt})
    assert told(made).code == doubt.code.code
    assert [one.kind for one in made.changes if one.kind == "restore"]
