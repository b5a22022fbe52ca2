"""A backup instance that was made anew begins without recovery points: jobs of the one before it prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from forging import Azure, Estate, disks, quickstart, selected, unavailable

Forged = Callable[..., AbstractContextManager[Azure]]
INSTANCES = "*/backupInstances/{}-*"


def row(azure: Azure, name: str) -> dict[str, Any]:
    """What status tells of a disk."""
    rows = azure.run("status", "--format", "json").document["disks"]
    (found,) = (one for one in rows if one["disk"].endswith(name))
    return dict(found)


@pytest.mark.parametrize(
    ("estate", "name"),
    [(quickstart(), "PSTestDisk"), (disks(2), "disk-02"), (selected(2), "disk-01")],
    ids=["one", "named", "selected"],
)
def test_it_waits_for_its_first_backup(forged: Forged, estate: Estate, name: str) -> None:
    with forged(estate.aged("2d"), clock="virtual") as azure:
        azure.delete(INSTANCES.format(name))
        assert azure.run("apply", "--auto-approve").code == 0
        again = row(azure, name)
        assert (again["state"], again["newest_recovery_point"], again["last_proven"]) == ("waiting", None, None)
        azure.advance("1d")
        later = row(azure, name)
        assert later["state"] == "ok"


def test_it_is_late_if_no_backup_comes_though_the_one_before_had_some(forged: Forged) -> None:
    with forged(quickstart().aged("2d"), clock="virtual") as azure:
        azure.delete(INSTANCES.format("PSTestDisk"))
        azure.switch(scheduled_backups=False)
        assert azure.run("apply", "--auto-approve").code == 0
        azure.advance("1d")
        assert row(azure, "PSTestDisk")["state"] == "late"


def test_where_resource_graph_is_away_the_vaults_own_jobs_are_read_alike(forged: Forged) -> None:
    with forged(quickstart().aged("2d"), unavailable("POST *Microsoft.ResourceGraph*"), clock="virtual") as azure:
        azure.delete(INSTANCES.format("PSTestDisk"))
        azure.run("apply", "--auto-approve")
        assert row(azure, "PSTestDisk")["newest_recovery_point"] is None


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(hours=3), timedelta(days=2)])
def test_a_time_of_creation_in_the_future_hides_no_job_that_failed(forged: Forged, ahead: timedelta) -> None:
    """A clock that was wrong may have written it."""
    with forged(quickstart(), clock="virtual") as azure:
        azure.fail_backups("*/disks/PSTestDisk", times=9)
        azure.advance("1d")
        azure.patch(INSTANCES.format("PSTestDisk"), {"tags": {"reconciler-protected": f"{azure.now + ahead:%FT%TZ}"}})
        told = row(azure, "PSTestDisk")
        assert (told["state"], told["last_job"]) == ("failing", "failed"), told


@pytest.mark.parametrize("word", ["Completed", "CompletedWithWarnings"])
def test_a_backup_that_ended_with_warnings_is_one(forged: Forged, word: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.switch(job_success=word)
        azure.advance("1d")
        told = row(azure, "PSTestDisk")
        assert (told["state"], told["newest_recovery_point"] is not None) == ("ok", True), told


def test_what_was_not_read_is_not_called_none(forged: Forged) -> None:
    """Resource Graph lags; a first recovery point that isn't due yet may be there."""
    with forged(quickstart(), clock="virtual") as azure:
        azure.switch(graph_lag="7200")
        azure.advance("10m")
        told = row(azure, "PSTestDisk")
        assert (told["state"], told["note"]) == ("waiting", "its first recovery point isn't due yet"), told
