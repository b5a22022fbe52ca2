"""T1, T3, T8: what the manifest declares and no list shows is left out of nothing without a word."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import Azure, Estate, disks, emptied, html, lacks, selected

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = "virtual"
DISKS = "GET */disks"


def backed_up(azure: Azure, *words: str) -> tuple[int, dict[str, tuple[str, str]]]:
    done = azure.run("backup", "--format", "json", *words)
    assert done.document["ok"] == (done.code == 0), done
    return done.code, {row["disk"].rpartition("/")[2]: (row["status"], row["code"]) for row in done.document["backups"]}


@pytest.mark.parametrize("words", [("--wait",), ("--dry-run",), ()])
@pytest.mark.parametrize("estate", [disks, selected])
def test_a_backup_of_all_disks_of_which_one_is_gone_fails(
    forged: Forged, estate: Callable[[int], Estate], words: tuple[str, ...]
) -> None:
    """It said "2 completed of 2 disks", exit 0."""
    with forged(estate(3).aged("1d"), clock=VIRTUAL) as azure:
        azure.delete(disk_id("disk-02"))
        code, rows = backed_up(azure, *words)
        assert (code, rows["disk-02"]) == (1, ("refused", "disk-gone"))
        assert {rows[name][0] for name in ("disk-01", "disk-03")} <= {"ready", "started", "completed"}


def test_a_backup_of_the_others_succeeds_where_they_are_named(forged: Forged) -> None:
    with forged(disks(3).aged("1d"), clock=VIRTUAL) as azure:
        azure.delete(disk_id("disk-02"))
        code, rows = backed_up(azure, "--disk", "disk-01", "--disk", "disk-03")
        assert (code, sorted(rows)) == (0, ["disk-01", "disk-03"])


def test_what_when_gone_made_an_end_of_is_left_out_of_a_backup(forged: Forged) -> None:
    said: Any = [{**entry, "whenGone": "retain"} for entry in selected(3).manifest["disks"]]
    with forged(selected(3).aged("1d").saying(disks=said), clock=VIRTUAL) as azure:
        azure.delete(disk_id("disk-02"))
        azure.advance("9d")
        assert azure.run("apply", "--auto-approve").code == 0
        code, rows = backed_up(azure, "--dry-run")
        assert (code, sorted(rows)) == (0, ["disk-01", "disk-03"])


def test_a_backup_tells_of_a_disk_that_its_list_lacks(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), lacks(DISKS, "*/disks/disk-02"), clock=VIRTUAL) as azure:
        code, rows = backed_up(azure)
        assert (code, rows["disk-02"]) == (1, ("refused", "list-incomplete"))


@pytest.mark.parametrize("tag", [True, False])
def test_coverage_tells_of_a_disk_that_its_list_lacks(forged: Forged, tag: bool) -> None:
    """It knew by the disk's id that the list was short, and said "2 of 2 disks covered", exit 0."""
    with forged(selected(3).aged("1d"), lacks(DISKS, "*/disks/disk-02"), clock=VIRTUAL) as azure:
        if not tag:
            azure.patch("*/backupInstances/*", {"tags": None})
        done = azure.run("coverage", "--format", "json")
        assert (done.code, "list-incomplete" in done.codes) == (1, True), done


def test_coverage_of_a_disk_of_which_nobody_can_tell_is_not_known(forged: Forged) -> None:
    away = (lacks(DISKS, "*/disks/disk-02"), html("GET */disks/disk-02"))
    with forged(selected(3).aged("1d"), *away, clock=VIRTUAL) as azure:
        done = azure.run("coverage", "--format", "json", "--fail-on", "uncovered")
        assert (done.code, "not-known" in done.codes) == (1, True), done


@pytest.mark.parametrize("list_", ["short", "empty"])
@pytest.mark.parametrize("verb", ["status", "coverage", "backup"])
def test_an_instance_that_its_list_lacks_is_there_by_its_id(forged: Forged, verb: str, list_: str) -> None:
    """The plan knew of it, while status called the disk unprotected, coverage uncovered, and a backup was refused."""
    where = "GET */backupInstances"
    rule = emptied(where) if list_ == "empty" else lacks(where, "*/backupInstances/disk-02-*")
    with forged(selected(3).aged("1d"), rule, clock=VIRTUAL) as azure:
        assert azure.run("drift").code == 0
        more = ["--fail-on", "uncovered"] if verb == "coverage" else []
        done = azure.run(verb, "--format", "json", *more)
        assert done.code == 0, done
        rows = done.document["backups" if verb == "backup" else "disks"]
        assert {row["state" if verb != "backup" else "status"] for row in rows} <= {"ok", "covered", "started"}


def test_a_disk_without_an_instance_is_unprotected_still(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), clock=VIRTUAL) as azure:
        azure.delete("*/backupInstances/disk-02-*")
        assert azure.run("status").code == 2
        assert azure.run("coverage", "--fail-on", "uncovered").code == 2
