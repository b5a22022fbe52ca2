"""Role assignments: what counts, what is made, what is left to others, and what is taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import (
    APPS,
    BACKUP_READER,
    PLATFORM,
    READER,
    SNAPSHOT_CONTRIBUTOR,
    disk,
    disk_id,
    estate,
    group,
    group_id,
    principal,
    role,
    user_identity,
    vault,
    vault_id,
)
from manifests import DISK, POLICY, VAULT, manifest
from stage import Stage, codes, failures

from reconciler.report.script import role_commands

WHO = principal(vault_id())
SNAPSHOTS = group_id(APPS, "snapshotrg")
DAY = 86400
OTHER = DISK | {"id": disk_id("other")}


def prepared(*more: Any) -> dict[str, Any]:
    """A vault, a snapshot resource group and a disk; nothing granted."""
    return estate(disk("PSTestDisk"), group(APPS, "snapshotrg"), vault(), *more)


def granted(plan: Any) -> list[str]:
    return [change.address for change in plan.changes if str(change.kind) == "role"]


@pytest.mark.parametrize(
    ("rows", "made"),
    [
        ([], 2),
        ([role(disk_id("PSTestDisk"), WHO, BACKUP_READER)], 1),
        ([role(group_id(APPS, "diskrg"), WHO, BACKUP_READER), role(SNAPSHOTS, WHO, SNAPSHOT_CONTRIBUTOR)], 0),
        ([role(f"/subscriptions/{APPS}", WHO, BACKUP_READER), role(SNAPSHOTS, WHO, SNAPSHOT_CONTRIBUTOR)], 0),
        ([role(f"/subscriptions/{APPS}".upper(), WHO.upper(), BACKUP_READER.upper())], 1),
        ([role(f"/subscriptions/{APPS}", WHO, r) for r in (BACKUP_READER, SNAPSHOT_CONTRIBUTOR)], 0),
        ([role(f"/subscriptions/{PLATFORM}", WHO, r) for r in (BACKUP_READER, SNAPSHOT_CONTRIBUTOR)], 2),
        ([role(f"/subscriptions/{APPS}", principal("other"), r) for r in (BACKUP_READER, SNAPSHOT_CONTRIBUTOR)], 2),
        ([role(group_id(APPS, "diskrg"), WHO, BACKUP_READER, condition="@Resource[x] StringEquals 'y'")], 2),
        ([role(group_id(APPS, "diskrg-2"), WHO, BACKUP_READER)], 2),
    ],
    ids=["none", "disk", "group", "subscription", "case", "both", "elsewhere", "other", "condition", "prefix"],
)
def test_inherited_assignments_count(on_stage: Callable[..., Stage], rows: list[Any], made: int) -> None:
    stage = on_stage(prepared(group(APPS, "diskrg-2"), rows))
    plan = stage.plan(manifest())
    assert len(granted(plan)) == made
    outcome = stage.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert stage.plan(manifest()).changes == ()


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        ("disk", disk_id("PSTestDisk")),
        ("resourceGroup", group_id(APPS, "diskrg")),
        ("subscription", f"/subscriptions/{APPS}"),
    ],
)
def test_they_are_made_at_the_declared_scope(fresh: Stage, scope: str, where: str) -> None:
    said = manifest(roleAssignments={"scope": scope})
    outcome = fresh.apply(said)
    assert outcome.ok, failures(outcome)
    scopes = {call.path.rsplit("/providers/", 1)[0].lower() for call in fresh.writes() if "roleAssign" in call.path}
    assert scopes == {where.lower(), SNAPSHOTS.lower()}
    assert fresh.plan(said).changes == ()


def test_a_disk_with_its_own_key_needs_reader_on_the_encryption_set(on_stage: Callable[..., Stage]) -> None:
    key = f"{group_id(APPS, 'keys')}/providers/Microsoft.Compute/diskEncryptionSets/cmk"
    body = {"id": key, "location": "westus", "properties": {"encryptionType": "EncryptionAtRestWithCustomerKey"}}
    stage = on_stage(estate(disk("PSTestDisk", encryption_set=key), body))
    outcome = stage.apply(manifest())
    assert outcome.ok, failures(outcome)
    bodies = {
        call.path.rsplit("/providers/", 1)[0].lower(): call.body for call in stage.writes() if "roleAssign" in call.path
    }
    assert bodies[key.lower()]["properties"]["roleDefinitionId"].endswith(READER)
    assert stage.plan(manifest()).changes == ()


def test_a_user_assigned_identity_gets_the_grants(fresh: Stage) -> None:
    identity = user_identity()
    fresh.place(identity)
    said = manifest(vaults=[VAULT | {"identity": identity["id"]}])
    outcome = fresh.apply(said)
    assert outcome.ok, failures(outcome)
    grantees = {call.body["properties"]["principalId"] for call in fresh.writes() if "roleAssign" in call.path}
    assert grantees == {identity["properties"]["principalId"]}
    assert fresh.plan(said).changes == ()


def test_an_identity_that_is_not_there_is_refused(fresh: Stage) -> None:
    identity = user_identity()
    plan = fresh.plan(manifest(vaults=[VAULT | {"identity": identity["id"]}]))
    assert plan.errors
    assert [change for change in plan.changes if change.address.startswith("disk/")] == []


def test_the_vault_keeps_its_other_identities(on_stage: Callable[..., Stage]) -> None:
    identity = user_identity()
    stage = on_stage(prepared(identity))
    said = manifest(vaults=[VAULT | {"identity": identity["id"]}])
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    kinds = stage.get(vault_id())["identity"]["type"].replace(" ", "").lower().split(",")
    assert sorted(kinds) == ["systemassigned", "userassigned"]
    assert stage.plan(said).changes == ()


# Modes verify and emit


@pytest.mark.parametrize("mode", ["verify", "emit"])
def test_others_grant_and_the_disk_waits_for_them(on_stage: Callable[..., Stage], mode: str) -> None:
    stage = on_stage(prepared())
    said = manifest(roleAssignments={"mode": mode})
    plan = stage.plan(said)
    assert granted(plan) == []
    assert "role-missing" in codes(plan) or plan.emitted
    outcome = stage.carry_out(plan)
    assert not outcome.ok
    (skipped,) = [row for row in outcome.results if row.address.startswith("disk/")]
    assert skipped.status == "skipped"
    assert "role" in skipped.because
    assert [call for call in stage.writes() if "roleAssign" in call.path] == []

    for body in (role(disk_id("PSTestDisk"), WHO, BACKUP_READER), role(SNAPSHOTS, WHO, SNAPSHOT_CONTRIBUTOR)):
        stage.ask(
            "PUT",
            body["id"],
            {
                "properties": {
                    key: body["properties"][key] for key in ("roleDefinitionId", "principalId", "principalType")
                }
            },
        )
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    assert stage.plan(said).changes == ()


def test_emit_writes_the_missing_ones_as_a_script(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(prepared())
    plan = stage.plan(manifest(roleAssignments={"mode": "emit"}))
    script = "\n".join(role_commands(plan.emitted))
    assert len(plan.emitted) == 2
    for text in (WHO, BACKUP_READER, SNAPSHOT_CONTRIBUTOR, disk_id("PSTestDisk"), SNAPSHOTS):
        assert text.lower() in script.lower()


@pytest.mark.parametrize("mode", ["verify", "emit"])
def test_a_passing_probe_is_believed_over_a_missing_row(on_stage: Callable[..., Stage], mode: str) -> None:
    owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    stage = on_stage(prepared(role(f"/subscriptions/{APPS}", WHO, owner)))
    said = manifest(roleAssignments={"mode": mode})
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    assert stage.plan(said).changes == ()
    assert stage.drift(said).exit_code == 0


# Taking away


def test_a_condition_at_the_scope_itself_stands_in_the_way(on_stage: Callable[..., Stage]) -> None:
    """Azure allows one assignment of a role to a principal at a scope, whatever its condition."""
    stage = on_stage(
        prepared(role(disk_id("PSTestDisk"), WHO, BACKUP_READER, condition="@Resource[x] StringEquals 'y'"))
    )
    plan = stage.plan(manifest())
    assert len(plan.errors) == 1
    assert "condition" in plan.errors[0].message


def test_a_grant_is_taken_away_when_no_instance_in_any_state_needs_it(fresh: Stage) -> None:
    fresh.sandbox.put(disk_id("other"), disk("other"))
    assert fresh.apply(manifest(disks=[DISK, OTHER])).ok
    fresh.wait(2 * DAY)
    stopped = manifest(disks=[OTHER])
    assert fresh.apply(stopped, prune=True).ok
    assert granted(fresh.plan(stopped)) == [], "a stopped instance still needs it"
    deleting = manifest(disks=[OTHER], removed=[{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "x"}])
    assert fresh.apply(deleting, allow_delete=1).ok
    assert granted(fresh.plan(stopped)) == [], "a soft-deleted instance still needs it"
    fresh.wait(15 * DAY)
    plan = fresh.plan(stopped)
    assert ["pstestdisk" in address for address in granted(plan)] == [True]
    assert {str(change.action) for change in plan.changes if str(change.kind) == "role"} == {"destroy"}
    outcome = fresh.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert fresh.plan(stopped).changes == ()


def test_a_young_grant_stays(fresh: Stage) -> None:
    """Another manifest may have just made it for a disk that it is about to protect."""
    said = manifest(vaults=[VAULT | {"softDelete": {"state": "Off"}}])
    assert fresh.apply(said).ok
    deleting = {key: value for key, value in said.items() if key != "disks"}
    deleting["removed"] = [{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "x"}]
    assert fresh.apply(deleting, allow_delete=1, accept_irreversible=True).ok
    assert granted(fresh.plan(deleting)) == []
    fresh.wait(2 * DAY)
    assert len(granted(fresh.plan(deleting))) == 2


def test_a_grant_made_by_hand_stays(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(
        estate(
            disk("PSTestDisk"),
            disk("other"),
            vault(tags={"reconciler-owner": "quickstart"}),
            role(disk_id("other"), WHO, BACKUP_READER),
        )
    )
    outcome = stage.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert granted(stage.plan(manifest())) == []


def test_in_a_vault_that_is_not_ours_no_grant_is_taken_away(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("PSTestDisk"), disk("other"), vault(tags={})))
    assert stage.apply(manifest(disks=[DISK, DISK | {"id": disk_id("other")}])).ok
    address = stage.instances(vault_id())["other"]["id"]
    stage.switch(secure_by_default="nowhere")
    stage.ask("DELETE", address)
    stage.wait(20 * DAY)
    assert stage.plan(manifest()).changes == ()


def test_a_refusal_of_our_own_caller_fails_at_once(on_stage: Callable[..., Stage]) -> None:
    """A lock that forbids writing role assignments is the nearest thing that a plan can't see to the end."""
    stage = on_stage(prepared())
    said = manifest(policies=[POLICY])
    plan = stage.plan(said)
    lock = f"{disk_id('PSTestDisk')}/providers/Microsoft.Authorization/locks/late"
    stage.ask("PUT", lock, {"properties": {"level": "ReadOnly"}}, version="2016-09-01")
    began = stage.sandbox.time()
    outcome = stage.carry_out(plan)
    assert not outcome.ok
    assert (stage.sandbox.time() - began).total_seconds() < 15 * 60
    assert any(row.status == "failed" and "lock" in f"{row.code} {row.message}".lower() for row in outcome.results)
