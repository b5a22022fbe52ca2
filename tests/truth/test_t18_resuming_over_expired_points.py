"""T18: resuming cleans up the recovery points that expired meanwhile, so it takes their exact number."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import arm
import pytest
from arm import disk_id
from forging import Azure, Done, disks, edits_rows, forbidden, quickstart, unavailable
from manifests import DISK, POLICY, disk, manifest

Forged = Callable[..., AbstractContextManager[Azure]]
EXPIRED = {"properties.expiryTime": "2026-01-06T00:00:00.0000000Z"}
KEEPS_LONGER = POLICY | {"retention": {"default": "9d"}}


def state(azure: Azure, name: str = "PSTestDisk") -> str:
    rows = azure.show("*/backupInstances/*")
    found = {row["properties"]["friendlyName"]: row["properties"]["currentProtectionState"] for row in rows}
    return found.get(name, "gone")


def points(azure: Azure, name: str = "*") -> int:
    return len(azure.ids(f"*/backupInstances/{name}*/recoveryPoints/*"))


def halt(azure: Azure, meanwhile: str, **said: Any) -> int:
    """Halt the quickstart's disk and declare it protected later; how many recovery points there are then."""
    done = azure.run("apply", "--auto-approve")
    assert done.code == 0, done
    azure.advance(meanwhile)
    azure.declare(manifest(**said))
    azure.forget()
    return points(azure)


def told(done: Done, code: str) -> Any:
    return next(row for row in done.document["findings"] if row["code"] == code)


def test_a_disk_that_was_stopped_for_long_is_resumed_with_the_exact_number_only(forged: Forged) -> None:
    with forged(quickstart().aged("5d").saying(disks=[DISK | {"protection": "stopped"}]), clock="virtual") as azure:
        kept = halt(azure, "20d")
        assert kept >= 29
        planned = azure.run("plan", "--format", "json")
        error = told(planned, "resume-expires")
        assert (planned.code, planned.document["changes"]) == (1, []), planned
        assert (f"{kept - 1} recovery points" in error["message"], error["drift"]) == (True, "unhealthy")
        assert f"--force resume-expires={kept - 1}" in error["hint"]
        for key in ((), ("--force", f"resume-expires={kept}"), ("--force", f"resume-expires={kept - 2}")):
            done = azure.run("apply", "--auto-approve", *key)
            assert done.code == 1, done
            assert (state(azure), points(azure), azure.writes) == ("ProtectionStopped", kept, [])
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.document["classes"]["unhealthy"]["count"]) == (2, 1), drift

        key = ("--force", f"resume-expires={kept - 1}")
        opened = azure.run("plan", "--format", "json", *key)
        (change,) = opened.document["changes"]
        assert (opened.code, change["expires"]) == (0, kept - 1), opened
        done = azure.run("apply", "--auto-approve", *key)
        assert done.code == 0, done
        assert f"Resuming deletes {kept - 1} recovery points." in done.out
        assert (state(azure), points(azure)) == ("ProtectionConfigured", 1)


def test_a_short_stop_costs_nothing_and_needs_no_key(forged: Forged) -> None:
    with forged(quickstart().aged("5d").saying(disks=[DISK | {"protection": "stopped"}]), clock="virtual") as azure:
        kept = halt(azure, "1d")
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert (state(azure), points(azure)) == ("ProtectionConfigured", kept)
        assert "Resuming deletes" not in done.out
        assert "resuming deletes" not in done.out


def test_an_undelete_ends_stopped_with_its_points(forged: Forged) -> None:
    with forged(quickstart().aged("5d"), clock="virtual") as azure:
        (instance,) = azure.ids("*/backupInstances/*")
        azure.ask("DELETE", instance)
        azure.advance("12d")
        kept = points(azure)
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert done.code == 1, done
        (result,) = (row for row in done.document["results"] if row["code"])
        assert (result["status"], result["code"]) == ("failed", "resume-expires")
        assert (state(azure), points(azure)) == ("ProtectionStopped", kept)

        again = azure.run("plan", "--format", "json")
        key = ("--force", f"resume-expires={kept - 1}")
        assert key[1] in told(again, "resume-expires")["hint"]
        assert azure.run("apply", "--auto-approve", *key).code == 0
        assert (state(azure), points(azure)) == ("ProtectionConfigured", 1)
        assert azure.run("drift").code == 0


def test_an_undelete_in_time_is_resumed_at_once(forged: Forged) -> None:
    with forged(quickstart().aged("5d"), clock="virtual") as azure:
        (instance,) = azure.ids("*/backupInstances/*")
        azure.ask("DELETE", instance)
        azure.advance("1h")
        kept = points(azure)
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert (state(azure), points(azure)) == ("ProtectionConfigured", kept)


