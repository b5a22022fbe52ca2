"""The guard's own conditions, each alone: every other look makes the same plan, unless a test says otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scripted import Applied, Scripted, disk_change, group_change, instance, plan_of, row

from reconciler.applying.engine import Settings
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Kind, Op, Step
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId
from reconciler.model.plan import Basis, Gate, Plan

CarryOut = Callable[..., Applied]
STOP = Step(Op.INSTANCE_STOP, instance())
DISK = ArmId("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/disks/d")


def stopping(**more: Any) -> Plan:
    return plan_of(disk_change("i", STOP, goal="ProtectionStopped"), **more)


def again(plan: Plan, other: Plan) -> Plan:
    return replace(plan, basis=Basis(Estate(), lambda _: other))


def stops(scripted: Scripted) -> int:
    return sum(step.op is Op.INSTANCE_STOP for _, step in scripted.writes)


@pytest.fixture
def protected(scripted: Scripted) -> Scripted:
    async def stop(_: Step) -> Receipt:
        scripted.put(row(state="ProtectionStopped"))
        return Receipt(200)

    scripted.put(row())
    scripted.on[Op.INSTANCE_STOP] = stop
    return scripted


def test_what_comes_out_the_same_is_done(carry_out: CarryOut, protected: Scripted) -> None:
    assert carry_out(stopping()).outcome.ok
    assert stops(protected) == 1


def test_what_comes_out_otherwise_is_left_alone(carry_out: CarryOut, protected: Scripted) -> None:
    applied = carry_out(again(stopping(), plan_of()))
    assert (applied["disk/i"].code, stops(protected)) == ("changed-by-someone-else", 0)


def test_a_plan_that_cannot_be_made_again_destroys_nothing(carry_out: CarryOut, protected: Scripted) -> None:
    applied = carry_out(replace(stopping(), basis=None))
    assert (str(applied["disk/i"].status), stops(protected)) == ("failed", 0)


def test_another_mark_stands_in_the_way_whatever_is_planned(carry_out: CarryOut, protected: Scripted) -> None:
    protected.put(row() | {"tags": {"reconciler-owner": "payments"}})
    applied = carry_out(stopping())
    assert stops(protected) == 0
    assert "now bears the mark of payments" in applied["disk/i"].message


def test_a_gate_that_was_not_there_holds(carry_out: CarryOut, protected: Scripted) -> None:
    closed = Gate("mass-change", "too many", "look", addresses=("disk/i",))
    applied = carry_out(again(stopping(), replace(stopping(), gates=(closed,))))
    assert stops(protected) == 0
    assert "the gate mass-change is now closed" in applied["disk/i"].message


def test_a_look_that_took_half_a_minute_lets_nothing_through(carry_out: CarryOut, protected: Scripted) -> None:
    looks: list[float] = []

    async def listed(path: Any, **_: Any) -> list[dict[str, Any]]:
        if str(path).endswith("deletedBackupInstances"):
            looks.append(asyncio.get_running_loop().time())
            await asyncio.sleep(40 if len(looks) == 1 else 0.3)
        prefix = str(path).lower() + "/"
        return [body for key, body in protected.resources.items() if key.startswith(prefix)]

    protected.list = listed  # type: ignore[method-assign]
    assert carry_out(stopping()).outcome.ok
    (at,) = (at for at, step in protected.writes if step.op is Op.INSTANCE_STOP)
    assert at - looks[-1] < 30 < at - looks[0], "the first look is too old, the second isn't"


def test_what_nobody_asked_for_is_looked_for_before_it_is_made(carry_out: CarryOut, scripted: Scripted) -> None:
    """A list lacked it; it is there, and another manifest's."""
    scripted.put(row() | {"tags": {"reconciler-owner": "payments"}})
    applied = carry_out(plan_of(disk_change("i", unasked=True)))
    assert (applied["disk/i"].code, scripted.writes) == ("changed-by-someone-else", [])


def test_a_disk_that_proves_nothing_is_not_written_to(carry_out: CarryOut, scripted: Scripted) -> None:
    """No settling of disks forgets the proof: a change of another kind stands for one that would."""
    step = Step(Op.DISK_PATCH, DISK, {"tags": {"a": "b"}})
    applied = carry_out(plan_of(replace(group_change("a"), steps=(step,), kind=Kind.POLICY)))
    assert [one for _, one in scripted.writes if one.op is Op.DISK_PATCH] == []
    assert applied["group/a"].code == "not-ours"


def test_nothing_begins_once_the_run_s_time_is_over(carry_out: CarryOut, scripted: Scripted) -> None:
    """What the change waits for ends within the grace that last answers get."""

    async def slowly(step: Step) -> Receipt:
        await asyncio.sleep(12 if step.target.name == "a" else 0)
        return Receipt(200)

    scripted.on[Op.GROUP_PUT] = slowly
    plan = plan_of(group_change("a"), group_change("b", depends=("group/a",)))
    applied = carry_out(plan, settings=Settings(timeout_seconds=10))
    assert applied.statuses == {"group/a": "done", "group/b": "skipped"}
    assert [step.target.name for _, step in scripted.writes] == ["a"]
    assert "reached its timeout" in applied["group/b"].because
