"""T3, T5, T8: nothing is as fresh as promised by a time that can't be, or by a backup that never ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import GRAPH, Azure, Rule, changed_list, edits_rows, emptied, quickstart, unavailable

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = "virtual"
JOBS = "GET */backupJobs"
POINTS = "GET */recoveryPoints"
AHEAD = "2027-01-01T00:00:00Z"
RUNNING = {"properties.status": "InProgress", "properties.endTime": None}


def failing(azure: Azure) -> None:
    """The last backup failed; the recovery point before it is as fresh as promised."""
    azure.fail_backups("*/disks/PSTestDisk")
    while not any(one["properties"]["status"] == "Failed" for one in azure.show("*/backupJobs/*")):
        azure.advance("20m")


def told_of_jobs(newest: dict[str, str | None]) -> Rule:
    """Resource Graph tells these times of the newest jobs, by status."""

    def change(rows: list[Any]) -> list[Any]:
        return [row | {"newest": newest.get(row["status"], row["newest"])} if "status" in row else row for row in rows]

    return changed_list(GRAPH, change)


def looked(azure: Azure) -> tuple[int, str]:
    done = azure.run("status", "--format", "json")
    (row,) = done.document["disks"]
    assert done.code == done.document["exit_code"], done
    assert (row["age_seconds"] or 0) >= 0, row
    return done.code, row["state"]


def test_a_failed_backup_of_which_resource_graph_tells_no_time(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), told_of_jobs({"failed": None}), clock=VIRTUAL) as azure:
        failing(azure)
        assert looked(azure) == (2, "failing")


def test_a_failed_backup_of_which_nobody_tells_the_time(forged: Forged) -> None:
    rules = [told_of_jobs({"failed": None}), edits_rows(JOBS, "Failed", {"properties.startTime": ""})]
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        failing(azure)
        azure.rules(*rules)
        assert looked(azure) == (1, "unknown")


def test_what_resource_graph_told_is_not_believed_where_it_lags_and_the_vault_does_not_answer(forged: Forged) -> None:
    """The backup that failed is unknown to it, and so is the one before, whose recovery point is there."""

    def lagging(rows: list[Any]) -> list[Any]:
        ended = [row for row in rows if row.get("status") != "failed"]
        return [row | {"newest": "2026-01-05T12:00:00Z"} if "status" in row else row for row in ended]

    with forged(quickstart().aged("2d"), changed_list(GRAPH, lagging), unavailable(JOBS), clock=VIRTUAL) as azure:
        failing(azure)
        assert looked(azure) == (1, "unknown")


def running(since: str) -> Rule:
    """Resource Graph tells of a backup that began then, and runs."""

    def change(rows: list[Any]) -> list[Any]:
        return [*rows, *({**row, "status": "inprogress", "newest": since} for row in rows if "status" in row)]

    return changed_list(GRAPH, change)


@pytest.mark.parametrize("is_listed", [True, False])
@pytest.mark.parametrize(("word", "code", "state"), [("Cancelled", 2, "failing"), ("Sleeping", 1, "unknown")])
def test_a_backup_that_did_not_end_well_is_told_whatever_it_is_called(
    forged: Forged, is_listed: bool, word: str, code: int, state: str
) -> None:
    """A cancelled backup, and one of which nobody knows how it went, counted as none: the disk was ok."""

    def called(rows: list[Any]) -> list[Any]:
        return [row | {"status": word} if row.get("status") == "failed" else row for row in rows]

    listed = (unavailable(GRAPH), edits_rows(JOBS, "Failed", {"properties.status": word}))
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        failing(azure)
        azure.rules(*(listed if is_listed else (changed_list(GRAPH, called),)))
        assert looked(azure) == (code, state)


def test_a_policy_whose_rules_make_no_sense_is_refused_by_a_backup(forged: Forged) -> None:
    odd = edits_rows("GET */backupPolicies", "*/backupPolicies/*", {"properties.policyRules": 17})
    with forged(quickstart().aged("1d"), odd, clock=VIRTUAL) as azure:
        done = azure.run("backup", "--dry-run")
        assert (done.code, "no-backup-rule" in done.text) == (1, True), done


@pytest.mark.parametrize("graph", [unavailable, emptied])
def test_a_list_of_jobs_that_lacks_a_backup_that_came_is_not_believed(forged: Forged, graph: Any) -> None:
    """An empty list, with recovery points of today beside it, said that no backup had failed."""
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        failing(azure)
        azure.rules(graph(GRAPH), emptied(JOBS))
        assert looked(azure) == (1, "unknown")


def test_a_list_of_jobs_that_has_forgotten_an_old_backup_is_whole(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        azure.switch(scheduled_backups=False)
        azure.advance("9d")
        azure.rules(unavailable(GRAPH), emptied(JOBS))
        assert looked(azure) == (2, "late")


def test_a_backup_that_runs_while_its_recovery_point_is_there_is_listed(forged: Forged) -> None:
    unfinished = edits_rows(JOBS, lambda row: row["properties"]["startTime"] > "2026-01-06T04", RUNNING)
    with forged(quickstart().aged("1d"), unavailable(GRAPH), unfinished, clock=VIRTUAL) as azure:
        assert looked(azure) == (0, "ok")


@pytest.mark.parametrize(
    ("rules", "code", "state"),
    [
        ((told_of_jobs({"completed": AHEAD}),), 2, "late"),
        ((running(AHEAD),), 2, "late"),
        ((unavailable(GRAPH), edits_rows(JOBS, "*/backupJobs/*", {"properties.startTime": AHEAD})), 1, "late"),
        ((edits_rows(POINTS, "*/recoveryPoints/*", {"properties.recoveryPointTime": AHEAD}),), 2, "failing"),
    ],
    ids=["completed", "running", "in the vault's list", "recovery points"],
)
def test_a_time_that_is_yet_to_come_makes_nothing_fresh(
    forged: Forged, rules: tuple[Rule, ...], code: int, state: str
) -> None:
    """It said "ok", exit 0, -8512 hours old. Points of another time have no snapshots, which is told as such."""
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        azure.switch(scheduled_backups=False)
        azure.advance("2d")
        azure.rules(*rules)
        assert looked(azure) == (code, state)


@pytest.mark.parametrize(
    ("newest", "began", "state"),
    [
        ("2d", "2026-01-08T07:00:00Z", "late"),
        ("5h", "2026-01-06T11:00:00Z", "ok"),
        ("9h", "2026-01-06T16:00:00Z", "late"),
    ],
    ids=["begun again every night", "the next one", "not the next one"],
)
def test_a_backup_that_runs_stands_for_the_next_one_only(forged: Forged, newest: str, began: str, state: str) -> None:
    """Backups that never ended, a new one every few hours, were as fresh as the newest of them."""
    with forged(quickstart().aged("1d"), clock=VIRTUAL) as azure:
        azure.switch(scheduled_backups=False)
        azure.advance(newest)
        azure.rules(running(began))
        assert looked(azure)[1] == state


def test_a_recovery_point_that_is_not_complete_is_none_that_is_fresh(forged: Forged) -> None:
    partial = edits_rows(POINTS, "*/recoveryPoints/*", {"properties.recoveryPointState": "Partial"})
    lagging = told_of_jobs({"completed": "2026-01-05T09:00:00Z"})
    with forged(quickstart().aged("2d"), partial, lagging, unavailable(JOBS, optional=True), clock=VIRTUAL) as azure:
        assert looked(azure) == (2, "late")
