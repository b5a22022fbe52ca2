"""Policies never change: other content makes another policy, to which the disks move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, grants, group, group_id, instance, policy, policy_id, vault, vault_id
from manifests import DISK, POLICY, manifest
from stage import Stage, actions, failures

from reconciler.report.plans.text import plan_text

LONGER = POLICY | {"retention": {"default": "14d"}}
SHORTER = POLICY | {"retention": {"default": "3d"}}
ADDRESS = f"disk/{disk_id('PSTestDisk').lower()}"


def points(stage: Stage) -> list[Any]:
    """The recovery points of the walkthrough's disk."""
    row = stage.instances(vault_id())["pstestdisk"]
    return list(stage.get(f"{row['id']}/recoveryPoints")["value"])


def policy_of(stage: Stage) -> str:
    row = stage.instances(vault_id())["pstestdisk"]
    return str(row["properties"]["policyInfo"]["policyId"]).rsplit("/", 1)[-1]


def backed_up(stage: Stage) -> list[Any]:
    """Apply the walkthrough's case, make a recovery point, and return all there are."""
    assert stage.apply(manifest()).ok
    row = stage.instances(vault_id())["pstestdisk"]
    body = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
    stage.ask("POST", f"{row['id']}/backup", body)
    stage.wait(15 * 60)
    assert points(stage)
    return points(stage)


def test_another_retention_rolls_the_policy(fresh: Stage) -> None:
    before = backed_up(fresh)
    (old,) = fresh.names(f"{vault_id()}/backupPolicies")
    changed = manifest(policies=[LONGER])

    plan = fresh.plan(changed)
    kinds = sorted((str(change.kind), str(change.action)) for change in plan.changes)
    assert kinds == [("disk", "change"), ("policy", "add"), ("policy", "destroy")]
    text = plan_text(plan)
    assert old in text
    assert plan.names.shown(plan.changes[1].address) in text

    outcome = fresh.carry_out(plan)
    assert outcome.ok, failures(outcome)
    (new,) = fresh.names(f"{vault_id()}/backupPolicies")
    assert new != old
    assert policy_of(fresh) == new
    kept = {point["name"] for point in points(fresh)}
    assert {point["name"] for point in before} <= kept, "no recovery point is lost"
    assert fresh.plan(changed).changes == ()


def test_the_plan_says_beforehand_which_disks_move(fresh: Stage) -> None:
    fresh.apply(manifest())
    plan = fresh.plan(manifest(policies=[LONGER]))
    policies = [change for change in plan.changes if change.address.startswith("policy/")]
    assert any(disk_id("PSTestDisk").lower() in " ".join(change.detail).lower() for change in policies)


def test_the_plan_says_when_retention_gets_shorter(fresh: Stage) -> None:
    fresh.apply(manifest())
    (change,) = [row for row in fresh.plan(manifest(policies=[SHORTER])).changes if row.address == ADDRESS]
    assert "shorter" in " ".join(change.detail)
    (change,) = [row for row in fresh.plan(manifest(policies=[LONGER])).changes if row.address == ADDRESS]
    assert "shorter" not in " ".join(change.detail)


def test_nothing_is_put_over_an_existing_policy(fresh: Stage) -> None:
    fresh.apply(manifest())
    fresh.apply(manifest(policies=[LONGER]))
    fresh.apply(manifest())
    sent = [call.path for call in fresh.writes() if call.kind == "PUT backupPolicies"]
    assert len(sent) == 3
    assert sent[0] == sent[2], "content and name never disagree"
    assert sent[0] != sent[1]


def test_another_name_for_the_same_content_makes_no_policy(fresh: Stage) -> None:
    fresh.apply(manifest())
    plan = fresh.plan(manifest(policies=[POLICY | {"name": "renamed"}], disks=[DISK | {"policy": "renamed"}]))
    assert plan.changes == ()


