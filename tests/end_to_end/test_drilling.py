"""A drill proves that a disk can be restored, says so on the instance, and leaves nothing behind but that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from arm import OTHER, disk, disk_id, group, group_id, vault_id
from manifests import disk as entry
from manifests import manifest
from operating import RUN, SCRATCH, back_up, done, drilled, planned, trial_disk, with_drill, world
from stage import Stage, codes, failures

COPIES = f"{SCRATCH}/providers/Microsoft.Compute/disks"
NAMES = ("a", "b", "c")
FLEET = with_drill() | {"disks": [entry(name) for name in NAMES]}


@pytest.fixture
def backed_up(on_stage: Callable[..., Stage]) -> Stage:
    """Three protected disks with a recovery point each, none of them proven."""
    stage = on_stage(world(*(disk(name) for name in NAMES)))
    outcome = stage.apply(FLEET)
    assert outcome.ok, failures(outcome)
    back_up(stage, *NAMES)
    return stage


def proofs(stage: Stage) -> dict[str, str]:
    """When each disk was proven."""
    found = {}
    for name, row in stage.instances(vault_id()).items():
        if stamp := row["tags"].get("reconciler-proven"):
            found[name] = stamp
    return found


def test_a_drill_restores_proves_and_cleans_up(backed_up: Stage) -> None:
    assert backed_up.drift(FLEET).counted == {"unhealthy": 1}
    assert "never-proven" in codes(backed_up.plan(FLEET))
    backed_up.forget()
    told = done(backed_up, FLEET, drilled(backed_up, FLEET))
    assert told.outcome.ok, failures(told.outcome)
    assert backed_up.names(COPIES) == []
    ((name, stamp),) = proofs(backed_up).items()
    assert datetime.fromisoformat(stamp) <= backed_up.sandbox.time()
    kinds = [call.kind for call in backed_up.writes()]
    assert kinds == [
        "PUT roleAssignments", "POST restore", "PATCH disks", "PUT backupInstances", "DELETE disks",
    ]  # fmt: skip
    (marked,) = [call.body for call in backed_up.writes() if call.kind == "PATCH disks"]
    assert marked["tags"] == {"reconciler-restored": f"quickstart/monthly/{RUN}"}
    assert backed_up.instances(vault_id())[name]["tags"]["reconciler-owner"] == "quickstart"
    assert backed_up.drift(FLEET).exit_code == 0
    backed_up.wait(25 * 3600)
    assert backed_up.plan(FLEET).changes == (), "what a declared drill needs stays granted"
    undeclared = backed_up.plan(FLEET | {"drills": []})
    assert [change.address for change in undeclared.changes] == [
        f"role/TestBkpVault/disk-restore-operator@{SCRATCH.lower()}"
    ]


def test_a_drill_goes_into_another_subscription(on_stage: Callable[..., Stage]) -> None:
    there = group_id(OTHER, "drillrg")
    begun = world(*(disk(name) for name in NAMES), group(OTHER, "drillrg"))
    stage = on_stage(begun | {"restoreTargets": [there]})
    said = FLEET | with_drill(subscription=OTHER, keep="all") | {"disks": FLEET["disks"]}
    assert stage.apply(said).ok
    back_up(stage, *NAMES)
    planner = drilled(stage, said)
    told = done(stage, said, planner, subscriptions=(OTHER,))
    assert told.outcome.ok, failures(told.outcome)
    made = f"{there}/providers/Microsoft.Compute/disks"
    (first,) = stage.names(made)
    again = done(stage, said, planner, subscriptions=(OTHER,))
    assert again.outcome.ok, failures(again.outcome)
    (second,) = stage.names(made)
    assert second != first, "leftovers are found there, too"


def test_those_proven_longest_ago_go_first(backed_up: Stage) -> None:
    seen: list[str] = []
    for _ in range(5):
        before = proofs(backed_up)
        assert done(backed_up, FLEET, drilled(backed_up, FLEET)).outcome.ok
        after = proofs(backed_up)
        (name,) = [name for name in after if after[name] != before.get(name)]
        seen.append(name)
        backed_up.wait(3600)
    assert sorted(seen[:3]) == list(NAMES)
    assert seen[3:] == seen[:2], "round and round"


def test_a_drill_that_is_late_is_told(backed_up: Stage) -> None:
    assert done(backed_up, FLEET, drilled(backed_up, FLEET)).outcome.ok
    backed_up.wait(29 * 86_400)
    assert "drill-late" not in codes(backed_up.plan(FLEET))
    backed_up.wait(2 * 86_400)
    assert "drill-late" in codes(backed_up.plan(FLEET))


def test_a_disk_without_a_recovery_point_is_passed_over(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(world(*(disk(name) for name in NAMES)))
    assert stage.apply(FLEET).ok
    assert planned(stage, FLEET, drilled(stage, FLEET)).changes == ()
    back_up(stage, "b")
    told = done(stage, FLEET, drilled(stage, FLEET))
    assert told.outcome.ok
    assert list(proofs(stage)) == ["b"]
    assert "no-recovery-point" in codes(told.plan) or told.plan.findings == ()


def failing(stage: Stage) -> None:
    """The next restore comes out smaller than nothing: what Azure made isn't what was backed up."""

    def shrink(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        answer = handle(method, url, headers, body)
        for address in stage.sandbox.ids(f"{COPIES}/*"):
            row = stage.sandbox.get(address)
            if row["properties"]["diskSizeGB"] != 1024:
                stage.sandbox.patch(address, {"properties": {"diskSizeGB": 1024}})
        return answer

    handle = stage.recorder.handle
    stage.recorder.handle = shrink  # type: ignore[method-assign]


@pytest.mark.parametrize(("keep", "kept"), [("none", 0), ("failed", 1), ("all", 1)])
def test_a_disk_that_is_not_as_it_was_proves_nothing(backed_up: Stage, keep: str, kept: int) -> None:
    said = FLEET | with_drill(keep=keep) | {"disks": FLEET["disks"]}
    failing(backed_up)
    told = done(backed_up, said, drilled(backed_up, said))
    assert (told.result.status, told.result.code) == ("failed", "restored-differently")
    assert proofs(backed_up) == {}
    assert len(backed_up.names(COPIES)) == kept


def test_what_was_kept_goes_with_the_next_run(backed_up: Stage) -> None:
    said = FLEET | with_drill(keep="all") | {"disks": FLEET["disks"]}
    assert done(backed_up, said, drilled(backed_up, said)).outcome.ok
    (first,) = backed_up.names(COPIES)
    assert done(backed_up, said, drilled(backed_up, said)).outcome.ok
    (second,) = backed_up.names(COPIES)
    assert first != second


def leftover(stage: Stage, name: str, **said: Any) -> str:
    """A disk under the name of the trial of a disk, or under another one."""
    address = said.pop("address", trial_disk(name))
    stage.place({"id": address, "location": "westus", "sku": {"name": "Premium_LRS"}, **said})
    return str(address)


def test_only_what_a_drill_made_is_taken_away(backed_up: Stage) -> None:
    mark = {"reconciler-restored": f"quickstart/monthly/{RUN}"}
    gone = {leftover(backed_up, "a", tags=mark)}
    kept = {
        leftover(backed_up, "x", address=f"{COPIES}/by-hand", tags=mark),
        leftover(backed_up, "y", address=trial_disk("a", drill="yearly"), tags=mark),
    }
    foreign = leftover(backed_up, "b", tags={"reconciler-restored": RUN})
    bare = leftover(backed_up, "c")
    said = FLEET | with_drill(sample=3) | {"disks": FLEET["disks"]}
    told = done(backed_up, said, drilled(backed_up, said))
    by_code = {row.address.rsplit("/", 1)[-1]: row.code for row in told.outcome.results if row.kind == "drill"}
    assert by_code == {"a": "", "b": "not-ours", "c": "not-ours"}
    left = {f"{COPIES}/{name}".lower() for name in backed_up.names(COPIES)}
    assert left == {address.lower() for address in (*kept, foreign, bare)}
    assert not left & {address.lower() for address in gone}


@pytest.mark.parametrize("shared", [False, True])
def test_a_leftover_that_is_attached_stays(backed_up: Stage, shared: bool) -> None:
    """A shared disk may name the machines that use it in a list of their own."""
    mark = {"reconciler-restored": f"quickstart/monthly/{RUN}"}
    machine = f"{SCRATCH}/providers/Microsoft.Compute/virtualMachines/vm"
    for name in NAMES:
        leftover(backed_up, name, tags=mark, **({"managedByExtended": [machine]} if shared else {"managedBy": machine}))
    told = done(backed_up, FLEET, drilled(backed_up, FLEET))
    assert {row.code for row in told.outcome.results if row.kind != "role"} == {"not-ours"}
    assert len(backed_up.names(COPIES)) == 3


def test_a_scratch_group_that_is_missing_is_told(on_stage: Callable[..., Stage]) -> None:
    said = with_drill(targetResourceGroup="nowhere")
    stage = on_stage(world())
    assert stage.apply(said).ok
    back_up(stage)
    plan = planned(stage, said, drilled(stage, said))
    assert [row.code for row in plan.errors] == ["group-missing"]
    assert plan.changes == ()


def test_a_drill_selects_among_the_protected_disks(backed_up: Stage) -> None:
    said = FLEET | with_drill(sample=3, select={"names": ["b"]}) | {"disks": FLEET["disks"]}
    plan = planned(backed_up, said, drilled(backed_up, said))
    assert [change.address for change in plan.changes if change.kind == "drill"] == [
        f"drill/monthly/{disk_id('b').lower()}"
    ]


def test_plan_and_apply_have_nothing_to_do_with_drills(backed_up: Stage) -> None:
    assert backed_up.plan(FLEET).changes == ()
    assert manifest(drills=[]) != FLEET
