from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scripted import VAULT, Applied, Scripted, disk_change, group_change, instance, plan_of, row

from reconciler.applying.engine import Settings
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import Action, Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, Conflict, OperationFailed, Transient
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Mark, Wait
from reconciler.model.results.outcome import Status

CarryOut = Callable[..., Applied]


def refuses(message: str, kind: type[AzureError] = AzureError, **more: Any) -> Callable[[Step], Any]:
    async def refuse(_: Step) -> Receipt:
        raise kind(message, **more)

    return refuse


def test_nothing_to_do_is_done_at_once(carry_out: CarryOut) -> None:
    applied = carry_out(plan_of())
    assert applied.outcome.ok
    assert applied.outcome.results == ()


def test_a_change_begins_when_what_it_depends_on_is_done(carry_out: CarryOut) -> None:
    changes = (group_change("b", depends=("group/a", "not/planned")), group_change("a"))
    applied = carry_out(plan_of(*changes))
    assert applied.outcome.ok
    assert applied.events == ["started group/a", "done group/a", "started group/b", "done group/b"]


def test_results_are_in_the_plans_order(carry_out: CarryOut) -> None:
    changes = (group_change("b", depends=("group/a",)), group_change("a"))
    assert [result.address for result in carry_out(plan_of(*changes)).outcome.results] == ["group/b", "group/a"]


