"""A disk's backups go on in another vault; the old recovery points stay, and the disk never ends unprotected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from arm import disk_id, vault_id
from manifests import DISK, VAULT, manifest
from operating import TARGET, back_up, done, planned, wish, world
from stage import Stage, codes, failures

from reconciler.applying.engine import Settings
from reconciler.flow.look import Planner
from reconciler.planning import moving

OLD, NEW = vault_id(), vault_id("NewVault", "newRG")
BOTH = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
MOST_FAILURES = 5
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


def test_where_rights_at_the_new_place_are_missing_and_not_ours_to_give_the_disk_is_protected_as_before(
    backed_up: Stage,
) -> None:
    said = AFTER | {"roleAssignments": {"mode": "verify"}}
    told = done(backed_up, said, moved(softly=True))
    assert (told.result.status, told.result.code) == ("failed", "move-unready")
    assert "role assignments are missing" in told.result.message
    assert "protected in the old vault again" in told.result.message
    assert states(backed_up) == ("ProtectionConfigured", "")
    assert points(backed_up) == 1


def test_an_old_instance_whose_deletion_is_not_seen_to_end_comes_back(backed_up: Stage) -> None:
    """Azure has deleted it softly, and the list that would show so is out of reach for a while."""
    handle = backed_up.recorder.handle
    refused: list[str] = []
    is_deleted = False

    def handled(method: str, url: str, *rest: Any) -> Any:
        nonlocal is_deleted
        path = url.partition("?")[0]
        is_deleted = is_deleted or (method == "DELETE" and "/backupInstances/" in path)
        if is_deleted and method == "GET" and path.endswith(f"{OLD}/backupInstances") and len(refused) < MOST_FAILURES:
            refused.append(path)
            return 403, {}, b"", 0.0
        return handle(method, url, *rest)

    backed_up.recorder.handle = handled  # type: ignore[method-assign]
    told = done(backed_up, AFTER, moved(softly=True))
    assert len(refused) == MOST_FAILURES
    assert (told.result.status, told.result.code) == ("failed", "read-incomplete")
    assert "the disk is protected in the old vault again" in told.result.message
    assert states(backed_up) == ("ProtectionConfigured", "")
    assert points(backed_up) == 1


def test_recovery_points_that_stay_soft_deleted_are_told(backed_up: Stage) -> None:
    handle = backed_up.recorder.handle

    def handled(method: str, url: str, *rest: Any) -> Any:
        return (403, {}, b"", 0.0) if method == "POST" and "/undelete" in url else handle(method, url, *rest)

    backed_up.recorder.handle = handled  # type: ignore[method-assign]
    told = done(backed_up, AFTER, moved(softly=True))
    assert told.result.status == "failed"
    assert "still soft-deleted: run the move again" in told.result.message
    backed_up.recorder.handle = handle  # type: ignore[method-assign]
    again = done(backed_up, AFTER, moved())
    assert again.outcome.ok, failures(again.outcome)
    settled_there(backed_up)


def test_a_move_that_is_cut_off_says_that_no_apply_ends_it(backed_up: Stage) -> None:
    plan = planned(backed_up, AFTER, moved(softly=True))
    outcome = backed_up.carry_out(plan, settings=Settings(timeout_seconds=20))
    (row,) = [row for row in outcome.results if str(row.kind) == "move"]
    assert row.status == "in-progress"
    assert "run the move again" in row.hint
    assert "protected in the old vault" not in row.message, "the stop is under way, and seen by nobody"


def test_what_could_not_be_brought_back_is_said_in_the_result(backed_up: Stage) -> None:
    """Whoever reads only the report has to know that the disk is protected nowhere."""
    handle = backed_up.recorder.handle

    def handled(method: str, url: str, *rest: Any) -> Any:
        if method == "POST" and "/resumeProtection" in url:
            return 403, {}, b"", 0.0
        return handle(method, url, *rest)

    backed_up.recorder.handle = handled  # type: ignore[method-assign]
    told = done(backed_up, AFTER, moved())
    assert states(backed_up) == ("ProtectionStopped", "")
    assert (told.result.status, told.result.code) == ("failed", "move-refused")
    assert "could not be brought back" in told.result.message
    assert "protected as before" not in told.result.message
