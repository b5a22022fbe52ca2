"""Every gate, closed and opened; all of them are checked before the first write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, BACKUP_READER, disk, disk_id, estate, principal, role, vault
from manifests import DISK, POLICY, manifest, selecting
from stage import Stage, failures


def closed(stage: Stage, said: Any, **options: Any) -> list[str]:
    return [gate.name for gate in stage.plan(said, **options).closed_gates]


@pytest.fixture
def protected(fleet: Stage) -> Stage:
    """Twelve protected disks."""
    outcome = fleet.apply(manifest(disks=[selecting()]))
    assert outcome.ok, failures(outcome)
    return fleet


def halting(count: int, protection: str = "stopped") -> dict[str, Any]:
    """The first disks halted, the others as they were."""
    named = [disk_id(f"data-{number:02}") for number in range(count)]
    return manifest(disks=[selecting(), DISK | {"id": named, "protection": protection}])


def test_an_empty_desired_set(protected: Stage) -> None:
    nothing = manifest(disks=[selecting({"backup": "nobody"})])
    assert closed(protected, nothing) == ["empty"]
    assert closed(protected, nothing, force=frozenset({"empty"})) == []


@pytest.mark.parametrize("protection", ["stopped", "suspended"])
def test_more_than_thirty_percent(protected: Stage, protection: str) -> None:
    assert closed(protected, halting(3, protection)) == []
    assert closed(protected, halting(4, protection)) == ["mass-change"]
    outcome = protected.apply(halting(4, protection), force=frozenset({"mass-change"}))
    assert outcome.ok, failures(outcome)
    assert protected.plan(halting(4, protection)).changes == ()


def test_pruning_counts_as_well(protected: Stage) -> None:
    said = manifest(disks=[selecting(), *[]], excluded=[
        {"id": disk_id(f"data-{number:02}"), "reason": "x"} for number in range(4)
    ])  # fmt: skip
    assert closed(protected, said, prune=True) == ["mass-change"]


def test_removed_counts_as_well(protected: Stage) -> None:
    gone = [{"id": disk_id(f"data-{number:02}"), "data": "retain", "reason": "x"} for number in range(4)]
    assert closed(protected, manifest(disks=[selecting()], removed=gone)) == ["mass-change"]


def test_few_instances_are_not_counted(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate([disk(f"data-{number:02}", tags={"backup": "gold"}) for number in range(9)]))
    assert stage.apply(manifest(disks=[selecting()])).ok
    assert closed(stage, halting(9)) == []


def test_moving_to_another_policy_counts_only_when_retention_shortens(protected: Stage) -> None:
    shorter = manifest(disks=[selecting()], policies=[POLICY | {"retention": {"default": "3d"}}])
    longer = manifest(disks=[selecting()], policies=[POLICY | {"retention": {"default": "30d"}}])
    assert closed(protected, shorter) == ["mass-change"]
    assert closed(protected, longer) == []


def test_too_many_role_assignments_in_a_subscription(on_stage: Callable[..., Stage]) -> None:
    rows = [
        role(f"/subscriptions/{APPS}", principal(str(number)), BACKUP_READER, name=principal(f"row {number}"))
        for number in range(3999)
    ]
    stage = on_stage(estate(disk("PSTestDisk"), rows))
    assert closed(stage, manifest()) == ["role-quota"]
    assert closed(stage, manifest(), force=frozenset({"role-quota"})) == []


def test_too_many_disk_scopes_are_never_widened_silently(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate([disk(f"data-{number:03}", tags={"backup": "gold"}) for number in range(501)]))
    plan = stage.plan(manifest(disks=[selecting()]))
    assert plan.closed_gates or plan.errors
    told = " ".join([gate.hint for gate in plan.closed_gates] + [finding.hint for finding in plan.errors])
    assert "resourceGroup" in told
    assert closed(stage, manifest(disks=[selecting()], roleAssignments={"scope": "resourceGroup"})) == []


def test_removing_the_identity_that_instances_use_never_happens_by_itself(on_stage: Callable[..., Stage]) -> None:
    from arm import user_identity, vault_id
    from manifests import VAULT

    identity = user_identity()
    stage = on_stage(estate(disk("PSTestDisk"), vault(), identity))
    assert stage.apply(manifest()).ok
    said = manifest(vaults=[VAULT | {"identity": identity["id"]}])
    plan = stage.plan(said)
    if plan.closed_gates:
        return
    stage.carry_out(plan)
    assert "SystemAssigned".lower() in stage.get(vault_id())["identity"]["type"].lower()
