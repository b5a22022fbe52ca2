"""R10: times that stand for none are none, whoever shows them; years have four digits, and no length is absurd."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import APPS
from forging import GRAPH, Azure, edits_rows, quickstart

Forged = Callable[..., AbstractContextManager[Azure]]

NONE = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "1601-01-01T00:00:00+00:00", "0001-01-01T00:00:00"]
ABSURD = re.compile(r"(?<![\w-])-\d|\d{5,} (h|min|hours|days)|\b(0001|9999|1601)-")


@pytest.mark.parametrize("time", NONE)
def test_jobs(forged: Forged, time: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(edits_rows("GET */backupJobs", "*", {"properties.endTime": time}, times=2))
        listed = azure.run("jobs list", "--format", "json")
        assert {one["ended"] for one in listed.document["jobs"]} == {None}, listed
        text = azure.run("jobs list")
        assert (text.code, ABSURD.search(text.text)) == (0, None), text


@pytest.mark.parametrize("time", NONE)
def test_a_job_that_began_at_no_time_is_listed_without_one(forged: Forged, time: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(
            edits_rows("GET */backupJobs", "*", {"properties.startTime": time}),
            edits_rows(GRAPH, lambda row: "newest" in row, {"newest": time}),
        )
        status = azure.run("status", "--format", "json")
        assert "unexpected" not in status.text, status
        assert ABSURD.search(status.text) is None


@pytest.mark.parametrize(
    ("began", "ended"),
    [("2026-01-05T12:00:00Z", "2026-01-05T11:00:00Z"), ("2026-01-05T12:00:00Z", "2093-01-05T11:00:00Z")],
)
def test_no_job_takes_less_than_nothing_or_years(forged: Forged, began: str, ended: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(edits_rows("GET */backupJobs", "*", {"properties.startTime": began, "properties.endTime": ended}))
        text = azure.run("jobs list", "--since", "60d")
        assert (text.code, ABSURD.search(text.text)) == (0, None), text


@pytest.mark.parametrize("time", NONE)
def test_recovery_points(forged: Forged, time: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("2d")
        said = {"properties.expiryTime": time, "properties.recoveryPointDataStoresDetails.0.expiryTime": time}
        azure.rules(edits_rows("GET */recoveryPoints", "*", said))
        done = azure.run("recovery-points", "--format", "json")
        points = done.document["disks"][0]["recovery_points"]
        assert {one["expires"] for one in points} == {None}, done
        text = azure.run("recovery-points")
        assert (text.code, ABSURD.search(text.text)) == (0, None), text


@pytest.mark.parametrize("time", NONE)
def test_when_a_deleted_instance_is_purged(forged: Forged, time: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        (own,) = azure.ids("*/backupInstances/*")
        azure.ask("DELETE", own)
        azure.advance("1h")
        azure.rules(
            edits_rows("GET */deletedBackupInstances", "*", {"properties.deletionInfo.scheduledPurgeTime": time})
        )
        for verb in ("plan", "status"):
            done = azure.run(verb)
            assert ABSURD.search(done.text) is None, done
            assert "unexpected" not in done.text


@pytest.mark.parametrize("time", NONE[:2])
def test_what_a_lost_disk_s_points_expire_at(forged: Forged, time: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("2d")
        azure.delete(f"/subscriptions/{APPS}/resourceGroups/diskrg/providers/Microsoft.Compute/disks/PSTestDisk")
        said = {"properties.expiryTime": time, "properties.recoveryPointDataStoresDetails.0.expiryTime": time}
        azure.rules(edits_rows("GET */recoveryPoints", "*", said, optional=True))
        done = azure.run("drift")
        assert (done.code, ABSURD.search(done.text)) == (1, None), done
