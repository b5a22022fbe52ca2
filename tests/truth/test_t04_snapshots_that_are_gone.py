"""T4: recovery points whose snapshots are gone are no recovery points, and no group is quietly made anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import yaml
from arm import APPS, PLATFORM, disk, group_id
from forging import GRAPH, Azure, about, disks, emptied, forbidden, lacks, quickstart
from manifests import DISK
from manifests import disk as entry

Forged = Callable[..., AbstractContextManager[Azure]]

SNAPSHOTS = f"{group_id(APPS, 'snapshotrg')}/providers/Microsoft.Compute/snapshots"
GROUP = group_id(APPS, "snapshotrg")
ALL = f"/subscriptions/{APPS}/providers/Microsoft.Compute/snapshots"


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
        assert "1 disk waits for this: " in done.text
        assert not azure.calls("PUT */backupInstances/*")
        assert not azure.calls(f"PUT {GROUP}")


def test_a_stopped_instance_counts_too(forged: Forged) -> None:
    estate = quickstart().aged("1d").saying(disks=[{**DISK, "protection": "stopped"}])
    with forged(estate, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.delete(GROUP)
        assert "snapshots-gone" in azure.run("drift", "--format", "json").codes


def test_nor_under_an_instance_that_nobody_declares(forged: Forged) -> None:
    with forged(disks(2).aged("1d").saying(disks=[entry("Added")]), clock="virtual") as azure:
        for one in azure.ids("*/backupInstances/*"):
            azure.patch(one, {"tags": {"reconciler-owner": None}})
        azure.put(disk("Added")["id"], disk("Added"))
        azure.delete(GROUP)
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert "snapshots-gone" in done.text
        assert not azure.calls(f"PUT {GROUP}")


def test_a_group_that_nothing_used_yet_is_made(forged: Forged) -> None:
    with forged(disks(2, fresh=True), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.calls(f"PUT {GROUP}")


# --- status -----------------------------------------------------------------------------------------------------------


def looked(azure: Azure) -> tuple[int, list[dict[str, Any]]]:
    done = azure.run("status", "--format", "json")
    return done.code, done.document["disks"]


def by_age(azure: Azure) -> list[str]:
    """The ids of all snapshots, the oldest first."""
    return sorted(azure.ids(f"{SNAPSHOTS}/*"), key=lambda one: azure.get(one)["properties"]["timeCreated"])


def test_when_every_snapshot_was_deleted_the_disk_fails(forged: Forged) -> None:
    with forged(quickstart().aged("2d")) as azure:
        assert looked(azure)[0] == 0
        azure.delete(f"{SNAPSHOTS}/*")
        code, (row,) = looked(azure)
        assert (code, row["state"], row["snapshots"]) == (2, "failing", 0)
        assert "are gone from snapshotrg: nothing can be restored" in row["note"]


def test_when_the_group_was_deleted_every_disk_fails(forged: Forged) -> None:
    with forged(disks(30).aged("1d"), clock="virtual") as azure:
        azure.delete(GROUP)
        code, rows = looked(azure)
        assert (code, {row["state"] for row in rows}) == (2, {"failing"})


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (slice(None, -1), "the newest one too"),
        (slice(-3, None), "lost their snapshots"),
        (slice(2), "the newest one too"),
        (slice(None, None, 2), "lost their snapshots"),
    ],
    ids=["the newest", "all but the newest three", "all but the oldest two", "every other"],
)
def test_when_some_are_gone_it_is_told_which(left: slice, told: str, forged: Forged) -> None:
    with forged(quickstart().aged("3d"), clock="virtual") as azure:
        every = by_age(azure)
        for one in set(every) - set(every[left]):
            azure.delete(one)
        code, (row,) = looked(azure)
        assert (code, row["state"]) == (2, "failing"), row
        assert told in row["note"]


def test_snapshots_that_somebody_else_made_of_the_disk_hide_nothing(forged: Forged) -> None:
    with forged(quickstart().aged("2d"), clock="virtual") as azure:
        body = azure.get(by_age(azure)[-1])
        azure.delete(f"{SNAPSHOTS}/*")
        azure.advance("30m")
        made = {"timeCreated": "2026-01-07T08:00:00Z"}
        for place, name in ((f"{SNAPSHOTS}/", "own"), (f"{SNAPSHOTS.replace('snapshotrg', 'diskrg')}/", "elsewhere")):
            azure.put(f"{place}{name}", {**body, "properties": {**body["properties"], **made}})
        code, (row,) = looked(azure)
        assert (code, row["state"]) == (2, "failing"), row


def test_a_group_that_may_not_be_read_is_not_called_empty(forged: Forged) -> None:
    rules = (emptied(GRAPH, when=about("snapshots")), forbidden(f"GET {SNAPSHOTS}"), emptied(f"GET {ALL}"))
    with forged(quickstart().aged("2d"), *rules, clock="virtual") as azure:
        code, (row,) = looked(azure)
        assert (code, row["state"]) == (1, "unknown"), row
        assert "could not tell" in row["note"]


def test_resource_graph_alone_is_not_believed_that_snapshots_are_gone(forged: Forged) -> None:
    rule = lacks(GRAPH, "*/disks/disk-02", when=about("snapshots"))
    with forged(disks(4).aged("2d"), rule, clock="virtual") as azure:
        code, rows = looked(azure)
        assert (code, {row["state"] for row in rows}) == (0, {"ok"})


def test_the_recovery_points_of_a_stopped_disk_need_their_snapshots_too(forged: Forged) -> None:
    estate = quickstart().aged("2d").saying(disks=[{**DISK, "protection": "stopped"}])
    with forged(estate, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.advance("30d")
        assert looked(azure)[0] == 0
        azure.delete(f"{SNAPSHOTS}/*")
        code, (row,) = looked(azure)
        assert (code, row["state"]) == (2, "failing"), row


@pytest.mark.parametrize("age", ["0h", "7h", "1d", "9d", "40d"])
def test_disks_that_are_well_cost_no_call_of_their_own(age: str, forged: Forged) -> None:
    with forged(disks(5).aged(age), clock="virtual") as azure:
        done = azure.run("status")
        assert done.code == 0, done
        assert not azure.calls("GET */recoveryPoints")
        assert not azure.calls(f"GET {SNAPSHOTS}")


def test_an_export_leaves_out_the_disks_of_a_vanished_group(forged: Forged) -> None:
    with forged(disks(2), clock="virtual") as azure:
        azure.delete(GROUP)
        done = azure.run("export", f"/subscriptions/{PLATFORM}")
        assert done.code == 0, done
        assert "disks:" not in done.out
        assert "is gone, and with it the snapshots of 2 backup instances" in done.text
        assert azure.writes == []


def test_an_export_has_the_disks_of_the_groups_that_are_there(forged: Forged) -> None:
    two = [entry("disk-01"), {**entry("disk-02"), "snapshotResourceGroup": "othersnaps"}]
    groups = [{"name": "snapshotrg"}, {"name": "othersnaps"}]
    with forged(disks(2, disks=two, snapshotResourceGroups=groups), clock="virtual") as azure:
        azure.delete(GROUP)
        done = azure.run("export", f"/subscriptions/{PLATFORM}")
        assert done.code == 0, done
        (exported,) = yaml.safe_load(done.out)["disks"]
        assert exported["id"].endswith("/disk-02")
        assert "snapshotrg: the resource group is gone, and with it the snapshots of 1 backup instance" in done.text
        azure.declare(done.out)
        assert azure.run("plan", "--format", "json").codes == ["orphan", "snapshots-gone"]
