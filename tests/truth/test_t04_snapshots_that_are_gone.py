"""T4: recovery points whose snapshots are gone are no recovery points, and no group is quietly made anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from arm import APPS, disk, group_id
from forging import Azure, disks, quickstart
from manifests import DISK
from manifests import disk as entry

Forged = Callable[..., AbstractContextManager[Azure]]

GROUP = group_id(APPS, "snapshotrg")


def test_a_snapshot_group_that_vanished_is_never_quietly_remade(forged: Forged) -> None:
    with forged(quickstart().aged("1d")) as azure:
        azure.delete(GROUP)
        for verb in (("drift",), ("plan",), ("apply", "--auto-approve")):
            done = azure.run(*verb)
            assert done.code == 1, done
            assert "snapshots-gone" in done.text
            assert done.writes == []


def test_a_disk_that_is_new_in_a_vanished_group_waits(forged: Forged) -> None:
    estate = quickstart().aged("1d").saying(disks=[DISK, entry("Added")])
    with forged(estate, clock="virtual") as azure:
        body = disk("Added")
        azure.put(body["id"], body)
        azure.delete(GROUP)
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert "snapshots-gone" in done.text
        assert "waits for group/" in done.text
        assert not azure.calls("PUT */backupInstances/*")
        assert not azure.calls(f"PUT {GROUP}")


def test_a_stopped_instance_counts_too(forged: Forged) -> None:
    estate = quickstart().aged("1d").saying(disks=[{**DISK, "protection": "stopped"}])
    with forged(estate, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.delete(GROUP)
        assert "snapshots-gone" in azure.run("drift", "--format", "json").codes


def test_a_group_that_nothing_used_yet_is_made(forged: Forged) -> None:
    with forged(disks(2, fresh=True), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.calls(f"PUT {GROUP}")
