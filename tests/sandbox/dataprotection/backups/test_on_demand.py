from __future__ import annotations

import re
from typing import Any

import pytest

RULE = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}


def test_a_backup_names_a_job_that_ends_with_a_recovery_point(protected: Any) -> None:
    azure = protected
    response = azure.call("POST", f"{azure.INSTANCE}/backup", RULE)
    assert (response.status, response.headers["Retry-After"]) == (202, "30")
    ended = azure.finish(response, 3)
    assert ended["status"] == "Succeeded"
    job_id = ended["properties"]["jobId"]
    assert azure.get(response.headers["Location"]) == {"objectType": "OperationJobExtendedInfo", "jobId": job_id}
    running = azure.get(job_id)["properties"]
    assert (running["status"], running["endTime"], running["duration"]) == ("InProgress", None, "PT0S")
    azure.wait(230)
    job = azure.get(job_id)["properties"]
    assert (job["status"], job["duration"][:3], job["destinationDataStoreName"]) == (
        "Completed",
        "PT3",
        "OperationalTierStore",
    )
    (row,) = azure.get(f"{azure.VAULT}/backupJobs")["value"]
    assert (row["properties"]["extendedInfo"], row["properties"]["duration"][:5]) == (None, "00:03")
    (point,) = azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]
    assert point["name"] == job["extendedInfo"]["targetRecoverPoint"]["recoveryPointID"]
    assert (point["properties"]["retentionTagName"], point["properties"]["expiryTime"][:10]) == (
        "Default",
        "2026-09-06",
    )
    whole = azure.get(point["id"])
    for store in whole["properties"]["recoveryPointDataStoresDetails"]:
        store["metaData"] = None
    assert whole == point
    snapshots = azure.world.table("microsoft.compute/snapshots").below(azure.SNAPSHOTS.lower())
    assert len(snapshots) == 1


def test_recovery_points_come_newest_first(protected: Any) -> None:
    for _ in range(3):
        protected.call("POST", f"{protected.INSTANCE}/backup", RULE)
        protected.wait(300)
    times = [
        row["properties"]["recoveryPointTime"] for row in protected.get(f"{protected.INSTANCE}/recoveryPoints")["value"]
    ]
    assert times == sorted(times, reverse=True)
    assert len(times) == 3
    older = protected.get(f"{protected.INSTANCE}/recoveryPoints?$filter=endDate eq '{times[1]}'")["value"]
    assert [row["properties"]["recoveryPointTime"] for row in older] == times[1:]


def test_a_rule_that_the_policy_does_not_have_is_refused(protected: Any) -> None:
    body = {"backupRuleOptions": {"ruleName": "BackupDaily"}}
    refused = protected.refused("POST", f"{protected.INSTANCE}/backup", body)
    assert refused == (400, "BMSUserErrorDPPAdhocBackupNotAllowedForBackupType")
    assert protected.refused("POST", f"{protected.INSTANCE}/backup", {})[0] == 400


def test_a_tag_that_the_policy_does_not_have_is_refused_unless_switched(protected: Any) -> None:
    def tagged(tag: str) -> Any:
        return {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {"retentionTagOverride": tag}}}

    path = f"{protected.INSTANCE}/backup"
    assert protected.call("POST", path, tagged("default")).status == 202
    assert protected.refused("POST", path, tagged("Weekly")) == (400, "BMSUserErrorInvalidInput")
    protected.world.set_switch("adhoc_unknown_tag", "default")
    assert protected.call("POST", path, tagged("Weekly")).status == 202
    protected.wait(300)
    points = protected.get(f"{protected.INSTANCE}/recoveryPoints")["value"]
    assert [point["properties"]["retentionTagName"] for point in points] == ["Default", "Default"]


def test_ten_backups_a_day_and_no_more(protected: Any) -> None:
    path = f"{protected.INSTANCE}/backup"
    assert [protected.call("POST", path, RULE).status for _ in range(11)] == [202] * 10 + [400]
    protected.wait(86400)
    assert protected.call("POST", path, RULE).status == 202


def test_a_job_fails_when_the_rights_are_gone(protected: Any) -> None:
    response = protected.call("POST", f"{protected.INSTANCE}/backup", RULE)
    protected.revoke_all()
    job_id = protected.finish(response, 3)["properties"]["jobId"]
    protected.wait(230)
    job = protected.get(job_id)["properties"]
    assert job["status"] == "Failed"
    assert job["errorDetails"][0]["code"] == "UserErrorMissingRequiredPermissions"
    assert protected.get(f"{protected.INSTANCE}/recoveryPoints")["value"] == []


def test_jobs_may_end_in_other_words(protected: Any) -> None:
    protected.world.set_switch("job_success", "CompletedWithWarnings")
    protected.world.set_switch("job_failure", "Cancelled")
    for _ in range(2):
        assert protected.call("POST", f"{protected.INSTANCE}/backup", RULE).status == 202
        protected.wait(300)
        protected.revoke_all()
    jobs = protected.get(f"{protected.VAULT}/backupJobs")["value"]
    assert {row["properties"]["status"] for row in jobs} == {"CompletedWithWarnings", "Cancelled"}


def test_a_stopped_instance_is_not_backed_up(protected: Any) -> None:
    protected.finish(protected.call("POST", f"{protected.INSTANCE}/stopProtection"), 60)
    assert protected.call("POST", f"{protected.INSTANCE}/backup", RULE).status == 400


def test_a_job_bears_the_tag_of_its_row_as_recorded(protected: Any) -> None:
    job = protected.finish(protected.call("POST", f"{protected.INSTANCE}/backup", RULE), 3)["properties"]["jobId"]
    tag = re.compile(r"""W/"datetime'2026-08-30T\d\d%3A\d\d%3A\d\d\.\d{7}Z'\"""")
    begun = protected.get(job)["properties"]["etag"]
    assert tag.fullmatch(begun)
    protected.wait(240)
    ended = protected.get(job)["properties"]["etag"]
    assert tag.fullmatch(ended)
    assert ended > begun, "it was written once more"
    assert protected.get(job)["properties"]["etag"] == ended
    (row,) = protected.get(f"{protected.VAULT}/backupJobs")["value"]
    assert row["properties"]["etag"] == ended
    assert re.fullmatch(r"00:03:\d\d\.\d{7}", row["properties"]["duration"])


@pytest.mark.parametrize(("value", "told"), [("null", None), ("sentinel", "0001-01-01T00:00:00Z")])
def test_a_running_job_has_no_end(protected: Any, value: str, told: str | None) -> None:
    protected.world.set_switch("running_end_time", value)
    job = protected.finish(protected.call("POST", f"{protected.INSTANCE}/backup", RULE), 3)["properties"]["jobId"]
    (row,) = protected.get(f"{protected.VAULT}/backupJobs")["value"]
    assert protected.get(job)["properties"]["endTime"] == row["properties"]["endTime"] == told
    assert row["properties"]["duration"][:8] == "00:00:03"
    protected.wait(240)
    assert protected.get(job)["properties"]["endTime"][:4] == "2026"


@pytest.mark.parametrize(("value", "told"), [("null", None), ("sentinel", "0001-01-01T00:00:00Z")])
def test_so_has_a_scheduled_one(protected: Any, value: str, told: str | None) -> None:
    protected.world.set_switch("running_end_time", value)
    protected.world.set_switch("backup_start", "0")
    protected.wait(3600)
    (row,) = protected.get(f"{protected.VAULT}/backupJobs")["value"]
    assert row["properties"]["endTime"] == protected.get(row["id"])["properties"]["endTime"] == told
