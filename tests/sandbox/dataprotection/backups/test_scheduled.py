from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from effort import effort

from reconciler.sandbox.dataprotection.jobs import mishaps
from reconciler.sandbox.dataprotection.policies import schedules

DAY = 86400
START_WINDOW = timedelta(hours=2)


def points(azure: Any) -> list[dict[str, Any]]:
    """The recovery points, newest first."""
    return [row["properties"] for row in azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]]


def jobs(azure: Any, **wanted: Any) -> list[dict[str, Any]]:
    """The jobs that have these properties, oldest first."""
    rows, page = [], azure.get(f"{azure.VAULT}/backupJobs")
    while True:
        rows += [row["properties"] for row in page["value"]]
        if "nextLink" not in page:
            break
        page = azure.get(page["nextLink"])
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return sorted(found, key=lambda row: str(row["startTime"]))


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def tagged_policy(azure: Any, every: str = "PT4H", start: str = "2020-04-05T13:00:00+00:00") -> dict[str, Any]:
    """The policy of the stage, with retention rules for the first backup of a day and of a week."""
    body: dict[str, Any] = azure.policy_body(every, "P2D", start)
    backup, default = body["properties"]["policyRules"]
    for tag, criterion, priority, keep in (("Daily", "FirstOfDay", 25, "P10D"), ("Weekly", "FirstOfWeek", 20, "P8W")):
        criteria = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [criterion]}]
        info = {"isDefault": False, "taggingPriority": priority, "tagInfo": {"tagName": tag}, "criteria": criteria}
        backup["trigger"]["taggingCriteria"].append(info)
        lifecycle = {
            **default["lifecycles"][0],
            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": keep},
        }
        body["properties"]["policyRules"].append(
            {**default, "name": tag, "isDefault": False, "lifecycles": [lifecycle]}
        )
    return body


def protect(azure: Any, policy: dict[str, Any]) -> Any:
    """The stage's disk under another policy."""
    name = f"{azure.VAULT}/backupPolicies/other"
    assert azure.call("PUT", name, policy).status == 200
    assert azure.call("PUT", azure.INSTANCE, azure.instance_body(policy=name)).status == 201
    azure.wait(70)
    return azure


def test_backups_begin_within_two_hours_of_being_due(protected: Any) -> None:
    protected.wait(3 * DAY)
    starts = [moment(job["startTime"]) for job in jobs(protected, status="Completed")]
    first = datetime(2026, 8, 30, 9, tzinfo=UTC)
    due = [first + timedelta(hours=4 * number) for number in range(len(starts))]
    assert len(starts) in {17, 18}
    assert all(timedelta() <= begun - wanted <= START_WINDOW for begun, wanted in zip(starts, due, strict=True))
    assert len({begun - wanted for begun, wanted in zip(starts, due, strict=True)}) > 10


def test_a_job_of_the_schedule_says_so_in_both_views(protected: Any) -> None:
    protected.world.set_switch("backup_start", "0")
    protected.wait(3600)
    (listed,) = jobs(protected)
    assert (listed["status"], listed["isUserTriggered"], listed["supportedActions"]) == ("InProgress", False, [])
    assert (listed["extendedInfo"], listed["endTime"]) == (None, None)
    assert points(protected) == []
    protected.wait(240)
    (row,) = protected.get(f"{protected.VAULT}/backupJobs")["value"]
    job = protected.get(row["id"])["properties"]
    (point,) = points(protected)
    assert (job["status"], job["duration"][:3], row["properties"]["duration"][:5]) == ("Completed", "PT3", "00:03")
    assert job["extendedInfo"]["targetRecoverPoint"]["recoveryPointID"] == point["recoveryPointId"]
    assert job["extendedInfo"]["additionalDetails"] == {"RetentionTag": "Default"}
    assert job["backupInstanceId"] == protected.INSTANCE


def test_looking_often_shows_the_same_as_looking_once(ready: Any) -> None:
    seen = []
    for steps in (1, 90):
        azure = type(ready)()
        for address in (f"{azure.VAULTS_AT}/resourceGroups/vaults", f"{azure.DISKS_AT}/resourceGroups/disks"):
            azure.group(address)
        azure.group(azure.SNAPSHOTS)
        azure.disk()
        azure.call("PUT", azure.VAULT, azure.vault_body())
        azure.wait(5)
        azure.grant_all()
        protect(azure, tagged_policy(azure))
        for _ in range(steps):
            azure.wait(20 * DAY / steps)
        seen.append((points(azure), jobs(azure)))
    assert seen[0] == seen[1]


