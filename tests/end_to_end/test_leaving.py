"""What leaves the manifest is reported, then stopped when asked; recovery points go only by a word of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import disk, disk_id, estate, grants, instance, policy, vault, vault_id
from manifests import DISK, VAULT, manifest, selecting
from manifests import disk as entry
from stage import Stage, codes, failures

ADDRESS = disk_id("PSTestDisk")
WITHOUT = manifest(disks=None)
LAST = frozenset({"empty"})
DELETING = manifest(disks=None, removed=[{"id": ADDRESS, "data": "delete", "reason": "ticket 4711"}])
RETAINING = manifest(disks=None, removed=[{"id": ADDRESS, "data": "retain", "reason": "ticket 4711"}])


@pytest.fixture
def applied(fresh: Stage) -> Stage:
    """The walkthrough's case, applied."""
    outcome = fresh.apply(manifest())
    assert outcome.ok, failures(outcome)
    return fresh


def state(stage: Stage) -> str:
    return str(stage.instances(vault_id())["pstestdisk"]["properties"]["currentProtectionState"])


def test_a_disk_that_left_is_an_orphan_until_it_is_pruned(applied: Stage) -> None:
    plan = applied.plan(WITHOUT)
    assert plan.changes == ()
    assert "orphan" in codes(plan)
    assert applied.drift(WITHOUT).exit_code == 2
    assert applied.drift(WITHOUT).counted == {"orphaned": 1}

    forced = applied.plan(WITHOUT, prune=True, force=LAST)
    assert [(str(change.kind), change.goal) for change in forced.changes] == [("disk", "ProtectionStopped")]
    outcome = applied.apply(WITHOUT, prune=True, force=LAST)
    assert outcome.ok, failures(outcome)
    assert state(applied) == "ProtectionStopped"

    drift = applied.drift(WITHOUT)
    assert drift.exit_code == 0
    assert "retained" in codes(drift.plan)
    assert applied.plan(WITHOUT, prune=True, force=LAST).changes == ()


@pytest.mark.parametrize("said", [WITHOUT, DELETING])
def test_what_another_manifest_takes_over_after_the_plan_is_left_alone(applied: Stage, said: Any) -> None:
    """A large plan takes a while: its last stop may come minutes after the look."""
    options = {"prune": True} if said is WITHOUT else {"allow_delete": 1}
    plan = applied._look(said, {"force": LAST, **options})
    assert [str(change.kind) for change in plan.changes] == ["disk"]
    row = applied.instances(vault_id())["pstestdisk"]
    applied.sandbox.patch(row["id"], {"tags": {"reconciler-owner": "others"}})
    applied.forget()
    (result,) = applied.carry_out(plan).results
    assert (result.status, result.code) == ("failed", "changed-by-someone-else")
    assert applied.writes() == []
    assert state(applied) == "ProtectionConfigured"


def test_a_plain_apply_leaves_an_orphan_alone(applied: Stage) -> None:
    applied.forget()
    applied.apply(WITHOUT)
    assert [call.path for call in applied.writes()] == [vault_id()], "the mark of what was applied"
    assert state(applied) == "ProtectionConfigured"


def test_deletion_needs_removed_and_the_exact_count(applied: Stage) -> None:
    assert "deletion-due" in codes(applied.plan(DELETING))
    assert applied.drift(DELETING).counted == {"not-yet-applied": 1}
    assert [gate.name for gate in applied.plan(DELETING, allow_delete=2).closed_gates] == ["allow-delete"]
    assert [gate.name for gate in applied.plan(WITHOUT, allow_delete=1).closed_gates] == ["allow-delete"]
    outcome = applied.apply(DELETING, allow_delete=1)
    assert outcome.ok, failures(outcome)
    assert applied.instances(vault_id()) == {}
    (deleted,) = applied.get(f"{vault_id()}/deletedBackupInstances")["value"]
    assert deleted["properties"]["friendlyName"] == "PSTestDisk"
    assert applied.plan(DELETING).changes == ()
    assert applied.drift(DELETING).exit_code == 0


