"""What destroys or weakens, what is read by id before it, and when it still follows from another look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_builders import (
    CONTRIBUTOR,
    GOLD,
    READER,
    SHORTER,
    SNAPSHOTS,
    VAULT,
    bare,
    disk,
    disk_id,
    estate,
    group,
    instance,
    manifest,
    plan,
    policy,
    policy_spec,
    removed,
    role,
    roles_for,
    rule,
    vault,
)

from reconciler.model import addresses
from reconciler.model.changes import Change, FieldChange, Kind, Op, Step
from reconciler.model.estate import Estate
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Gate, Plan
from reconciler.model.tags import OWNER_TAG
from reconciler.planning.weight import has_weight, is_same, is_weighty, mark_of, named, newly_closed

D, OTHER = disk_id(), disk_id("other")


def world(*more: object) -> Estate:
    return estate(vault(), group(), policy(), disk(), disk("other"), instance(), *roles_for(D), *more)


def only(made: Plan, kind: Kind = Kind.DISK) -> Change:
    (change,) = (one for one in made.changes if one.kind is kind)
    return change


PRUNED = plan(bare(), world(), prune=True)


@pytest.mark.parametrize(
    ("said", "options", "op"),
    [
        (bare(), {"prune": True}, Op.INSTANCE_STOP),
        (manifest(rule(D, protection="suspended")), {}, Op.INSTANCE_SUSPEND),
        (bare(removed=(removed(D, "delete"),)), {"allow_delete": 1}, Op.INSTANCE_DELETE),
        (manifest(policies=[policy_spec(content=SHORTER)]), {}, Op.INSTANCE_MERGE),
    ],
)
def test_what_destroys_is_weighty(said: Manifest, options: dict[str, object], op: Op) -> None:
    made = plan(said, world(), **options)
    assert has_weight(made)
    assert [step.op for step in only(made).steps if is_weighty(only(made), step)] == [op]


def test_a_longer_retention_and_a_new_disk_are_not_weighty() -> None:
    longer = policy_spec(content=replace(GOLD, default_days=9))
    made = plan(manifest(rule(D, OTHER), policies=[longer]), world(*roles_for(OTHER)[:1]))
    assert {step.op for change in made.changes for step in change.steps} >= {Op.INSTANCE_PUT, Op.INSTANCE_MERGE}
    assert {change.address for change in made.changes if any(is_weighty(change, one) for one in change.steps)} == {
        f"policy/V/{policy().id.name}"
    }, "the old policy is retired"


@pytest.mark.parametrize(("before", "is_weight"), [("somebody", True), (None, False)])
def test_taking_over_a_mark_is_weighty(before: str | None, is_weight: bool) -> None:
    merge = Step(Op.INSTANCE_MERGE, instance().id, {"tags": {OWNER_TAG: "team"}})
    change = replace(only(PRUNED), steps=(merge,), fields=(FieldChange(f"tags.{OWNER_TAG}", before, "team"),))
    assert is_weighty(change, merge) is is_weight


@pytest.mark.parametrize(("expires", "is_weight"), [({"expires": 3}, True), ({}, False)])
def test_a_resume_is_weighty_where_it_costs_points(expires: dict[str, int], is_weight: bool) -> None:
    step = Step(Op.INSTANCE_RESUME, instance().id, expires)
    assert is_weighty(replace(only(PRUNED), steps=(step,)), step) is is_weight


def test_an_instance_is_read_with_its_disk() -> None:
    change = only(PRUNED)
    assert named(change, change.steps[0], world()) == (instance().id, D)


def test_what_is_removed_needs_no_other_reason() -> None:
    change = only(plan(bare(removed=(removed(D, "delete"),)), world(), allow_delete=1))
    assert named(change, change.steps[0], world()) == (instance().id,)


def test_a_grant_at_a_disk_is_read_with_the_instance_that_may_need_it() -> None:
    leftover = role(OTHER)
    held = world(leftover)
    made = plan(manifest(), held)
    change = only(made, Kind.ROLE)
    assert named(change, change.steps[0], held) == (leftover.id, instance("other").id)


@pytest.mark.parametrize("row", [role(SNAPSHOTS, CONTRIBUTOR), role(OTHER, READER)])
def test_a_grant_of_what_this_plan_deletes_is_read_alone(row: object) -> None:
    step = Step(Op.ROLE_DELETE, row.id)  # type: ignore[attr-defined]
    change = replace(only(PRUNED), steps=(step,), depends=(addresses.disk(OTHER),))
    assert named(change, step, world(row)) == (step.target,)


def test_the_same_look_makes_the_same_change() -> None:
    change = only(PRUNED)
    assert is_same(change, change.steps[0], only(plan(bare(), world(), prune=True)))


@pytest.mark.parametrize(
    "again",
    [
        plan(manifest(), world(), prune=True),
        plan(bare(removed=(removed(D, "delete"),)), world(), allow_delete=1),
        plan(manifest(rule(D, protection="suspended")), world()),
    ],
    ids=["nothing", "another action", "other steps"],
)
def test_anything_else_is_another_change(again: Plan) -> None:
    change = only(PRUNED)
    assert not is_same(change, change.steps[0], next(iter(again.changes), None))


def test_of_a_change_under_way_the_steps_that_are_left_have_to_come_out() -> None:
    resume, suspend = Step(Op.INSTANCE_RESUME, instance().id), Step(Op.INSTANCE_SUSPEND, instance().id)
    whole = replace(only(PRUNED), steps=(resume, suspend))
    left = replace(whole, steps=(suspend,), before={"protection": "protected"})
    assert is_same(whole, suspend, left)
    assert not is_same(whole, resume, left)
    assert not is_same(whole, suspend, replace(left, steps=(Step(Op.INSTANCE_STOP, instance().id),)))


def test_a_re_pointing_that_is_tried_once_more_has_to_be_nothing_but_that() -> None:
    merge, repair = (Step(op, instance().id, {"properties": {}}) for op in (Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR))
    change = replace(only(PRUNED), steps=(merge,))
    assert is_same(change, repair, None)
    assert is_same(change, repair, replace(change, steps=(Step(Op.INSTANCE_VALIDATE, instance().id), repair)))
    assert not is_same(change, repair, only(PRUNED))


def test_a_gate_counts_that_wasn_t_there_before() -> None:
    address = only(PRUNED).address
    closed = Gate("mass-change", "", "", addresses=(address,))
    assert newly_closed(PRUNED, replace(PRUNED, gates=(closed,)), address) == closed
    assert newly_closed(PRUNED, replace(PRUNED, gates=(closed,)), "disk/another") is None
    assert newly_closed(PRUNED, replace(PRUNED, gates=(replace(closed, addresses=()),)), "disk/another")
    known = replace(PRUNED, gates=(replace(closed, is_open=True),))
    assert newly_closed(known, replace(PRUNED, gates=(closed,)), address) is None, "its key was given"


@pytest.mark.parametrize(
    ("step", "mark"),
    [(Step(Op.INSTANCE_STOP, instance().id), "a"), (Step(Op.POLICY_DELETE, policy().id), "b")],
)
def test_the_mark_of_an_instance_is_its_own_and_all_else_goes_by_its_vault(step: Step, mark: str) -> None:
    held = estate(vault(VAULT, owner="b"), instance(owner="a"), policy())
    assert mark_of(held, only(PRUNED), step) == mark