def test_the_first_backup_of_a_day_and_of_a_week_is_kept_longer(ready: Any) -> None:
    azure = protect(ready, tagged_policy(ready))
    azure.wait(28 * DAY)
    kept: dict[str, list[datetime]] = {}
    for point in points(azure):
        kept.setdefault(point["retentionTagName"], []).append(moment(point["recoveryPointTime"]))
    now = azure.moment
    assert {tag: len(times) for tag, times in kept.items()} == {"Default": 10, "Daily": 8, "Weekly": 5}
    assert all(now - time <= timedelta(days=2) for time in kept["Default"])
    assert all(now - time <= timedelta(days=10) for time in kept["Daily"])
    assert [time.strftime("%a") for time in kept["Weekly"]] == ["Sun"] * 5
    snapshots = azure.world.table("microsoft.compute/snapshots")
    assert len(snapshots.below(azure.SNAPSHOTS.lower())) == 23


def test_a_failed_backup_is_not_the_first_of_its_day(ready: Any) -> None:
    ready.world.set_switch("backup_start", "0")
    azure = protect(ready, tagged_policy(ready, "P1D", "2020-01-01T10:00:00+00:00"))
    mishaps.ask_for(azure.world, azure.DISK, "UserErrorDiskBackupAuthorizationFailed", 1)
    azure.wait(2 * DAY)
    assert [point["retentionTagName"] for point in points(azure)] == ["Weekly"]
    (failed,) = jobs(azure, status="Failed")
    assert failed["errorDetails"][0]["code"] == "UserErrorDiskBackupAuthorizationFailed"


def test_the_latest_recovery_point_is_kept_when_backups_fail(protected: Any) -> None:
    protected.wait(DAY)
    protected.revoke_all()
    newest = points(protected)[0]
    protected.wait(30 * DAY)
    assert points(protected) == [newest]
    assert moment(newest["expiryTime"]) < protected.moment
    failed = jobs(protected, status="Failed")
    error = failed[-1]["errorDetails"][0]
    assert (len(failed), error["code"]) == (180, "UserErrorMissingRequiredPermissions")
    assert "does not have authorization" in str(error["details"][0]["innerError"]["additionalInfo"])


def test_backups_of_a_deleted_disk_fail(protected: Any) -> None:
    protected.wait(DAY)
    protected.world.remove(protected.DISK)
    before = len(jobs(protected, status="Completed"))
    protected.wait(DAY)
    assert len(jobs(protected, status="Completed")) == before
    assert {job["errorDetails"][0]["code"] for job in jobs(protected, status="Failed")} == {
        "UserErrorManagedDiskNotFound"
    }


def test_suspended_backups_expire_and_stopped_ones_stay(protected: Any) -> None:
    protected.wait(3 * DAY)
    protected.finish(protected.call("POST", f"{protected.INSTANCE}/stopProtection"), 60)
    stopped, made = points(protected), len(jobs(protected))
    protected.wait(100 * DAY)
    assert points(protected) == stopped
    assert len(stopped) > 15
    protected.finish(protected.call("POST", f"{protected.INSTANCE}/resumeProtection"), 60)
    protected.finish(protected.call("POST", f"{protected.INSTANCE}/suspendBackups"), 60)
    assert points(protected) == stopped[:1]
    protected.wait(10 * DAY)
    assert points(protected) == stopped[:1]
    assert made > 0
    assert jobs(protected) == []


def test_soft_deletion_keeps_recovery_points_until_the_purge(protected: Any) -> None:
    protected.wait(2 * DAY)
    kept = points(protected)
    protected.finish(protected.call("DELETE", protected.INSTANCE), 80)
    protected.wait(10 * DAY)
    deleted = f"{protected.VAULT}/deletedBackupInstances/{protected.INSTANCE.rsplit('/', 1)[-1]}"
    assert protected.call("POST", f"{deleted}/undelete").status == 200
    assert points(protected) == kept
    protected.finish(protected.call("DELETE", protected.INSTANCE), 80)
    protected.wait(15 * DAY)
    for table in (
        "microsoft.compute/snapshots",
        "microsoft.dataprotection/backupvaults/backupinstances/recoverypoints",
    ):
        assert len(protected.world.table(table)) == 0


def test_a_new_policy_takes_over_and_old_points_keep_their_expiry(protected: Any) -> None:
    protected.wait(DAY)
    old = points(protected)
    other = f"{protected.VAULT}/backupPolicies/daily"
    protected.call("PUT", other, protected.policy_body("P1D", "P30D", "2020-01-01T02:00:00+00:00"))
    protected.call("PUT", protected.INSTANCE, protected.instance_body(policy=other))
    protected.wait(5 * DAY)
    new = [point for point in points(protected) if point["policyName"] == "daily"]
    assert len(new) == 5
    assert [point for point in points(protected) if point["policyName"] != "daily"] == old


def test_wall_clock_times_stay_the_same_over_a_change_of_clocks() -> None:
    interval = "R/2020-01-01T02:30:00+01:00/P1D"
    trigger = {"schedule": {"repeatingTimeIntervals": [interval], "timeZone": "W. Europe Standard Time"}}
    rule = {"objectType": "AzureBackupRule", "trigger": trigger}
    schedule = schedules.schedule_of({"policyRules": [rule]})
    assert schedule is not None
    found, after = [], datetime(2026, 10, 23, 12, tzinfo=UTC).timestamp()
    for _ in range(4):
        after = schedules.following(schedule, after).at
        found.append(f"{datetime.fromtimestamp(after, UTC):%d %H:%M}")
    assert found == ["24 00:30", "25 00:30", "26 01:30", "27 01:30"]