def test_what_was_to_be_deleted_softly_is_never_deleted_for_good(applied: Stage) -> None:
    applied.switch(secure_by_default="nowhere")
    plan = applied.plan(DELETING, allow_delete=1)
    assert not plan.closed_gates
    off = {"securitySettings": {"softDeleteSettings": {"state": "Off"}}}
    applied.ask("PATCH", vault_id(), {"properties": off})
    outcome = applied.carry_out(plan)
    assert [row.code for row in outcome.results] == ["soft-delete-off"]
    assert "pstestdisk" in applied.instances(vault_id())


def test_the_vault_and_its_resource_group_are_never_deleted(applied: Stage) -> None:
    applied.apply(DELETING, allow_delete=1)
    empty = manifest(vaults=None, policies=None, disks=None)
    plan = applied.plan(empty, prune=True)
    assert plan.changes == ()
    assert applied.get(vault_id())["name"] == "TestBkpVault"


def test_removed_with_retain_stops_in_a_plain_apply(applied: Stage) -> None:
    outcome = applied.apply(RETAINING)
    assert outcome.ok, failures(outcome)
    assert state(applied) == "ProtectionStopped"
    assert applied.plan(RETAINING).changes == ()
    assert applied.drift(RETAINING).exit_code == 0


def test_removed_where_nothing_is_is_satisfied(fresh: Stage) -> None:
    plan = fresh.plan(manifest(disks=None, removed=[{"id": disk_id("never-was"), "data": "delete", "reason": "x"}]))
    assert [change for change in plan.changes if change.address.startswith("disk/")] == []
    assert plan.errors == ()


def test_removed_beats_every_selector(fleet: Stage) -> None:
    assert fleet.apply(manifest(disks=[selecting()])).ok
    said = manifest(disks=[selecting()], removed=[{"id": disk_id("data-03"), "data": "retain", "reason": "gone"}])
    plan = fleet.plan(said)
    assert [change.goal for change in plan.changes] == ["ProtectionStopped"]
    assert fleet.carry_out(plan).ok
    assert fleet.plan(said).changes == ()


def test_deleting_for_good_needs_a_second_key(fresh: Stage) -> None:
    unprotected = [VAULT | {"softDelete": {"state": "Off"}}]
    outcome = fresh.apply(manifest(vaults=unprotected))
    assert outcome.ok, failures(outcome)
    said = DELETING | {"vaults": unprotected}
    assert [gate.name for gate in fresh.plan(said, allow_delete=1).closed_gates] == ["irreversible"]
    outcome = fresh.apply(said, allow_delete=1, accept_irreversible=True)
    assert outcome.ok, failures(outcome)
    assert fresh.get(f"{vault_id()}/deletedBackupInstances")["value"] == []


def test_an_orphan_comes_back_when_it_is_declared_again(applied: Stage) -> None:
    applied.apply(WITHOUT, prune=True, force=LAST)
    outcome = applied.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert state(applied) == "ProtectionConfigured"


def test_a_soft_deleted_instance_comes_back_by_undelete_and_resume(applied: Stage) -> None:
    applied.apply(DELETING, allow_delete=1)
    applied.forget()
    outcome = applied.apply(manifest())
    assert outcome.ok, failures(outcome)
    sent = [call.kind for call in applied.writes() if call.kind.startswith("POST")]
    assert sent == ["POST undelete", "POST resumeProtection"]
    assert state(applied) == "ProtectionConfigured"
    assert applied.plan(manifest()).changes == ()


def test_a_soft_deleted_instance_with_another_policy_is_put_as_well(applied: Stage) -> None:
    applied.apply(DELETING, allow_delete=1)
    said = manifest(policies=[{**manifest()["policies"][0], "retention": {"default": "21d"}}])
    outcome = applied.apply(said)
    assert outcome.ok, failures(outcome)
    assert applied.plan(said).changes == ()


def test_a_soft_deleted_instance_with_other_snapshots_is_refused_with_the_purge_date(applied: Stage) -> None:
    applied.apply(DELETING, allow_delete=1)
    said = manifest(
        snapshotResourceGroups=[{"name": "snapshotrg"}, {"name": "elsewhere"}],
        disks=[DISK | {"snapshotResourceGroup": "elsewhere"}],
    )
    plan = applied.plan(said)
    (error,) = plan.errors
    assert error.code == "soft-deleted"
    assert "2026-01-19" in error.message, "fourteen days after the sandbox's first of January 5th"
    assert error.hint


