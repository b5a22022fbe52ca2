"""T8: what proved or did nothing says so and fails; a drill's `maxAge` is about every disk that it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk_id, group
from forging import Azure, Estate, disks, edits, quickstart
from manifests import DISK, VAULT

Forged = Callable[..., Any]
DRILL = {"name": "monthly", "targetResourceGroup": "drillrg", "maxAge": "30d", "sample": 3}
SCRATCH = group(APPS, "drillrg")
NOTHING: dict[str, Any] = {"select": {"subscriptions": [APPS], "tags": {"backup": "never"}}}


def drilled(estate: Estate, *drills: dict[str, Any]) -> Estate:
    return estate.saying(drills=[DRILL | drill for drill in drills or ({},)])


def prove(azure: Azure, disk: str, moment: str) -> None:
    """Have the instance of a disk tell of a drill at that time."""
    azure.patch(f"*/backupInstances/{disk}-*", {"tags": {"reconciler-proven": moment}})


def run_drill(azure: Azure, *names: str) -> Any:
    azure.put(SCRATCH["id"], SCRATCH)
    return azure.run("drill", *names, "--auto-approve", "--format", "json")


def test_a_drill_without_any_recovery_point_fails(forged: Forged) -> None:
    with forged(drilled(quickstart())) as azure:
        done = run_drill(azure)
        assert (done.code, "nothing-drilled" in done.text) == (1, True), done
        assert "complete" not in done.text.lower(), done


@pytest.mark.parametrize("protection", ["protected", "stopped"])
def test_a_drill_that_takes_no_disk_fails(forged: Forged, protection: str) -> None:
    """Its select takes none, or none of those that it takes is to be protected."""
    said: dict[str, Any] = NOTHING if protection == "protected" else {}
    entry = {"id": disk_id("PSTestDisk"), "vault": "TestBkpVault", "policy": "diskBkpPolicy", "protection": protection}
    with forged(drilled(quickstart(), said).saying(disks=[entry]), clock="virtual") as azure:
        done = run_drill(azure)
        assert (done.code, "nothing-drilled" in done.text) == (1, True), done


def test_a_drill_of_nothing_keeps_no_other_drill_from_its_proof(forged: Forged) -> None:
    estate = drilled(quickstart().aged("1d"), {"name": "other", **NOTHING}, {})
    with forged(estate, clock="virtual") as azure:
        done = run_drill(azure)
        assert (done.code, "nothing-drilled" in done.text) == (1, True), done
        (instance,) = azure.show("*/backupInstances/*")
        assert "reconciler-proven" in instance["tags"]
        assert run_drill(azure, "monthly").code == 0


def late(azure: Azure) -> list[str]:
    """What drift and status say of the drill, which is the same."""
    drift, status = (azure.run(verb, "--format", "json") for verb in ("drift", "status"))
    told = [row["code"] for row in drift.document["findings"] if row.get("address") == "drill/monthly"]
    assert drift.code == (2 if told else 0), drift
    assert told == [row["code"] for row in status.document["findings"]], status
    return told


def test_a_drill_that_takes_no_disk_is_told(forged: Forged) -> None:
    with forged(drilled(quickstart().aged("1d"), NOTHING), clock="virtual") as azure:
        assert late(azure) == ["never-proven"]


def test_a_disk_that_a_drill_could_never_restore_is_told(forged: Forged) -> None:
    with forged(drilled(disks(2).aged("1d")), clock="virtual") as azure:
        now = azure.now.isoformat()
        prove(azure, "disk-01", now)
        assert late(azure) == ["never-proven"]
        prove(azure, "disk-02", now)
        assert late(azure) == []


def test_a_disk_whose_proof_is_too_old_is_told_beside_a_fresh_one(forged: Forged) -> None:
    with forged(drilled(disks(2).aged("40d")), clock="virtual") as azure:
        prove(azure, "disk-01", azure.now.isoformat())
        prove(azure, "disk-02", "2026-01-06T00:00:00Z")
        assert late(azure) == ["drill-late"]


@pytest.mark.parametrize("moment", ["2027-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "tomorrow"])
def test_a_proof_of_a_time_that_cannot_be_is_not_believed(forged: Forged, moment: str) -> None:
    with forged(drilled(quickstart().aged("1d")), clock="virtual") as azure:
        prove(azure, "PSTestDisk", moment)
        assert late(azure) == ["never-proven"]


def test_a_backup_of_nothing_fails(forged: Forged) -> None:
    with forged(quickstart(disks=None)) as azure:
        done = azure.run("backup", "--format", "json")
        assert (done.code, done.document["ok"], "nothing-to-back-up" in done.text) == (1, False, True), done


@pytest.mark.parametrize("flag", ["--dry-run", "--wait"])
def test_a_backup_of_what_a_selector_takes_no_more_fails(forged: Forged, flag: str) -> None:
    taking = {"vault": "TestBkpVault", "policy": "diskBkpPolicy", "select": {"subscriptions": [APPS], "names": ["z"]}}
    with forged(quickstart(disks=[taking]), clock="virtual") as azure:
        done = azure.run("backup", flag)
        assert (done.code, "nothing-to-back-up" in done.text) == (1, True), done


def test_a_restore_of_nothing_fails(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("restore", "PSTestDisk", "--to", "diskrg", "--auto-approve")
        assert (done.code, "nothing-to-restore" in done.text) == (1, True), done


def test_a_move_of_what_nothing_protects_fails(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.delete("*/backupInstances/*")
        done = azure.run("move", "PSTestDisk", "--auto-approve")
        assert (done.code, "nothing-to-move" in done.text) == (1, True), done


def test_a_move_of_what_is_in_place_says_so(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("move", "PSTestDisk", "--auto-approve")
        assert (done.code, "moved-already" in done.text) == (0, True), done
        assert azure.writes == []


def test_waiting_for_no_job_says_so(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("jobs", "wait", "backup.yaml")
        assert (done.code, "No job is running" in done.text) == (0, True), done


def test_a_move_that_waits_for_somebody_elses_operation_fails(forged: Forged) -> None:
    both = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
    with forged(quickstart(vaults=both).saying(disks=[DISK | {"vault": "NewVault"}]), clock="virtual") as azure:
        azure.patch("*/backupInstances/*", {"properties": {"currentProtectionState": "UpdatingProtection"}})
        done = azure.run("move", "PSTestDisk", "--auto-approve")
        assert (done.code, "is still working on" in done.text) == (1, True), done
        assert azure.writes == []


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
@pytest.mark.parametrize("verb", ["drill", "restore"])
def test_a_disk_whose_making_failed_proves_nothing(forged: Forged, verb: str, state: str) -> None:
    """It said "Drill complete!", exit 0, and the disk counted as proven."""
    words = ("PSTestDisk", "--to", "drillrg") if verb == "restore" else ()
    failed = edits("GET */drillrg/providers/Microsoft.Compute/disks/*", {"properties.provisioningState": state})
    with forged(drilled(quickstart().aged("1d")), failed, clock="virtual") as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        done = azure.run(verb, *words, "--auto-approve")
        assert (done.code, "isn't as expected" in done.text) == (1, True), done
        (instance,) = azure.show("*/backupInstances/*")
        assert "reconciler-proven" not in instance["tags"]
