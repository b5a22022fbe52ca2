"""What a resume costs: recovery points that expired meanwhile, counted, gated, and taken out of the plan with care."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    FORBIDDEN,
    NOW,
    SHORTER,
    UNSURE,
    addresses,
    at,
    change,
    codes,
    disk,
    disk_id,
    errors,
    estate,
    instance,
    manifest,
    plan,
    policy,
    policy_spec,
    rule,
    settled,
    steps,
    without,
)

from reconciler.model.ids import ArmId
from reconciler.model.known import Yes
from reconciler.model.plan import Plan
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.planning.resuming import expired

HOUR = timedelta(hours=1)


def point(age: int, left: float | None, name: str = "") -> RecoveryPoint:
    """A recovery point taken so many hours ago that expires in so many (None: it doesn't tell)."""
    own = ArmId(f"/subscriptions/s/resourceGroups/g/providers/x/y/z/recoveryPoints/{name or age}")
    return RecoveryPoint(own, NOW - age * HOUR, expires=None if left is None else NOW + left * HOUR)


@pytest.mark.parametrize(
    ("points", "count"),
    [
        ([], 0),
        ([point(1, -5)], 0),
        ([point(1, -5), point(2, -6)], 1),
        ([point(2, -6), point(1, -5)], 1),
        ([point(1, 5), point(2, 4), point(3, -1), point(4, 0)], 2),
        ([point(1, 5), point(2, 0.001)], 0),
        ([point(1, 5), point(2, None), point(3, 7)], 1),
        ([point(1, None)], 0),
        ([point(1, -1, "a"), point(1, -1, "b")], 1),
    ],
)
def test_all_that_expired_go_but_the_newest(points: list[RecoveryPoint], count: int) -> None:
    assert expired(points, NOW) == count


def stopped(*names: str) -> Any:
    """The settled world, in which these disks are stopped."""
    own = [disk_id(name) for name in names]
    return estate(
        *without(settled(*own), Instance), *(instance(one, state="ProtectionStopped") for one in own), disk("other")
    )


def costing(count: int) -> Any:
    """The answers by which each resume cleans up so many."""
    return {"kept-points": Yes((point(1, 9), *(point(number + 2, -1) for number in range(count))))}


def resumed(count: int, *names: str, **said: Any) -> Plan:
    names = names or ("d",)
    return plan(manifest(rule(*map(disk_id, names))), stopped(*names), costing(count), **said)


def key(number: int) -> frozenset[str]:
    return frozenset({f"resume-expires={number}"})


def test_a_resume_that_costs_nothing_is_planned_as_ever() -> None:
    (step,) = change(resumed(0), at()).steps
    assert (step.op, step.body) == ("instance.resume", {})
    assert resumed(0).gates == ()


def test_a_resume_that_costs_is_left_out_and_told() -> None:
    made = resumed(3)
    assert (addresses(made), errors(made), made.closed_gates) == ([], ["resume-expires"], ())
    (gate,) = made.gates
    assert (gate.name, gate.is_local, gate.is_open, gate.addresses) == ("resume-expires", True, False, (at(),))
    assert "stays stopped" in made.errors[0].message


@pytest.mark.parametrize(("number", "is_open"), [(2, False), (3, False), (5, False), (6, True), (7, False)])
def test_only_the_number_of_all_together_opens(number: int, is_open: bool) -> None:
    made = resumed(3, "d", "e", force=key(number))
    assert addresses(made) == ([at("d"), at("e")] if is_open else [])
    assert [gate.is_open for gate in made.gates] == [is_open]
    assert made.expiring == (6 if is_open else 0)


def test_the_bare_name_of_the_gate_opens_nothing() -> None:
    assert errors(resumed(3, force=frozenset({"resume-expires"}))) == ["resume-expires"]


def test_what_only_leaves_is_what_counts() -> None:
    assert addresses(resumed(3, "d", "e", force=key(3), only=(at("d"),))) == [at("d")]


@pytest.mark.parametrize("answer", [UNSURE, FORBIDDEN])
def test_where_it_cannot_be_told_the_disk_stays_as_it_is(answer: Any) -> None:
    made = plan(manifest(rule(disk_id())), stopped("d"), {"kept-points": answer})
    assert (addresses(made), errors(made)) == ([], [answer.code.code])
    assert answer.because in made.errors[0].message


def test_a_roll_that_would_resume_takes_its_policies_out_with_it() -> None:
    old = policy(SHORTER)
    halted = instance("d", state="ProtectionStopped", policy=old.id)
    world = estate(*without(settled(), Instance), old, halted)
    opened = plan(manifest(rule(disk_id())), world, costing(2), force=key(2))
    assert [one.kind for one in opened.changes] == ["disk", "policy"], "re-pointed, and the old policy retired"
    closed = plan(manifest(rule(disk_id())), world, costing(2))
    assert addresses(closed) == []
    assert "waits-for" in codes(closed), "the old policy isn't retired while the disk follows it"


def test_a_policy_that_only_it_would_use_is_not_made_either() -> None:
    desire = manifest(rule(disk_id()), policies=[policy_spec(content=SHORTER)])
    assert addresses(plan(desire, stopped("d"), costing(2))) == []
    assert steps(plan(desire, stopped("d"), costing(0)), at()) == ["instance.resume", "instance.merge"]