def test_a_year_of_many_disks_costs_little(ready: Any) -> None:
    azure = ready
    azure.grant(azure.principal(), azure.READER, f"{azure.DISKS_AT}/resourceGroups/disks")
    for number in range(6):
        disk = f"{azure.DISK}-{number}"
        azure.disk(disk)
        address = f"{azure.VAULT}/backupInstances/many-{number}"
        assert azure.call("PUT", address, azure.instance_body(disk=disk)).status == 201

    def year() -> None:
        for _ in range(12):
            azure.wait(30 * DAY)

    assert effort(year, runs=1) < 5, "a tenth of a team's disks for a year"
    assert len(azure.world.table("microsoft.compute/snapshots")) == 6 * 42


def test_the_first_backup_of_a_month_and_of_a_year_is_kept_longer_still(ready: Any) -> None:
    body = ready.policy_body("P1D", "P2D", "2020-01-01T10:00:00+00:00")
    backup, default = body["properties"]["policyRules"]
    for tag, criterion, priority, keep in (("Monthly", "FirstOfMonth", 15, "P6M"), ("Audit", "FirstOfYear", 10, "P1Y")):
        criteria = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [criterion]}]
        info = {"isDefault": False, "taggingPriority": priority, "tagInfo": {"tagName": tag}, "criteria": criteria}
        backup["trigger"]["taggingCriteria"].append(info)
        after = {"objectType": "AbsoluteDeleteOption", "duration": keep}
        lifecycle = {**default["lifecycles"][0], "deleteAfter": after}
        rule = {**default, "name": tag, "isDefault": False, "lifecycles": [lifecycle]}
        body["properties"]["policyRules"].append(rule)
    azure = protect(ready, body)
    azure.wait(160 * DAY)
    kept = [(row["retentionTagName"], moment(row["recoveryPointTime"]).date().isoformat()) for row in points(azure)]
    months = [("Monthly", f"{month}-01") for month in ("2026-11", "2026-10", "2026-09")]
    audits = [("Audit", "2027-01-01")]
    longer = [row for row in kept if row[0] != "Default"]
    assert longer == [("Monthly", "2027-02-01"), *audits, ("Monthly", "2026-12-01"), *months, ("Audit", "2026-08-30")]


@pytest.mark.parametrize(
    ("start", "instant", "as_written"),
    [
        ("2022-05-31T23:30:00+01:00", 30, 1410),
        ("2022-01-31T23:30:00+01:00", 1410, 1410),
        ("2022-01-31T23:30:00+02:00", 1350, 1410),
        ("2022-05-31T23:30:00+00:00", 90, 90),
        ("2022-05-31T23:30:00+05:30", 1200, 1200),
    ],
)
def test_a_start_with_an_offset_of_its_own_zone_is_read_in_one_of_two_ways(
    start: str, instant: int, as_written: int
) -> None:
    schedule = {"repeatingTimeIntervals": [f"R/{start}/P1D"], "timeZone": "W. Europe Standard Time"}
    properties = {"policyRules": [{"objectType": "AzureBackupRule", "trigger": {"schedule": schedule}}]}
    for reading, minute in ((False, instant), (True, as_written)):
        found = schedules.schedule_of(properties, as_written=reading)
        assert found is not None
        assert found.minutes == (minute,)


@pytest.mark.parametrize(("value", "hour"), [("instant", 22), ("wall-clock", 21)])
def test_backups_follow_the_reading_that_a_switch_tells(ready: Any, value: str, hour: int) -> None:
    ready.world.set_switch("start_offset", value)
    ready.world.set_switch("backup_start", "0")
    body = ready.policy_body("P1D", start="2022-05-31T23:30:00+01:00")
    body["properties"]["policyRules"][0]["trigger"]["schedule"]["timeZone"] = "W. Europe Standard Time"
    azure = protect(ready, body)
    azure.wait(DAY)
    (job,) = jobs(azure)
    assert moment(job["startTime"]).hour == hour


@pytest.mark.parametrize(
    ("place", "value", "sku"),
    [
        ("westus2", "zonal", "Standard_ZRS"),
        ("westus", "zonal", "Standard_LRS"),
        ("westus2", "local", "Standard_LRS"),
    ],
)
def test_snapshots_are_zone_redundant_where_the_region_has_zones(ready: Any, place: str, value: str, sku: str) -> None:
    ready.world.set_switch("snapshot_redundancy", value)
    ready.world.find(ready.VAULT)["location"] = place
    ready.disk(location=place)
    azure = protect(ready, ready.policy_body())
    azure.wait(DAY)
    table = azure.world.table("microsoft.compute/snapshots")
    assert {table[key]["sku"]["name"] for key in table.below(azure.SNAPSHOTS.lower())} == {sku}
