"""A disk's backups go on in another vault; the old recovery points stay, and the disk never ends unprotected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from arm import disk_id, vault_id
from manifests import DISK, VAULT, manifest
from operating import TARGET, back_up, done, planned, wish, world
from stage import Stage, codes, failures

from reconciler.applying.look import Planner
from reconciler.planning import moving

OLD, NEW = vault_id(), vault_id("NewVault", "newRG")
BOTH = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
BEFORE = manifest(vaults=BOTH)
AFTER = manifest(vaults=BOTH, disks=[DISK | {"vault": "NewVault"}])


def moved(*disks: str, softly: bool = False) -> Planner:
    return partial(moving.make, disks=disks or ("PSTestDisk",), through_soft_delete=softly)


@pytest.fixture
def backed_up(on_stage: Callable[..., Stage]) -> Stage:
    """A disk that is protected in one vault, with a recovery point, and another vault."""
    stage = on_stage(world())
    outcome = stage.apply(BEFORE)
    assert outcome.ok, failures(outcome)
    back_up(stage)
    return stage


def states(stage: Stage) -> tuple[str, str]:
    """The state of the disk's instance in the old vault, and in the new one."""
    found = [stage.instances(vault).get("pstestdisk") for vault in (OLD, NEW)]
    return tuple(row["properties"]["currentProtectionState"] if row else "" for row in found)  # type: ignore[return-value]


def points(stage: Stage) -> int:
    return len(list(stage.sandbox.ids("*/recoveryPoints/*")))


def settled_there(stage: Stage) -> None:
    """The disk is protected at the new place, and nothing complains of the old one."""
    assert states(stage) == ("ProtectionStopped", "ProtectionConfigured")
    assert points(stage) == 1
    drift = stage.drift(AFTER)
    assert (drift.exit_code, drift.plan.changes) == (0, ())
    assert "retained" in codes(drift.plan)
    assert planned(stage, AFTER, moved()).changes == (), "there is nothing left to move"
    told = done(stage, AFTER, wish())
    assert told.outcome.ok, "the old recovery point can still be restored"
    assert stage.names(f"{TARGET}/providers/Microsoft.Compute/disks") == ["copy"]


def test_apply_points_to_the_move(backed_up: Stage) -> None:
    (finding,) = [row for row in backed_up.plan(AFTER).errors if row.code == "protected-elsewhere"]
    assert "reconciler move" in finding.hint


def test_where_azure_takes_a_stopped_disk_the_old_instance_is_only_stopped(backed_up: Stage) -> None:
    backed_up.switch(stopped_elsewhere="accepted")
    backed_up.forget()
    told = done(backed_up, AFTER, moved())
    assert told.outcome.ok, failures(told.outcome)
    kinds = [call.kind for call in backed_up.writes()]
    assert [kind for kind in kinds if "Protection" in kind or "delete" in kind.lower()] == ["POST stopProtection"]
    settled_there(backed_up)


def test_where_azure_refuses_the_disk_is_protected_as_before(backed_up: Stage) -> None:
    told = done(backed_up, AFTER, moved())
    assert (told.result.status, told.result.code) == ("failed", "move-refused")
    assert "--through-soft-delete" in told.result.hint
    assert states(backed_up) == ("ProtectionConfigured", "")
    assert points(backed_up) == 1


def test_through_soft_delete_the_old_instance_comes_back_stopped(backed_up: Stage) -> None:
    backed_up.forget()
    told = done(backed_up, AFTER, moved(softly=True))
    assert told.outcome.ok, failures(told.outcome)
    kinds = [call.kind for call in backed_up.writes() if call.kind != "PUT roleAssignments"]
    assert [kind for kind in kinds if "backupInstances" in kind or kind.startswith("POST")] == [
        "POST stopProtection", "DELETE backupInstances", "PUT backupInstances", "POST undelete",
    ]  # fmt: skip
    settled_there(backed_up)


def test_soft_delete_that_is_off_is_no_way(on_stage: Callable[..., Stage]) -> None:
    vaults = [VAULT | {"softDelete": {"state": "Off"}}, BOTH[1]]
    stage = on_stage(world())
    stage.switch(secure_by_default="nowhere")
    assert stage.apply(manifest(vaults=vaults)).ok
    said = manifest(vaults=vaults, disks=[DISK | {"vault": "NewVault"}])
    plan = planned(stage, said, moved(softly=True))
    assert [row.code for row in plan.errors] == ["move-impossible"]


def test_soft_delete_that_is_switched_off_meanwhile_costs_no_recovery_point(backed_up: Stage) -> None:
    backed_up.switch(secure_by_default="nowhere")
    plan = planned(backed_up, AFTER, moved(softly=True))
    off = {"securitySettings": {"softDeleteSettings": {"state": "Off"}}}
    backed_up.ask("PATCH", OLD, {"properties": off})
    outcome = backed_up.carry_out(plan)
    assert "soft-delete-off" in [row.code for row in outcome.results]
    assert states(backed_up) == ("ProtectionConfigured", "")
    assert points(backed_up) == 1


def test_another_snapshot_group_in_the_same_vault_cannot_be(backed_up: Stage) -> None:
    groups = [{"name": "snapshotrg"}, {"name": "others"}]
    said = BEFORE | {"snapshotResourceGroups": groups, "disks": [DISK | {"snapshotResourceGroup": "others"}]}
    plan = planned(backed_up, said, moved())
    assert [row.code for row in plan.errors] == ["move-impossible"]
    assert "another vault" in plan.errors[0].hint
    elsewhere = said | {"disks": [DISK | {"snapshotResourceGroup": "others", "vault": "NewVault"}]}
    told = done(backed_up, elsewhere, moved(softly=True))
    assert told.outcome.ok, failures(told.outcome)
    found = backed_up.instances(NEW)["pstestdisk"]["properties"]["policyInfo"]["policyParameters"]
    assert found["dataStoreParametersList"][0]["resourceGroupId"].endswith("/others")


@pytest.mark.parametrize("named", ["nobody", disk_id("other")])
def test_a_disk_that_is_not_declared_is_not_moved(backed_up: Stage, named: str) -> None:
    assert [row.code for row in planned(backed_up, AFTER, moved(named)).errors] == ["move-impossible"]


def test_there_is_nothing_to_move_where_all_is_in_place(backed_up: Stage) -> None:
    plan = planned(backed_up, BEFORE, moved())
    assert (plan.changes, plan.errors) == ((), ())
