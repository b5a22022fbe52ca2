"""Drift keeps its classes apart, and `ignore` keeps differences from counting until it expires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import OTHER, disk, disk_id, estate, grants, group, instance, policy, vault, vault_id
from manifests import DISK, POLICY, VAULT, manifest
from stage import Stage, codes

ADDRESS = f"disk/{disk_id('PSTestDisk').lower()}"
LONGER = [POLICY | {"retention": {"default": "30d"}}]


@pytest.fixture
def applied(fresh: Stage) -> Stage:
    """The walkthrough's case, applied."""
    assert fresh.apply(manifest()).ok
    return fresh


def patch(stage: Stage, body: dict[str, Any]) -> None:
    """Somebody changes the vault."""
    stage.ask("PATCH", vault_id(), body)
    stage.wait(60)


def test_none(applied: Stage) -> None:
    drift = applied.drift(manifest())
    assert (drift.exit_code, drift.counted) == (0, {})


def test_changed_outside(applied: Stage) -> None:
    said = manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}])
    assert applied.apply(said).ok
    patch(
        applied,
        {"properties": {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}}}},
    )
    drift = applied.drift(said)
    assert (drift.exit_code, drift.counted) == (2, {"changed-outside": 1})


def test_a_policy_that_somebody_else_gave_an_instance_is_changed_outside(applied: Stage) -> None:
    theirs = policy(vault_id(), "theirs", default="P30D")
    applied.ask("PUT", theirs["id"], {"properties": theirs["properties"]})
    row = applied.instances(vault_id())["pstestdisk"]
    row["properties"]["policyInfo"]["policyId"] = theirs["id"]
    applied.ask("PUT", row["id"], {"properties": row["properties"], "tags": row["tags"]})
    applied.wait(300)
    drift = applied.drift(manifest())
    assert drift.exit_code == 2
    assert set(drift.counted) == {"changed-outside"}
    assert applied.apply(manifest()).ok
    assert applied.drift(manifest()).exit_code == 0


def test_not_yet_applied(applied: Stage) -> None:
    drift = applied.drift(manifest(policies=LONGER))
    assert drift.exit_code == 2
    assert set(drift.counted) == {"not-yet-applied"}


def test_differs_where_no_mark_tells(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("PSTestDisk"), vault(tags={})))
    drift = stage.drift(manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}]))
    assert "differs" in drift.counted
    assert {"changed-outside", "not-yet-applied"}.isdisjoint(drift.counted)


def test_the_end_mark_alone_is_never_a_change(applied: Stage) -> None:
    """A manifest that says more without asking for another write changes the digest, and nothing is planned for that."""
    said = manifest(policies=[POLICY, POLICY | {"name": "unused"}], vaults=[VAULT | {"softDelete": {"state": "On"}}])
    assert applied.plan(said).changes == ()
    tags = applied.get(vault_id())["tags"]
    patch(applied, {"tags": {key: value for key, value in tags.items() if key != "reconciler-applied"}})
    assert applied.plan(manifest()).changes == ()
    assert applied.drift(manifest()).exit_code == 0


def test_a_half_done_apply_is_not_marked_as_applied(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("PSTestDisk"), switches={"propagation": "100000"}))
    assert not stage.apply(manifest()).ok
    assert "reconciler-applied" not in stage.get(vault_id())["tags"]
    assert "changed-outside" not in stage.drift(manifest()).counted


def test_out_of_reach_is_an_error_and_not_drift(fresh: Stage) -> None:
    hidden = f"/subscriptions/{OTHER}/resourceGroups/x/providers/Microsoft.Compute/disks/hidden"
    from reconciler.model.errors import ReconcilerError

    try:
        drift = fresh.drift(manifest(disks=[DISK, DISK | {"id": hidden}]))
    except ReconcilerError:
        return
    assert drift.exit_code == 1


# ignore


IGNORE = {"address": "disk/*/disks/PSTest*", "reason": "migration"}


def test_an_ignored_field_is_left_alone(applied: Stage) -> None:
    said = manifest(policies=LONGER, ignore=[IGNORE | {"fields": ["policy"]}])
    plan = applied.plan(said)
    assert ADDRESS not in [change.address for change in plan.changes]
    assert "ignored" in codes(plan)
    assert applied.apply(said).ok
    row = applied.instances(vault_id())["pstestdisk"]
    assert row["properties"]["policyInfo"]["policyId"].lower() not in str(plan.changes).lower()
    assert applied.plan(said).changes == ()
    assert applied.drift(said).exit_code == 0


def test_another_field_still_counts(applied: Stage) -> None:
    row = applied.instances(vault_id())["pstestdisk"]
    applied.ask("POST", f"{row['id']}/stopProtection")
    applied.wait(120)
    said = manifest(ignore=[IGNORE | {"fields": ["policy"]}])
    assert applied.drift(said).counted == {"unhealthy": 1}
    assert applied.drift(manifest(ignore=[IGNORE | {"fields": ["protection"]}])).exit_code == 0
    assert applied.drift(manifest(ignore=[IGNORE])).exit_code == 0


@pytest.mark.parametrize(("expires", "counts"), [("2026-01-04", True), ("2026-01-05", False), ("2027-03-31", False)])
def test_an_expired_entry_is_a_warning_and_the_difference_counts_again(
    applied: Stage, expires: str, counts: bool
) -> None:
    said = manifest(
        vaults=[VAULT | {"alertsForAllJobFailures": True}],
        ignore=[{"address": "vault/*", "reason": "later", "expires": expires}],
    )
    plan = applied.plan(said)
    assert bool(plan.changes) is counts
    assert ("ignore-expired" in codes(plan)) is counts
    assert applied.drift(said).exit_code == (2 if counts else 0)


def test_an_immutable_difference_can_be_ignored(applied: Stage) -> None:
    said = manifest(
        snapshotResourceGroups=[{"name": "snapshotrg"}, {"name": "new", "location": "westus"}],
        disks=[DISK | {"snapshotResourceGroup": "new"}],
        ignore=[IGNORE | {"fields": ["snapshotResourceGroup"]}],
    )
    assert [finding.address for finding in applied.plan(said).errors] == []


def test_a_second_look_at_anothers_work_finds_nothing(on_stage: Callable[..., Stage]) -> None:
    """Everything by hand, and spelled in its own way."""
    odd = vault_id("testbkpvault", "TESTBKPVAULTRG")
    address = disk_id("pstestDISK", "DiskRG")
    stage = on_stage(
        estate(
            disk("PSTestDisk"),
            group("22222222-2222-2222-2222-222222222222", "SnapshotRG"),
            vault(odd, soft_delete=("ON", 14.0)),
            policy(odd, "Any_Name", every="PT240M", default="P1W", zone="Coordinated Universal Time", backwards=True),
            instance(
                odd,
                address,
                "ANY_name",
                snapshots="/subscriptions/22222222-2222-2222-2222-222222222222/resourcegroups/SNAPSHOTRG",
            ),
            grants(vault_id(), disk_id("PSTestDisk")),
        )
    )
    drift = stage.drift(manifest())
    assert drift.plan.changes == ()
    assert (drift.exit_code, drift.plan.errors) == (0, ())
