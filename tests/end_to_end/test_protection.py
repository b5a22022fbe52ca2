"""Health is desired too: suspended, stopped, failing, in progress."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arm import APPS, disk, disk_id, estate, grants, group, instance, policy, vault, vault_id
from manifests import DISK, manifest, selecting
from stage import Stage, actions, codes, failures

ADDRESS = f"disk/{disk_id('PSTestDisk').lower()}"


def state(stage: Stage) -> str:
    return str(stage.instances(vault_id())["pstestdisk"]["properties"]["currentProtectionState"])


def declared(protection: str) -> dict[str, object]:
    return manifest(disks=[DISK | {"protection": protection}])


def halted(until: str, protection: str = "suspended") -> dict[str, object]:
    return manifest(disks=[DISK | {"protection": protection, "until": until, "reason": "freeze, ticket 7"}])


STATES = {"protected": "ProtectionConfigured", "suspended": "BackupsSuspended", "stopped": "ProtectionStopped"}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_every_declared_state_is_reached_from_every_other(fresh: Stage, before: str, after: str) -> None:
    assert fresh.apply(manifest()).ok
    outcome = fresh.apply(declared(before))
    assert outcome.ok, failures(outcome)
    assert state(fresh) == STATES[before]
    outcome = fresh.apply(declared(after))
    assert outcome.ok, failures(outcome)
    assert state(fresh) == STATES[after]
    assert fresh.plan(declared(after)).changes == ()
    assert fresh.drift(declared(after)).exit_code == 0


@pytest.mark.parametrize("protection", ["suspended", "stopped"])
def test_without_an_instance_there_is_nothing_to_halt(fresh: Stage, protection: str) -> None:
    plan = fresh.plan(declared(protection))
    assert [address for address in actions(plan) if address.startswith("disk/")] == []
    outcome = fresh.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert fresh.instances(vault_id()) == {}


@pytest.mark.parametrize("deed", ["stopProtection", "suspendBackups"])
def test_protection_that_somebody_halted_is_resumed(fresh: Stage, deed: str) -> None:
    assert fresh.apply(manifest()).ok
    row = fresh.instances(vault_id())["pstestdisk"]
    fresh.ask("POST", f"{row['id']}/{deed}")
    fresh.wait(120)
    drift = fresh.drift(manifest())
    assert (drift.exit_code, drift.counted) == (2, {"unhealthy": 1})
    outcome = fresh.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert state(fresh) == "ProtectionConfigured"


def failing(*more: object) -> dict[str, object]:
    error = {
        "code": "UserErrorNotEnoughPermissionOnDisk",
        "message": "The Backup vault has no permission on the disk.",
        "recommendedAction": ["Grant the permission, then retry."],
    }
    return estate(
        disk("PSTestDisk"),
        group(APPS, "snapshotrg"),
        vault(),
        policy(vault_id(), "by-hand"),
        instance(vault_id(), disk_id("PSTestDisk"), "by-hand", state="ProtectionError", error=error),
        *more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("granted", [True, False])
def test_failing_protection_is_shown_with_its_cause_and_repaired(on_stage: Callable[..., Stage], granted: bool) -> None:
    stage = on_stage(failing(grants(vault_id(), disk_id("PSTestDisk")) if granted else []))
    drift = stage.drift(manifest())
    assert drift.exit_code == 2
    (change,) = [row for row in drift.plan.changes if row.address == ADDRESS]
    assert "UserErrorNotEnoughPermissionOnDisk" in change.reason
    assert "no permission on the disk" in change.reason
    outcome = stage.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert state(stage) == "ProtectionConfigured"
    assert stage.plan(manifest()).changes == ()


def test_a_repair_validates_first_and_puts_the_live_body(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(failing(grants(vault_id(), disk_id("PSTestDisk"))))
    assert stage.apply(manifest()).ok
    kinds = [
        call.kind for call in stage.recorder.calls if call.kind in {"POST validateForBackup", "PUT backupInstances"}
    ]
    assert kinds[0] == "POST validateForBackup"
    assert kinds[-1] == "PUT backupInstances"


def test_what_is_on_its_way_is_waited_for_and_not_changed(fresh: Stage) -> None:
    assert fresh.apply(manifest()).ok
    row = fresh.instances(vault_id())["pstestdisk"]
    fresh.ask("DELETE", row["id"])
    fresh.wait(120)
    fresh.ask("POST", f"{vault_id()}/deletedBackupInstances/{row['name']}/undelete")
    fresh.ask("POST", f"{row['id']}/resumeProtection")
    fresh.wait(120)
    body = {"properties": row["properties"], "tags": row["tags"]}
    body["properties"]["friendlyName"] = "again"
    fresh.ask("PUT", row["id"], body)
    plan = fresh.plan(manifest())
    assert "in-progress" in codes(plan)
    assert plan.changes == ()
    assert fresh.drift(manifest()).exit_code == 0, "in-progress is not counted"
    outcome = fresh.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert "ProtectionConfigured" in {
        one["properties"]["currentProtectionState"] for one in fresh.instances(vault_id()).values()
    }


def test_done_means_protected(fleet: Stage) -> None:
    """What can't be protected fails the run, however many others succeed."""
    said = manifest(disks=[selecting()])
    fleet.switch(check_failure="protection-error")
    fleet.sandbox.patch(disk_id("data-07"), {"properties": {"encryptionSettingsCollection": {"enabled": True}}})
    plan = fleet.plan(said)
    assert "uncovered" in codes(plan)
    assert fleet.drift(said).counted["uncovered"] == 1
    outcome = fleet.carry_out(plan)
    assert outcome.ok, failures(outcome)
    rows = fleet.instances(vault_id()).values()
    assert {row["properties"]["currentProtectionState"] for row in rows} == {"ProtectionConfigured"}
    assert len(rows) == 11