def test_the_instance_of_a_disk_that_is_gone_is_told_and_left_alone(fleet: Stage) -> None:
    said = manifest(disks=[selecting()])
    assert fleet.apply(said).ok
    fleet.sandbox.remove(disk_id("data-05"))
    drift = fleet.drift(said)
    assert "disk-gone" in codes(drift.plan)
    assert drift.plan.changes == ()
    assert (drift.exit_code, drift.count("gone")) == (2, 1)
    assert fleet.plan(said, prune=True).changes == ()
    deleting = said | {"removed": [{"id": disk_id("data-05"), "data": "delete", "reason": "gone"}]}
    assert fleet.apply(deleting, allow_delete=1).ok
    assert "data-05" not in fleet.instances(vault_id())


def test_a_disk_that_is_named_and_gone_is_an_error_that_names_the_way_out(applied: Stage) -> None:
    applied.sandbox.remove(ADDRESS)
    plan = applied.plan(manifest())
    (error,) = plan.errors
    assert error.code == "disk-gone"
    assert "removed" in error.hint
    assert applied.drift(manifest()).exit_code == 1


def test_other_kinds_of_data_in_the_vault_are_no_concern(on_stage: Callable[..., Stage]) -> None:
    account = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/Microsoft.Storage/storageAccounts/blobs"
    blob = instance(vault_id(), account, "blobs", tags={"reconciler-owner": "quickstart"})
    blob["properties"]["dataSourceInfo"]["datasourceType"] = "Microsoft.Storage/storageAccounts/blobServices"
    blob["properties"]["dataSourceInfo"]["resourceType"] = "Microsoft.Storage/storageAccounts"
    kept = policy(vault_id(), "blobs")
    kept["properties"]["datasourceTypes"] = ["Microsoft.Storage/storageAccounts/blobServices"]
    stage = on_stage(estate(disk("PSTestDisk"), vault(), kept, blob))
    assert stage.apply(manifest()).ok
    plan = stage.plan(manifest(), prune=True)
    assert plan.changes == ()
    assert {"orphan", "unmanaged", "disk-gone"}.isdisjoint(codes(plan))


def test_what_bears_no_mark_is_never_touched(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(
        estate(
            disk("PSTestDisk"),
            disk("by-hand"),
            vault(),
            policy(vault_id(), "old"),
            instance(vault_id(), disk_id("by-hand"), "old"),
            grants(vault_id(), disk_id("by-hand")),
        )
    )
    assert stage.apply(manifest()).ok
    drift = stage.drift(manifest())
    assert "unmanaged" in codes(drift.plan)
    assert drift.exit_code == 0
    assert stage.plan(manifest(), prune=True).changes == ()


def test_orphans_are_found_in_marked_vaults_that_the_manifest_no_longer_names(applied: Stage) -> None:
    other = VAULT | {"name": "Another", "resourceGroup": "another-rg"}
    said = manifest(vaults=[other], disks=None)
    assert "orphan" in codes(applied.plan(said))
    assert applied.drift(said).counted.get("orphaned") == 1


def test_a_marked_vault_outside_of_what_is_read_is_reported(applied: Stage) -> None:
    from arm import OTHER

    there = vault(vault_id("Lost", "lost-rg", OTHER), tags={"reconciler-owner": "quickstart"})
    applied.place({"id": f"/subscriptions/{OTHER}"})
    applied.place(there)
    plan = applied.plan(manifest())
    assert "orphaned-vault" in codes(plan)
    assert plan.changes == ()


def test_a_disk_excluded_from_its_selector_is_an_orphan(fleet: Stage) -> None:
    assert fleet.apply(manifest(disks=[selecting()])).ok
    said = manifest(disks=[selecting()], excluded=[{"id": disk_id("data-00"), "reason": "cache"}])
    assert fleet.drift(said).counted == {"orphaned": 1}
    assert [change.goal for change in fleet.plan(said, prune=True).changes] == ["ProtectionStopped"]
    assert entry("data-00")["id"] not in str(fleet.plan(said).changes)
