"""T6: soft-deleted where something else is declared is a difference: it comes back, and its recovery points stay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import Azure, Estate, disks, quickstart, selected
from manifests import DISK, disk

Forged = Callable[..., AbstractContextManager[Azure]]

STOPPED, SUSPENDED = {"disks": [DISK | {"protection": "stopped"}]}, {"disks": [DISK | {"protection": "suspended"}]}
RETAINED: dict[str, Any] = {
    "disks": None,
    "removed": [{"id": disk_id("PSTestDisk"), "data": "retain", "reason": "ticket 4711"}],
}


def states(azure: Azure) -> list[str]:
    return [row["properties"]["currentProtectionState"] for row in azure.show("*/backupInstances/*")]


def points(azure: Azure) -> int:
    return len(azure.ids("*/recoveryPoints/*"))


def deleted(azure: Azure) -> None:
    """Somebody deletes every instance in the portal."""
    for instance in azure.ids("*/backupInstances/*"):
        azure.ask("DELETE", instance)
    azure.advance("1h")
    assert states(azure) == []
    azure.forget()


def said(estate: Estate, **keys: Any) -> Estate:
    return estate.aged("2d").saying(**keys)


@pytest.mark.parametrize("keys", [STOPPED, RETAINED])
def test_what_is_to_stay_stopped_comes_back_stopped(forged: Forged, keys: dict[str, Any]) -> None:
    with forged(said(quickstart(), **keys), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        kept = points(azure)
        deleted(azure)
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, len(drift.document["changes"])) == (2, 1), drift
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert [one.path.rpartition("/")[2] for one in azure.calls("POST */deletedBackupInstances/*/undelete")] == [
            "undelete"
        ]
        assert azure.calls("POST */resumeProtection") == []
        assert azure.run("plan", "--detailed-exitcode").code == 0
        azure.advance("30d")
        assert (states(azure), points(azure)) == (["ProtectionStopped"], kept)
        assert azure.run("drift").code == 0


def test_what_is_to_be_suspended_comes_back_suspended(forged: Forged) -> None:
    with forged(said(quickstart(), **SUSPENDED), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        kept = points(azure)
        deleted(azure)
        assert azure.run("drift").code == 2
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert (states(azure), points(azure)) == (["BackupsSuspended"], kept)
        assert azure.run("drift").code == 0


def test_suspending_again_is_no_reason_to_lose_recovery_points(forged: Forged) -> None:
    with forged(said(quickstart(), **SUSPENDED), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        deleted(azure)
        azure.advance("9d")
        kept = points(azure)
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "resume-expires" in done.text) == (1, True), done
        assert (states(azure), points(azure)) == (["ProtectionStopped"], kept)


def test_the_disk_may_be_gone_too(forged: Forged) -> None:
    with forged(said(quickstart(), **RETAINED), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.delete("*/disks/PSTestDisk")
        deleted(azure)
        kept = points(azure)
        assert azure.run("apply", "--auto-approve").code == 0
        assert (states(azure), points(azure)) == (["ProtectionStopped"], kept)


def test_bringing_all_of_them_back_is_no_mass_change(forged: Forged) -> None:
    entries = [disk(f"disk-{number:02}", protection="stopped") for number in range(1, 13)]
    with forged(disks(12).saying(disks=entries), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve", "--force", "mass-change").code == 0
        deleted(azure)
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert states(azure) == ["ProtectionStopped"] * 12


def test_what_is_removed_with_its_data_stays_deleted(forged: Forged) -> None:
    gone = [{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "ticket 4711"}]
    with forged(said(quickstart(), disks=None, removed=gone), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve", "--allow-delete", "1").code == 0
        assert azure.run("plan", "--detailed-exitcode").code == 0
        assert azure.run("drift").code == 0


@pytest.mark.parametrize(
    ("keys", "state"),
    [(STOPPED, "failing"), (SUSPENDED, "failing"), ({}, "unprotected")],
    ids=["stopped", "suspended", ""],
)
def test_status_tells_when_the_points_are_purged(forged: Forged, keys: dict[str, Any], state: str) -> None:
    """Of what is declared stopped it said `halted`, exit 0, while its recovery points were about to go."""
    with forged(said(quickstart(), **keys), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.run("status").code == 0
        deleted(azure)
        done = azure.run("status", "--format", "json")
        (row,) = done.document["disks"]
        assert (done.code, row["state"]) == (2, state), done
        assert "purged at 2026-01-2" in row["note"]


@pytest.mark.parametrize("when_gone", ["retain", "expire"])
@pytest.mark.parametrize("estate", [disks, selected])
def test_what_when_gone_keeps_comes_back_stopped(
    forged: Forged, estate: Callable[[int], Estate], when_gone: str
) -> None:
    """It said "No drift", and `watch` "clean", while the points of a gone disk were about to be purged."""
    entries = [{**entry, "whenGone": when_gone} for entry in estate(3).manifest["disks"]]
    with forged(estate(3).aged("2d").saying(disks=entries), clock="virtual") as azure:
        azure.delete("*/disks/disk-02")
        azure.advance("8d")
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.run("drift").code == 0
        (instance,) = azure.ids("*/backupInstances/disk-02-*")
        kept = points(azure)
        azure.ask("DELETE", instance)
        azure.advance("1h")
        assert azure.run("drift").code == 2
        assert azure.run("status").code == 2
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert azure.get(instance)["properties"]["currentProtectionState"] == "ProtectionStopped"
        assert points(azure) == kept
        assert azure.run("drift").code == 0


def test_what_is_only_reported_or_removed_stays_deleted(forged: Forged) -> None:
    entries = [{**entry, "whenGone": "retain"} for entry in disks(2).manifest["disks"]]
    for keys in (
        {},
        {"disks": entries[:1], "removed": [{**RETAINED["removed"][0], "id": disk_id("disk-02"), "data": "delete"}]},
    ):
        with forged(disks(2).aged("2d").saying(**keys), clock="virtual") as azure:
            azure.delete("*/disks/disk-02")
            (instance,) = azure.ids("*/backupInstances/disk-02-*")
            azure.ask("DELETE", instance)
            azure.advance("1h")
            azure.run("apply", "--auto-approve")
            assert azure.calls("POST */undelete") == []
