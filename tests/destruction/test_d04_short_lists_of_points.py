"""What a resume cleans up is not read off a list of recovery points alone: their snapshots are counted as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from forging import Azure, Done, Estate, Rule, disks, emptied, forbidden, lacks
from manifests import disk as entry

Forged = Callable[..., Any]
POINTS, SNAPSHOTS = "GET */recoveryPoints", "GET */snapshots"
BOTH = [entry("disk-01"), entry("disk-02")]
LIES = {
    "empty": emptied(POINTS),
    "older ones": lacks(POINTS, lambda row: row["properties"]["recoveryPointTime"] < "2026-01-08"),
    "newer ones": lacks(POINTS, lambda row: row["properties"]["recoveryPointTime"] > "2026-01-06"),
}


@pytest.fixture(scope="module")
def stopped() -> Estate:
    """disk-01 was stopped with the points of three days, all of which have expired since; it is to be protected again."""
    halted = disks(2).aged("3d").saying(disks=[entry("disk-01", protection="stopped"), entry("disk-02")])
    return halted.after("apply", "--auto-approve").aged("20d").saying(disks=BOTH)


def apply(azure: Azure, *flags: str) -> Done:
    return azure.run("apply", "--auto-approve", *flags)


def points(azure: Azure) -> int:
    return len(azure.ids("*/backupInstances/disk-01-*/recoveryPoints/*"))


def resumes(azure: Azure) -> list[Any]:
    return azure.calls("POST */resumeProtection")


def number(done: Done) -> int:
    (found,) = set(re.findall(r"--force resume-expires=(\d+)", done.text))
    return int(found)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_short_list_of_points_hides_none_from_the_gate(forged: Forged, stopped: Estate, lie: Rule) -> None:
    with forged(stopped, clock="virtual") as azure:
        had, told = points(azure), number(azure.run("plan"))
        assert told == had - 1 > 1, "the newest stays"
        azure.rules(lie)
        done = apply(azure)
        assert (done.code, resumes(azure), number(done)) == (1, [], told), done
        assert points(azure) == had


def test_the_number_with_those_that_are_not_listed_opens(forged: Forged, stopped: Estate) -> None:
    with forged(stopped, emptied(POINTS), clock="virtual") as azure:
        key = f"resume-expires={number(azure.run('plan'))}"
        done = apply(azure, "--force", key)
        assert (done.code, len(resumes(azure))) == (0, 1), done


def test_without_points_and_without_a_word_on_snapshots_nothing_is_resumed(forged: Forged, stopped: Estate) -> None:
    with forged(stopped, emptied(POINTS), forbidden(SNAPSHOTS), clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, resumes(azure)) == (1, []), done


def test_what_was_soft_deleted_comes_back_stopped_with_the_points_that_its_list_lacks(
    forged: Forged, stopped: Estate
) -> None:
    with forged(stopped, clock="virtual") as azure:
        had = points(azure)
        azure.ask("DELETE", azure.ids("*/backupInstances/disk-01-*")[0])
        azure.advance("10m")
        azure.rules(emptied(POINTS))
        done = apply(azure)
        assert (done.code, resumes(azure)) == (1, []), done
        assert points(azure) == had


def test_a_disk_without_snapshots_is_resumed_as_ever(forged: Forged) -> None:
    halted = disks(1, disks=[entry("disk-01", protection="protected")]).saying(
        disks=[entry("disk-01", protection="stopped")]
    )
    with forged(halted.after("apply", "--auto-approve").saying(disks=BOTH[:1]), clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, len(resumes(azure))) == (0, 1), done
