"""Issue G: a table never shows what isn't known as it shows what isn't there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from forging import GRAPH, Azure, Done, lacks, quickstart, unavailable

Forged = Callable[..., AbstractContextManager[Azure]]
EVERY = ("--columns", "all")
JOBS = "GET */backupJobs"
POINTS = "GET */recoveryPoints"


def cells(done: Done) -> dict[str, str]:
    """The one row of the table of `status`, by the heading of each column."""
    lines = done.out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  state "))
    row = [cell.strip() for cell in re.split(r" {2,}", lines[at + 1])]
    names = [cell.strip() for cell in re.split(r" {2,}", lines[at].strip())]
    assert len(names) == len(row), done
    found = dict(zip(names, row, strict=True))
    return {**found, "state": found["state"].partition(" ")[2]}


def test_a_disk_without_jobs_and_points_has_none(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        row = cells(azure.run("status", *EVERY))
        assert (row["state"], row["newest"], row["age"], row["last job"], row["last drill"]) == (
            "waiting", "-", "-", "-", "never",
        )  # fmt: skip
        assert row["snapshots"] == "0 of 450"


def test_jobs_that_nobody_can_read_are_not_none(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), unavailable(GRAPH), unavailable(JOBS), clock="virtual") as azure:
        row = cells(azure.run("status", *EVERY))
        assert (row["state"], row["last job"]) == ("unknown", "unknown")
        assert row["newest"].startswith("2026-"), "its recovery points tell"
        azure.rules(unavailable(GRAPH), unavailable(JOBS), unavailable(POINTS))
        row = cells(azure.run("status", *EVERY))
        assert (row["newest"], row["age"], row["last job"]) == ("unknown", "unknown", "unknown")
        assert row["promised"] == "6 hours"


def test_snapshots_that_nobody_can_count_are_not_none(forged: Forged) -> None:
    rules = unavailable(GRAPH), unavailable("GET */snapshots")
    with forged(quickstart().aged("1d"), *rules, clock="virtual") as azure:
        row = cells(azure.run("status", *EVERY))
        assert (row["snapshots"], row["last job"].split()[0]) == ("unknown", "completed")


def test_nothing_is_known_of_a_disk_in_a_vault_that_nobody_can_tell_of(forged: Forged) -> None:
    where = "*/backupVaults/TestBkpVault"
    rules = lacks("GET */backupVaults", where), unavailable(f"GET {where}")
    with forged(quickstart().aged("1d"), *rules, clock="virtual") as azure:
        done = azure.run("status", *EVERY)
        row = cells(done)
        told = {row[name] for name in ("protection", "newest", "age", "last job", "last drill")}
        assert (done.code, row["state"], told) == (1, "unknown", {"unknown"}), done


def test_a_disk_that_is_gone_has_a_backup_instance_still(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        azure.delete("*/disks/PSTestDisk")
        row = cells(azure.run("status", *EVERY))
        assert (row["state"], row["protection"], row["last drill"]) == ("gone", "protected", "unknown")