def test_a_declared_disk_that_ends_unprotected_fails_the_run(fresh: Stage) -> None:
    """The vault's identity is refused for ever: the request was accepted, and still it isn't done."""
    fresh.switch(propagation="100000")
    outcome = fresh.apply(manifest())
    assert not outcome.ok
    assert any(row.address == ADDRESS and row.status != "done" for row in outcome.results)


def test_a_failure_skips_what_hangs_on_it_and_nothing_else(on_stage: Callable[..., Stage]) -> None:
    """One region's vault can't be made; the other one's disks are protected all the same."""
    stage = on_stage(estate(disk("west"), disk("east", location="eastus"), switches={"vault_create_limit": 1}))
    said = manifest(
        vaults=[
            {"name": "A-west", "resourceGroup": "rg", "location": "westus"},
            {"name": "B-east", "resourceGroup": "rg", "location": "eastus"},
        ],
        snapshotResourceGroups=[{"name": "snapshotrg", "location": "westus"}],
        disks=[
            DISK | {"id": [disk_id("west"), disk_id("east")], "vault": {"westus": "A-west", "eastus": "B-east"}},
        ],
    )
    outcome = stage.apply(said)
    assert not outcome.ok
    by_status: dict[str, int] = {}
    for row in outcome.results:
        if row.address.startswith("disk/"):
            by_status[str(row.status)] = by_status.get(str(row.status), 0) + 1
    assert by_status == {"done": 1, "skipped": 1}
    assert all(row.because for row in outcome.results if row.status == "skipped")
    stage.wait(2 * 3600)
    again = stage.apply(said)
    assert again.ok, failures(again)
    assert stage.plan(said).changes == ()


def test_a_halt_whose_last_day_has_passed_is_told_and_nothing_resumes(fresh: Stage) -> None:
    """The sandbox's clock begins on 2026-01-05; a day lasts until its end in UTC."""
    assert fresh.apply(manifest()).ok
    plan = fresh.plan(halted("2026-01-06"))
    (change,) = (one for one in plan.changes if one.address == ADDRESS)
    assert change.reason == "declared suspended until 2026-01-06: freeze, ticket 7"
    assert fresh.apply(halted("2026-01-06")).ok
    for hours, over in ((38, False), (2, True)):
        fresh.wait(hours * 3600)
        drift = fresh.drift(halted("2026-01-06"))
        assert (drift.exit_code, drift.counted) == ((2, {"unhealthy": 1}) if over else (0, {})), hours
    (told,) = (one for one in drift.plan.findings if one.code == "halt-over")
    assert "ended on 2026-01-06, but 1 disk stays suspended; its reason was: freeze, ticket 7" in told.message
    assert drift.plan.changes == ()
    assert fresh.apply(halted("2026-01-06")).ok
    assert state(fresh) == "BackupsSuspended"


def test_a_halt_may_begin_after_its_last_day(fresh: Stage) -> None:
    """What is declared is done whatever the date says, which is only told."""
    assert fresh.apply(manifest()).ok
    assert "halt-over" in codes(fresh.plan(halted("2001-01-01", "stopped")))
    assert fresh.apply(halted("2001-01-01", "stopped")).ok
    assert state(fresh) == "ProtectionStopped"