def test_a_failure_skips_its_dependants_and_nobody_else(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(step: Step) -> Receipt:
        if step.target.name == "a":
            raise AzureError("no room", code="Full", request_id="r-1")
        return Receipt(200)

    scripted.on[Op.GROUP_PUT] = put
    changes = (
        group_change("a"),
        group_change("b", depends=("group/a",)),
        group_change("c", depends=("group/b",)),
        group_change("d"),
    )
    applied = carry_out(plan_of(*changes))
    assert applied.statuses == {"group/a": "failed", "group/b": "skipped", "group/c": "skipped", "group/d": "done"}
    assert applied["group/a"].code == "Full"
    assert "r-1" in applied["group/a"].message
    assert applied["group/c"].because == applied["group/b"].because
    assert applied["group/b"].because.startswith("group/a failed: no room")
    assert {one: applied[f"group/{one}"].cause for one in "abcd"} == {
        "a": "", "b": "group/a", "c": "group/a", "d": "",
    }  # fmt: skip
    assert applied["group/a"].request == "r-1"
    assert not applied.outcome.ok


def test_a_surprise_in_one_change_is_its_own_failure(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(step: Step) -> Receipt:
        if step.target.name == "a":
            raise ZeroDivisionError("surprise")
        return Receipt(200)

    scripted.on[Op.GROUP_PUT] = put
    applied = carry_out(plan_of(group_change("a"), group_change("b")))
    assert applied.statuses == {"group/a": "failed", "group/b": "done"}
    assert applied["group/a"].code == "unexpected"


def test_changes_in_a_circle_are_refused_before_anything_is_written(carry_out: CarryOut, scripted: Scripted) -> None:
    changes = (group_change("a", depends=("group/b",)), group_change("b", depends=("group/a",)))
    with pytest.raises(ValueError, match="circle"):
        carry_out(plan_of(*changes))
    assert scripted.writes == []


def test_parallelism_bounds_the_writes_in_flight(carry_out: CarryOut, scripted: Scripted) -> None:
    changes = [group_change(f"g{number}") for number in range(6)]
    carry_out(plan_of(*changes), settings=Settings(parallelism=2))
    assert [at for at, _ in scripted.writes] == pytest.approx([0.1, 0.1, 0.6, 0.6, 1.1, 1.1], abs=0.01)


def test_ten_thousand_changes_are_a_matter_of_seconds(carry_out: CarryOut) -> None:
    changes = [group_change("first"), *(group_change(f"g{number}", depends=("group/first",)) for number in range(9999))]
    assert carry_out(plan_of(*changes)).outcome.added == 10_000


def test_f52_an_interrupt_stops_waiting_at_once(carry_out: CarryOut, scripted: Scripted) -> None:
    changes = (disk_change("i"), group_change("later", depends=("disk/i",)))
    applied = carry_out(
        plan_of(*changes, waits=(Wait("disk/w", instance("w"), "ProtectionConfigured"),)), stop_after=60
    )
    assert applied.seconds == pytest.approx(60, abs=1)
    assert applied.statuses == {"disk/i": "in-progress", "group/later": "skipped", "disk/w": "in-progress"}
    assert applied.outcome.interrupted
    assert not applied.outcome.ok
    assert len(scripted.writes) == 1


def test_f52_an_interrupt_before_the_first_request_skips_everything(carry_out: CarryOut, scripted: Scripted) -> None:
    applied = carry_out(plan_of(group_change("a")), stop_after=0)
    assert scripted.writes == [] or applied.statuses["group/a"] == "in-progress"
    assert applied.outcome.interrupted


def test_an_interrupt_after_the_end_changes_nothing(carry_out: CarryOut) -> None:
    assert carry_out(plan_of(group_change("a")), stop_after=1000).outcome.ok


def test_f03_the_runs_own_time_ends_everything_and_names_what_is_open(carry_out: CarryOut) -> None:
    changes = (disk_change("i"), group_change("later", depends=("disk/i",)))
    applied = carry_out(plan_of(*changes), settings=Settings(timeout_seconds=120))
    assert applied.seconds == pytest.approx(120, abs=20)
    assert applied.statuses == {"disk/i": "in-progress", "group/later": "skipped"}
    assert "2 min" in applied["disk/i"].message
    assert "--timeout" in applied["disk/i"].hint
    assert not applied.outcome.interrupted


def test_f11_what_never_ends_is_still_in_progress_after_30_minutes(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row(state="ConfiguringProtection"))
    applied = carry_out(plan_of(disk_change("i")))
    assert applied.statuses == {"disk/i": "in-progress"}
    assert "still in progress after 30 min" in applied["disk/i"].message
    assert applied.seconds == pytest.approx(1800, abs=30)


def test_f11_the_limit_is_told_whatever_azure_said_on_the_way(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(_step: Step) -> Receipt:
        raise OperationFailed("Retry after 30 seconds.", code="still-in-progress")

    scripted.on[Op.GROUP_PUT] = put
    applied = carry_out(plan_of(group_change("a")))
    assert applied.statuses == {"group/a": "in-progress"}
    assert applied["group/a"].message == "still in progress after 30 min"


def test_f20_a_conflict_is_looked_into_and_done_when_it_is_as_wanted(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(step: Step) -> Receipt:
        scripted.put({"id": step.target.text, "location": "West US"})
        raise Conflict("busy", code="Conflict", status=409)

    scripted.on[Op.GROUP_PUT] = put
    applied = carry_out(plan_of(group_change("a")))
    assert applied.statuses == {"group/a": "done"}
    assert len(scripted.writes) == 1


def test_f32_a_dying_object_is_waited_for(carry_out: CarryOut, scripted: Scripted) -> None:
    change = group_change("a")
    target = change.steps[0].target.text
    scripted.put({"id": target, "location": "eastus", "properties": {"provisioningState": "Deleting"}})

    async def put(_: Step) -> Receipt:
        if asyncio.get_running_loop().time() < 600:
            raise Conflict("being deleted", code="ResourceGroupBeingDeleted", status=409)
        scripted.put({"id": target, "location": "westus"})
        return Receipt(201, {"id": target, "location": "westus"})

    scripted.on[Op.GROUP_PUT] = put
    applied = carry_out(plan_of(change))
    assert applied.outcome.ok
    assert applied.seconds == pytest.approx(620, abs=20)


def test_f20_a_rivals_write_ends_in_an_error_that_says_so(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(step: Step) -> Receipt:
        scripted.put({"id": step.target.text, "location": "eastus"})
        raise Conflict("etag", code="PreconditionFailed", status=412)

    scripted.on[Op.GROUP_PUT] = put
    applied = carry_out(plan_of(group_change("a")))
    assert applied["group/a"].code == "changed-by-someone-else"
    assert len(scripted.writes) == 4


def test_f33_a_lock_fails_at_once(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.on[Op.GROUP_PUT] = refuses("locked by hands-off", Conflict, code="ScopeLocked", status=409)
    applied = carry_out(plan_of(group_change("a")))
    assert applied["group/a"].code == "ScopeLocked"
    assert len(scripted.writes) == 1


def test_f62_a_rewritten_field_is_named(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(step: Step) -> Receipt:
        return Receipt(200, {"id": step.target.text, "location": "eastus"})

    scripted.on[Op.GROUP_PUT] = put
    applied = carry_out(plan_of(group_change("a")))
    assert applied["group/a"].code == "overridden-by-azure"
    assert "location" in applied["group/a"].message


def test_the_plans_own_errors_fail_the_outcome(carry_out: CarryOut) -> None:
    finding = Finding("unsupported", Severity.ERROR, "no", address="disk/x")
    outcome = carry_out(replace(plan_of(group_change("a")), findings=(finding,))).outcome
    assert outcome.added == 1
    assert not outcome.ok


@pytest.mark.parametrize("state", ["ProtectionConfigured", "protectionconfigured"])
def test_a_wait_ends_when_the_list_shows_the_goal(carry_out: CarryOut, scripted: Scripted, state: str) -> None:
    scripted.put(row("w", state="ConfiguringProtection"))
    asyncio_later(scripted, 40, row("w", state=state))
    applied = carry_out(plan_of(waits=(Wait("disk/w", instance("w"), "ProtectionConfigured"),)))
    assert applied.outcome.ok
    assert applied["disk/w"].action is None


def asyncio_later(scripted: Scripted, seconds: float, body: dict[str, Any]) -> None:
    """Let a resource change at a time of the virtual clock."""
    listed = scripted.list

    async def lists(path: Any, **more: Any) -> list[dict[str, Any]]:
        if asyncio.get_running_loop().time() >= seconds:
            scripted.put(body)
        return await listed(path, **more)

    scripted.list = lists  # type: ignore[method-assign]


MARK = Mark("vault/v", VAULT, "reconciler-applied", "old", "new")


def test_the_mark_is_written_when_all_of_the_vault_is_done(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put({"id": VAULT.text, "tags": {"cost": "1", "Reconciler-Applied": "old"}})
    scripted.put(row())
    applied = carry_out(plan_of(disk_change(), marks=(MARK,)))
    assert applied.outcome.ok
    assert scripted.writes[-1][1].op is Op.VAULT_PATCH
    assert scripted.writes[-1][1].body == {"tags": {"cost": "1", "reconciler-applied": "new"}}


def test_a_mark_alone_is_a_change_of_its_vault(carry_out: CarryOut, scripted: Scripted) -> None:
    source = replace(MARK, tag="reconciler-source", before="", after="abc")
    scripted.put({"id": VAULT.text, "tags": {"reconciler-applied": "old"}})
    outcome = carry_out(replace(plan_of(), marks=(MARK, source))).outcome
    (result,) = outcome.results
    assert (result.address, result.action, result.status) == ("vault/v", Action.CHANGE, Status.DONE)
    assert (outcome.ok, outcome.changed) == (True, 1)
    ((_, step),) = scripted.writes
    assert step.body == {"tags": {"reconciler-applied": "new", "reconciler-source": "abc"}}


def test_the_mark_waits_for_what_azure_is_at_work_on(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put({"id": VAULT.text})
    scripted.put(row(state="ProtectionError"))
    wait = Wait("disk/i", instance(), "ProtectionConfigured")
    outcome = carry_out(replace(plan_of(), marks=(MARK,), waits=(wait,))).outcome
    assert (outcome.ok, scripted.writes) == (False, [])


def test_the_mark_is_not_written_over_a_failure(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put({"id": VAULT.text})
    scripted.on[Op.INSTANCE_PUT] = refuses("no", code="UserErrorManagedDiskNotFound")
    carry_out(plan_of(disk_change(), marks=(MARK,)))
    assert [step.op for _, step in scripted.writes] == [Op.INSTANCE_PUT]


def test_a_mark_that_cannot_be_written_is_only_a_warning(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put({"id": VAULT.text})
    scripted.put(row())
    scripted.on[Op.VAULT_PATCH] = refuses("no", code="AuthorizationFailed")
    applied = carry_out(plan_of(disk_change(), marks=(MARK,)))
    assert applied.outcome.ok
    assert [warning.code for warning in applied.outcome.warnings] == ["mark-not-written"]


def test_f07_a_lost_answer_to_a_post_is_looked_into_before_it_is_sent_again(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    scripted.put(row())

    async def stop(_: Step) -> Receipt:
        scripted.put(row(state="ProtectionStopped"))
        lost = Transient("connection reset", code=error_codes.NO_ANSWER)
        lost.sent_unknown = True
        raise lost

    scripted.on[Op.INSTANCE_STOP] = stop
    change = disk_change("i", Step(Op.INSTANCE_STOP, instance()), goal="ProtectionStopped")
    assert carry_out(plan_of(change)).outcome.ok
    assert len(scripted.writes) == 1


def test_f07_a_post_that_azure_never_saw_is_sent_again(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row())

    async def stop(_: Step) -> Receipt:
        if len(scripted.writes) == 1:
            lost = Transient("connection reset", code=error_codes.NO_ANSWER)
            lost.sent_unknown = True
            raise lost
        scripted.put(row(state="ProtectionStopped"))
        return Receipt(202)

    scripted.on[Op.INSTANCE_STOP] = stop
    change = disk_change("i", Step(Op.INSTANCE_STOP, instance()), goal="ProtectionStopped")
    assert carry_out(plan_of(change)).outcome.ok
    assert len(scripted.writes) == 2
