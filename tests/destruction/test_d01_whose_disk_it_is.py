"""D1: a disk is what a restore made only where the restore's job proves it; any other disk of that name is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from arm import APPS, disk, disk_id, group, group_id, lock
from forging import GRAPH, Azure, Done, Estate, before, disks, edits, forbidden, unavailable
from operating import trial_disk

Forged = Callable[..., Any]
TO = ("--to", "diskrg", "--auto-approve")
COPY = disk_id("copy")
FAST = "virtual"


@pytest.fixture(scope="module")
def backed_up() -> Estate:
    """Two disks with the recovery points of a day each; restores need wait for no role any more."""
    return disks(2).aged("1d").after("restore", "disk-02", *TO, "--name", "other")


def restore(azure: Azure, *more: str) -> Done:
    return azure.run("restore", "disk-01", *TO, "--name", "copy", "--format", "json", *more)


@contextmanager
def cut_off(forged: Forged, backed_up: Estate, name: str = "disk-01", *, clock: str = FAST) -> Iterator[Azure]:
    """A disk that was restored by a run that died before it could mark what Azure had made."""
    with forged(backed_up.after("restore", name, *TO, "--name", "copy"), clock=clock) as azure:
        azure.patch(COPY, {"tags": {"reconciler-restored": None}})
        yield azure


def snapshots(azure: Azure, name: str) -> list[dict[str, Any]]:
    """The snapshots of a disk, oldest first."""
    rows = [
        row
        for row in azure.show("*/snapshots/*")
        if row["properties"]["creationData"]["sourceResourceId"].endswith(name)
    ]
    return sorted(rows, key=lambda row: str(row["properties"]["timeCreated"]))


def copied_from(snapshot: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """The body of a disk that somebody made from a snapshot."""
    identity = snapshot["properties"]["uniqueId"]
    made = {"createOption": "Copy", "sourceResourceId": snapshot["id"], "sourceUniqueId": identity}
    return {**disk("copy"), "properties": {"creationData": made, "diskSizeGB": 128, **properties}}


def is_left_alone(azure: Azure, done: Done) -> None:
    assert done.code == 1, done
    assert "disk-exists" in done.out + done.err, done
    assert "complete" not in (done.out + done.err).lower(), done
    assert not azure.calls("PATCH */disks/*"), azure.writes
    assert not azure.get(COPY).get("tags"), "nothing is written to it"


def test_a_restore_that_was_cut_off_is_ended(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        azure.rules(unavailable(GRAPH))
        done = restore(azure)
        assert done.code == 0, done
        assert [call.method for call in azure.writes if "/disks/" in call.path] == ["PATCH"]
        assert "reconciler-restored" in azure.get(COPY)["tags"]


@pytest.mark.parametrize("graph", [True, False])
def test_a_restore_that_is_still_at_work_is_waited_for_and_not_begun_twice(
    forged: Forged, backed_up: Estate, graph: bool
) -> None:
    with forged(backed_up, clock=FAST) as azure:
        assert restore(azure, "--timeout", "90").code == 1
        assert not azure.ids(COPY)
        azure.rules(*([] if graph else [unavailable(GRAPH)]))
        done = restore(azure)
        assert done.code == 0, done
        assert len(azure.calls("POST */restore")) == 1
        assert "reconciler-restored" in azure.get(COPY)["tags"]


def test_a_disk_restored_from_another_disk_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up, "disk-02", clock="scaled:500") as azure:
        is_left_alone(azure, restore(azure))


def test_a_disk_restored_from_another_point_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        older = snapshots(azure, "disk-01")[0]["name"].removeprefix("AzureBackup_")
        is_left_alone(azure, restore(azure, "--point", older))


def test_a_copy_made_by_hand_from_the_very_snapshot_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with forged(backed_up, clock=FAST) as azure:
        azure.put(COPY, copied_from(snapshots(azure, "disk-01")[-1]))
        is_left_alone(azure, restore(azure))


def test_a_disk_that_took_the_place_of_the_restored_one_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        azure.delete(COPY)
        azure.advance("1h")
        now = azure.now.isoformat()
        azure.put(COPY, copied_from(snapshots(azure, "disk-01")[-1], timeCreated=now))
        is_left_alone(azure, restore(azure))


def test_a_restored_disk_that_somebody_reads_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        azure.patch(COPY, {"properties": {"diskState": "ActiveSAS"}})
        is_left_alone(azure, restore(azure))


def test_a_restored_disk_whose_job_may_not_be_read_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        azure.rules(forbidden("GET */backupJobs/*"))
        done = restore(azure)
        assert done.code == 1, done
        assert not azure.writes, azure.writes


def test_a_job_that_made_another_disk_proves_nothing(forged: Forged, backed_up: Estate) -> None:
    elsewhere = {"properties.extendedInfo.recoveryDestination": disk_id("elsewhere")}
    with forged(backed_up, edits("GET */backupJobs/*", elsewhere), clock=FAST) as azure:
        is_left_alone(azure, restore(azure))


def test_a_disk_that_is_exchanged_right_before_it_is_marked_is_no_success(forged: Forged, backed_up: Estate) -> None:
    def exchange(azure: Azure) -> None:
        azure.delete(COPY)
        azure.put(COPY, disk("copy"))

    with forged(backed_up, before("PATCH */disks/copy", exchange), clock=FAST) as azure:
        done = restore(azure)
        assert (done.code, "disk-exists" in done.out) == (1, True), done


@pytest.mark.parametrize(
    "change",
    [
        {"managedBy": f"{group_id(APPS, 'vms')}/providers/Microsoft.Compute/virtualMachines/vm-1"},
        {"properties.uniqueId": "0f8fad5b-d9cb-469f-a165-70867728950e"},
    ],
    ids=["a machine takes it", "another takes its place"],
)
def test_what_becomes_of_a_restored_disk_right_before_it_is_marked(
    forged: Forged, backed_up: Estate, change: dict[str, Any]
) -> None:
    with cut_off(forged, backed_up) as azure:
        assert restore(azure).code == 0
        calls = [call.method for call in azure.requests if call.path.lower() == COPY.lower()]
        looks = calls[: calls.index("PATCH")].count("GET")
    with cut_off(forged, backed_up) as azure:
        azure.rules(edits("GET */disks/copy", change, after=looks - 1))  # the last is that right before the write
        is_left_alone(azure, restore(azure))


def test_a_group_that_is_locked_or_is_not_there_takes_no_restored_disk(forged: Forged, backed_up: Estate) -> None:
    with forged(backed_up, clock=FAST) as azure:
        hold = lock(group_id(APPS, "diskrg"))
        azure.put(hold["id"], hold)
        for place, code in (("diskrg", "locked"), ("nowhere", "group-missing")):
            done = azure.run("restore", "disk-01", "--to", place, "--auto-approve", "--format", "json")
            assert (done.code, code in done.out + done.err) == (1, True), done
            assert done.writes == azure.calls("POST */validateRestore") == []


SCRATCH = group(APPS, "drillrg")
DRILL = {"name": "monthly", "targetResourceGroup": "drillrg"}
MARK = {"reconciler-restored": "quickstart/monthly/0f8fad5b-d9cb-469f-a165-70867728950e"}


@contextmanager
def with_copy(
    forged: Forged, backed_up: Estate, made: Callable[[Azure], dict[str, Any]]
) -> Iterator[tuple[Azure, str]]:
    """A disk under the name that a drill gives its own copy of disk-01, and the drill that runs next."""
    estate, name = backed_up.saying(drills=[{**DRILL, "select": {"names": ["disk-01"]}}]), trial_disk("disk-01")
    with forged(estate, clock=FAST) as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        azure.put(name, made(azure))
        yield azure, name


def stays(azure: Azure, name: str) -> None:
    done = azure.run("drill", "--auto-approve", "--format", "json")
    assert (done.code, "not-ours" in done.out) == (1, True), done
    assert not azure.calls("DELETE */disks/*")
    assert azure.get(name)


def test_an_empty_disk_with_an_old_drills_mark_is_not_deleted(forged: Forged, backed_up: Estate) -> None:
    with with_copy(forged, backed_up, lambda _: {**disk("copy"), "tags": MARK}) as found:
        stays(*found)


def test_a_copy_of_another_disk_with_an_old_drills_mark_is_not_deleted(forged: Forged, backed_up: Estate) -> None:
    with with_copy(
        forged, backed_up, lambda azure: copied_from(snapshots(azure, "disk-02")[-1]) | {"tags": MARK}
    ) as found:
        stays(*found)


def test_an_unmarked_copy_made_by_hand_is_not_deleted(forged: Forged, backed_up: Estate) -> None:
    with with_copy(forged, backed_up, lambda azure: copied_from(snapshots(azure, "disk-01")[-1])) as found:
        stays(*found)


def test_a_drills_own_leftover_goes_with_its_next_run(forged: Forged, backed_up: Estate) -> None:
    said = backed_up.saying(drills=[{**DRILL, "keep": "all", "select": {"names": ["disk-01"]}}])
    with forged(said, clock=FAST) as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        assert azure.run("drill", "--auto-approve").code == 0
        name = trial_disk("disk-01")
        first = azure.get(name)["properties"]["uniqueId"]
        azure.patch(name, {"tags": {"reconciler-restored": None}})
        assert azure.run("drill", "--auto-approve").code == 0
        assert azure.get(name)["properties"]["uniqueId"] != first


# A machine has used the copy, and let go of it again

HELD = {"properties": {"LastOwnershipUpdateTime": "2026-01-06T20:00:00.0000000+00:00"}}


def test_a_drills_leftover_that_a_machine_has_used_since_is_not_deleted(forged: Forged, backed_up: Estate) -> None:
    said = backed_up.saying(drills=[{**DRILL, "keep": "all", "select": {"names": ["disk-01"]}}])
    with forged(said, clock=FAST) as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        assert azure.run("drill", "--auto-approve").code == 0
        name = trial_disk("disk-01")
        azure.patch(name, HELD)
        azure.advance("1d")
        stays(azure, name)


def test_a_leftover_of_a_disk_that_is_drilled_no_more_stays_where_a_machine_has_used_it(
    forged: Forged, backed_up: Estate
) -> None:
    said = backed_up.saying(drills=[{**DRILL, "keep": "all", "select": {"names": ["disk-01"]}}])
    with forged(said, clock=FAST) as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        assert azure.run("drill", "--auto-approve").code == 0
        name = trial_disk("disk-01")
        azure.patch(name, HELD)
        azure.advance("1d")
        azure.declare({**said.manifest, "drills": [{**DRILL, "select": {"names": ["disk-02"]}}]})
        done = azure.run("drill", "--auto-approve", "--format", "json")
        assert (done.code, "not-ours" in done.out) == (1, True), done
        assert azure.get(name)


def test_a_restored_disk_that_a_machine_has_used_since_is_left_alone(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        azure.patch(COPY, HELD)
        is_left_alone(azure, restore(azure))


def test_a_time_of_its_making_is_no_use_of_it(forged: Forged, backed_up: Estate) -> None:
    with cut_off(forged, backed_up) as azure:
        azure.patch(COPY, {"properties": {"LastOwnershipUpdateTime": azure.get(COPY)["properties"]["timeCreated"]}})
        assert restore(azure).code == 0