def test_a_stopped_disk_that_is_declared_suspended_would_be_resumed_on_the_way(forged: Forged) -> None:
    with forged(quickstart().aged("5d").saying(disks=[DISK | {"protection": "stopped"}]), clock="virtual") as azure:
        kept = halt(azure, "20d", disks=[DISK | {"protection": "suspended"}])
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert (state(azure), points(azure)) == ("ProtectionStopped", kept)
        assert azure.run("apply", "--auto-approve", "--force", f"resume-expires={kept - 1}").code == 0
        assert (state(azure), points(azure)) == ("BackupsSuspended", 1)


def test_a_suspended_disk_whose_expired_points_are_listed_still(forged: Forged) -> None:
    """Suspended backups age by their policy; what lists show of the expired ones, a resume cleans up."""
    suspended = quickstart().aged("5d").saying(disks=[DISK | {"protection": "suspended"}])
    expired = edits_rows("GET */recoveryPoints", "*", EXPIRED)
    with forged(suspended, clock="virtual") as azure:
        kept = halt(azure, "1d")
        azure.rules(expired)
        done = azure.run("apply", "--auto-approve")
        assert (done.code, f"resume-expires={kept - 1}" in done.out) == (1, True), done
        assert (state(azure), azure.writes) == ("BackupsSuspended", [])
        azure.rules()
        assert azure.run("apply", "--auto-approve").code == 0
        assert state(azure) == "ProtectionConfigured"


@pytest.mark.parametrize("rule", [forbidden("GET */recoveryPoints"), unavailable("GET */recoveryPoints")])
def test_where_the_points_cannot_be_read_nothing_is_resumed_and_the_rest_goes_on(forged: Forged, rule: Any) -> None:
    said = disks(2).aged("1d").saying(disks=[disk("disk-01", protection="stopped"), disk("disk-02")])
    with forged(said, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.put(disk_id("new"), arm.disk("new"))
        azure.declare(manifest(disks=[disk("disk-01"), disk("disk-02"), disk("new")]))
        azure.rules(rule)
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "is not resumed" in done.text) == (1, True), done
        assert (state(azure, "disk-01"), state(azure, "new")) == ("ProtectionStopped", "ProtectionConfigured")
        assert azure.calls("POST */resumeProtection") == []


def test_the_number_is_that_of_all_disks_together(forged: Forged) -> None:
    both = [disk(f"disk-{number:02}", protection="stopped") for number in (1, 2)]
    with forged(disks(2).aged("3d").saying(disks=both), clock="virtual") as azure:
        kept = halt(azure, "20d", disks=[disk("disk-01"), disk("disk-02")], policies=[KEEPS_LONGER])
        planned = azure.run("plan", "--format", "json")
        assert [change["kind"] for change in planned.document["changes"]] == [], "no policy for nobody"
        wrong = azure.run("apply", "--auto-approve", "--force", f"resume-expires={points(azure, 'disk-01') - 1}")
        assert (wrong.code, azure.writes) == (1, []), wrong
        done = azure.run("apply", "--auto-approve", "--force", f"resume-expires={kept - 2}")
        assert done.code == 0, done
        assert points(azure) == 2
        assert azure.run("plan", "--detailed-exitcode").code == 0


def test_what_expires_between_the_plan_and_the_resume_stops_it(forged: Forged) -> None:
    """The plan counts none; when it is carried out, all but the newest would go."""
    with forged(quickstart().aged("5d").saying(disks=[DISK | {"protection": "stopped"}]), clock="virtual") as azure:
        kept = halt(azure, "1d")
        azure.rules(edits_rows("GET */recoveryPoints", "*", EXPIRED, after=1))
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "resume-expires" in done.codes or "resume-expires" in done.text) == (1, True), done
        assert (state(azure), points(azure)) == ("ProtectionStopped", kept)
        assert azure.calls("POST */resumeProtection") == []


@pytest.mark.parametrize("said", ["resume-expires", "resume-expires=", "resume-expires=all", "resume-expires=-1"])
def test_the_key_is_a_number(forged: Forged, said: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("plan", "--force", said)
        assert (done.code, "needs a number" in done.err, azure.requests) == (1, True, []), done


def test_the_key_of_a_resume_that_is_done_opens_nothing_and_harms_nothing(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve", "--force", "resume-expires=36")
        assert done.code == 0, done
        assert azure.writes == []