def test_a_policy_made_by_hand_with_that_content_is_used(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(
        estate(disk("PSTestDisk"), vault(), policy(vault_id(), "by-hand", every="PT240M", default="P1W", zone=None))
    )
    outcome = stage.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert policy_of(stage) == "by-hand"
    assert stage.names(f"{vault_id()}/backupPolicies") == ["by-hand"]


def test_the_old_policy_stays_while_something_else_uses_it(fresh: Stage) -> None:
    fresh.apply(manifest())
    (old,) = fresh.names(f"{vault_id()}/backupPolicies")
    other = instance(vault_id(), disk_id("other"), old)
    fresh.sandbox.put(disk_id("other"), disk("other"))
    fresh.sandbox.put(other["id"], other)
    outcome = fresh.apply(manifest(policies=[LONGER]))
    assert outcome.ok, failures(outcome)
    assert old in fresh.names(f"{vault_id()}/backupPolicies")
    assert fresh.plan(manifest(policies=[LONGER])).changes == ()


def test_an_unused_policy_of_somebody_else_stays(fresh: Stage) -> None:
    fresh.apply(manifest())
    foreign = policy(vault_id(), "somebody-elses", default="P30D")
    fresh.ask("PUT", foreign["id"], {"properties": foreign["properties"]})
    assert fresh.plan(manifest()).changes == ()


def test_in_a_vault_that_is_not_ours_nothing_is_retired(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("PSTestDisk"), vault(tags={})))
    first = stage.apply(manifest())
    assert first.ok, failures(first)
    (old,) = stage.names(f"{vault_id()}/backupPolicies")
    assert stage.apply(manifest(policies=[LONGER])).ok
    assert old in stage.names(f"{vault_id()}/backupPolicies")
    assert stage.plan(manifest(policies=[LONGER])).changes == ()


def test_many_disks_move_in_one_roll(fleet: Stage) -> None:
    from manifests import selecting

    assert fleet.apply(manifest(disks=[selecting()])).ok
    outcome = fleet.apply(manifest(disks=[selecting()], policies=[LONGER]))
    assert outcome.ok, failures(outcome)
    (name,) = fleet.names(f"{vault_id()}/backupPolicies")
    used = {row["properties"]["policyInfo"]["policyId"] for row in fleet.instances(vault_id()).values()}
    assert {address.lower() for address in used} == {policy_id(vault_id(), name).lower()}


def test_a_hand_made_instance_moves_to_the_declared_policy(on_stage: Callable[..., Stage]) -> None:
    address = disk_id("PSTestDisk")
    stage = on_stage(
        estate(
            disk("PSTestDisk"),
            {"id": group_id(APPS, "snapshotrg"), "location": "westus"},
            vault(tags={}),
            policy(vault_id(), "by-hand", default="P30D"),
            instance(vault_id(), address, "by-hand", tags={"team": "apps"}),
            grants(vault_id(), address),
        )
    )
    plan = stage.plan(manifest())
    assert actions(plan)[ADDRESS] == "change"
    assert stage.carry_out(plan).ok
    row = stage.instances(vault_id())["pstestdisk"]
    assert row["name"] == "PSTestDisk-byhand", "an instance is found by its disk, never by its name"
    assert row["tags"] == {"team": "apps", "reconciler-owner": "quickstart"}, "any write also writes the mark"
    assert stage.plan(manifest()).changes == ()


@pytest.mark.parametrize("failure", ["protection-error", "refused", "operation-failed", "given-up"])
def test_a_move_that_permissions_refuse_at_first_is_tried_until_it_holds(
    on_stage: Callable[..., Stage], failure: str
) -> None:
    """A disk that has an instance can't be probed: its own write tells, and has to be repeated."""
    stage = on_stage(
        estate(
            disk("PSTestDisk"),
            group(APPS, "snapshotrg"),
            vault(),
            policy(vault_id(), "by-hand", default="P30D"),
            instance(vault_id(), disk_id("PSTestDisk"), "by-hand"),
            switches={"permission_failure": failure, "propagation": "900"},
        )
    )
    outcome = stage.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert stage.plan(manifest()).changes == ()
