"""The snapshots behind recovery points: real resources, which can go before their recovery points do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from reconciler.sandbox.sandbox import Sandbox

RULE = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
DAY = 86400


def points(azure: Any) -> list[dict[str, Any]]:
    return list(azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"])


def snapshots(azure: Any) -> list[dict[str, Any]]:
    table = azure.world.table("microsoft.compute/snapshots")
    return [table[key] for key in table.below(azure.SNAPSHOTS.lower())]


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def backed_up(azure: Any, *, how: str) -> Any:
    if how == "on demand":
        azure.call("POST", f"{azure.INSTANCE}/backup", RULE)
        azure.wait(300)
    else:
        azure.wait(DAY)
    return azure


@pytest.mark.parametrize("how", ["on demand", "scheduled"])
def test_a_snapshot_names_its_disk_and_is_older_than_its_recovery_point(protected: Any, how: str) -> None:
    azure = backed_up(protected, how=how)
    azure.disk(uniqueId="the-disk")
    azure.wait(DAY)
    rows = {row["name"]: row["properties"] for row in points(azure)}
    assert rows
    for snapshot in snapshots(azure):
        properties, tags = snapshot["properties"], snapshot["tags"]
        row = rows[snapshot["name"].removeprefix("AzureBackup_")]
        assert properties["creationData"]["sourceResourceId"] == azure.DISK
        assert properties["incremental"] is True
        assert tags["CreatedBy"] == "AzureBackup"
        made = moment(row["recoveryPointTime"]) - moment(properties["timeCreated"])
        assert 71 <= made.total_seconds() <= 79
        (store,) = row["recoveryPointDataStoresDetails"]
        assert store["creationTime"][:26] == properties["timeCreated"][:26]
        kept = moment(row["expiryTime"]) - moment(store["creationTime"])
        assert abs(kept.total_seconds() - 7 * DAY) < 1
    assert {one["properties"]["creationData"]["sourceUniqueId"] for one in snapshots(azure)} == {"", "the-disk"}


def test_a_job_names_its_recovery_point_without_a_time(protected: Any) -> None:
    backed_up(protected, how="scheduled")
    told = {row["name"] for row in points(protected)}
    for row in protected.get(f"{protected.VAULT}/backupJobs")["value"]:
        made = protected.get(row["id"])["properties"]["extendedInfo"]["targetRecoverPoint"]
        if made:
            assert made == {"recoveryPointID": made["recoveryPointID"], "recoveryPointTime": "0001-01-01T00:00:00Z"}
            told.remove(made["recoveryPointID"])
    assert not told


@pytest.mark.parametrize("value", ["as-before", "marked"])
def test_a_recovery_point_whose_snapshot_is_gone_stays_and_cannot_be_restored(protected: Any, value: str) -> None:
    azure = backed_up(protected, how="scheduled")
    azure.world.set_switch("point_without_snapshot", value)
    gone, *others = points(azure)
    azure.world.remove(f"{azure.SNAPSHOTS}/providers/Microsoft.Compute/snapshots/AzureBackup_{gone['name']}")
    first, *rest = points(azure)
    assert (first["name"], rest) == (gone["name"], others)
    expected = ("Completed", True) if value == "as-before" else ("Partial", False)
    (store,) = first["properties"]["recoveryPointDataStoresDetails"]
    assert (first["properties"]["recoveryPointState"], store["visible"]) == expected
    whole = azure.get(first["id"])
    whole["properties"]["recoveryPointDataStoresDetails"][0]["metaData"] = None
    assert whole == first
    assert _restored(azure, gone["name"]) == "UserErrorDiskSnapshotNotFound"
    azure.wait(8 * DAY)
    assert gone["name"] not in {row["name"] for row in points(azure)}, "it expires as any other"


def _restored(azure: Any, point: str) -> str:
    target = f"{azure.DISKS_AT}/resourceGroups/disks/providers/Microsoft.Compute/disks/restored"
    request = {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": point,
        "sourceDataStoreType": "OperationalStore",
        "restoreTargetInfo": {
            "recoveryOption": "FailIfExists",
            "restoreLocation": "westus",
            "datasourceInfo": {"resourceID": target},
        },
    }
    job = azure.finish(azure.call("POST", f"{azure.INSTANCE}/restore", request), 3)["properties"]["jobId"]
    azure.wait(240)
    return str(azure.get(job)["properties"]["errorDetails"][0]["code"])


def test_a_new_disk_under_the_name_has_snapshots_of_its_own(protected: Any) -> None:
    backed_up(protected, how="scheduled")
    protected.disk(uniqueId="another")
    protected.wait(DAY)
    newest = max(snapshots(protected), key=lambda one: str(one["properties"]["timeCreated"]))
    assert newest["properties"]["creationData"]["sourceUniqueId"] == "another"
    families = {one["properties"]["incrementalSnapshotFamilyId"] for one in snapshots(protected)}
    assert len(families) == 2


SUBSCRIPTION = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/d"
VAULT = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/v"
INSTANCE = f"{VAULT}/backupInstances/d"
POINT = f"{INSTANCE}/recoveryPoints/{'a' * 32}"


def _estate(azure: Any) -> Sandbox:
    body = azure.instance_body(disk=DISK, policy=f"{VAULT}/backupPolicies/p", group=GROUP)
    times = {"recoveryPointTime": "2026-01-04T02:01:15Z", "expiryTime": "2026-01-11T02:00:00Z"}
    return Sandbox.of(
        {
            "resources": [
                {"id": SUBSCRIPTION},
                {"id": GROUP, "location": "westus"},
                {"id": DISK, "location": "westus", "properties": {"uniqueId": "first"}},
                {"id": VAULT, "location": "westus"},
                {"id": f"{VAULT}/backupPolicies/p", "properties": azure.policy_body()["properties"]},
                {"id": INSTANCE, **body},
                {"id": POINT, "properties": times},
            ]
        }
    )


def test_a_recovery_point_of_an_estate_file_has_its_snapshot(azure: Any) -> None:
    sandbox = _estate(azure)
    (snapshot,) = [sandbox.get(one) for one in sandbox.ids("*/snapshots/*")]
    assert snapshot["properties"]["creationData"]["sourceUniqueId"] == "first"
    assert snapshot["properties"]["timeCreated"].startswith("2026-01-04T02:01:15")
    sandbox.remove(snapshot["id"])
    sandbox.put(POINT, sandbox.get(POINT))
    assert not sandbox.ids("*/snapshots/*"), "a point put anew gets no snapshot back"
