from __future__ import annotations

from typing import Any

import pytest

RULE = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
OPERATOR = "b50d9833-a0cb-478e-945f-707fcc997c13"
ENCRYPTED = {"type": "EncryptionAtRestWithPlatformKey"}
SECURE = {"securityType": "TrustedLaunch"}


class Restoring:
    """A disk with a recovery point, and a resource group that its vault may restore into."""

    def __init__(self, azure: Any) -> None:
        self.azure = azure
        self.target = f"{azure.DISKS_AT}/resourceGroups/restored"
        azure.group(self.target)
        azure.disk(
            diskSizeGB=64, sku="StandardSSD_LRS", encryption=ENCRYPTED, securityProfile=SECURE, uniqueId="the-source"
        )
        azure.grant(azure.principal(), OPERATOR, self.target)
        azure.call("POST", f"{azure.INSTANCE}/backup", RULE)
        azure.wait(300)
        (self.point,) = azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]

    def body(self, name: str = "copy", **changes: Any) -> dict[str, Any]:
        disk = f"{self.target}/providers/Microsoft.Compute/disks/{name}"
        said = {"objectType": "Datasource", "datasourceType": "Microsoft.Compute/disks", "resourceID": disk}
        request = {
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
            "recoveryPointId": self.point["name"],
            "sourceDataStoreType": "OperationalStore",
            "restoreTargetInfo": {
                "objectType": "RestoreTargetInfo",
                "recoveryOption": "FailIfExists",
                "restoreLocation": "westus",
                "datasourceInfo": said,
            },
        }
        return {**request, **changes}

    def ask(self, verb: str, body: Any = None) -> Any:
        body = self.body() if body is None else body
        sent = {"restoreRequestObject": body} if verb == "validateRestore" else body
        return self.azure.call("POST", f"{self.azure.INSTANCE}/{verb}", sent)

    def verdict(self) -> str:
        """What validateRestore says in the end: a code, or Succeeded."""
        ended = self.azure.finish(self.ask("validateRestore"), 60)
        return str(ended["error"]["code"] if "error" in ended else ended["status"])

    def job(self, body: Any = None) -> dict[str, Any]:
        """The job of a restore once it has ended."""
        found = self.azure.finish(self.ask("restore", body), 3)["properties"]["jobId"]
        self.azure.wait(240)
        return dict(self.azure.get(found)["properties"])

    def disk(self, name: str = "copy") -> Any:
        return self.azure.world.find(f"{self.target}/providers/Microsoft.Compute/disks/{name}")


@pytest.fixture
def restoring(protected: Any) -> Restoring:
    return Restoring(protected)


def test_a_restore_makes_a_disk_as_it_was_backed_up(restoring: Restoring) -> None:
    assert restoring.verdict() == "Succeeded"
    begun = restoring.azure.finish(restoring.ask("restore"), 3)
    job = restoring.azure.get(begun["properties"]["jobId"])["properties"]
    assert (job["status"], job["operation"], job["sourceDataStoreType"]) == (
        "InProgress",
        "Restore",
        "OperationalStore",
    )
    told = job["extendedInfo"]
    assert (told["targetRecoverPoint"], told["sourceRecoverPoint"]["recoveryPointID"]) == (
        None,
        restoring.point["name"],
    )
    assert told["recoveryDestination"] == f"{restoring.target}/providers/Microsoft.Compute/disks/copy"
    assert restoring.disk() is None, "the disk comes with the end of the job"
    restoring.azure.wait(240)
    disk = restoring.disk()
    assert (disk["sku"]["name"], disk["properties"]["diskSizeGB"], disk.get("tags")) == ("StandardSSD_LRS", 64, None)
    assert "/snapshots/AzureBackup_" in disk["properties"]["creationData"]["sourceResourceId"]


@pytest.mark.parametrize("value", ["snapshot", "disk", "untold"])
def test_a_restored_disk_names_what_a_switch_says(restoring: Restoring, value: str) -> None:
    restoring.azure.world.set_switch("restored_disk_source", value)
    restoring.job()
    snapshot = restoring.azure.world.find(restoring.azure.world.find(restoring.point["id"])["_snapshot"])
    told = dict(restoring.disk()["properties"]["creationData"])
    assert told.pop("createOption") == "Copy"
    assert (
        told
        == {
            "snapshot": {"sourceResourceId": snapshot["id"], "sourceUniqueId": snapshot["properties"]["uniqueId"]},
            "disk": {"sourceResourceId": restoring.azure.DISK, "sourceUniqueId": "the-source"},
            "untold": {},
        }[value]
    )


@pytest.mark.parametrize(("value", "expected"), [("kept", {"securityType": "TrustedLaunch"}), ("lost", None)])
def test_a_restored_disk_has_the_security_type_that_a_switch_says(
    restoring: Restoring, value: str, expected: Any
) -> None:
    restoring.azure.world.set_switch("restored_disk_security", value)
    restoring.job()
    assert restoring.disk()["properties"].get("securityProfile") == expected


def test_every_restored_disk_is_another(restoring: Restoring) -> None:
    found = set()
    for _ in range(3):
        restoring.job()
        found.add(restoring.disk()["properties"]["uniqueId"])
        restoring.azure.world.remove(restoring.disk()["id"])
    assert len(found) == 3


def test_a_disk_that_is_gone_can_be_restored(restoring: Restoring) -> None:
    restoring.azure.world.remove(restoring.azure.DISK)
    assert restoring.job()["status"] == "Completed"
    assert restoring.disk() is not None


def test_an_existing_disk_is_not_written_over_even_when_it_comes_late(restoring: Restoring) -> None:
    begun = restoring.azure.finish(restoring.ask("restore"), 3)
    restoring.azure.disk(f"{restoring.target}/providers/Microsoft.Compute/disks/copy", diskSizeGB=1)
    restoring.azure.wait(240)
    job = restoring.azure.get(begun["properties"]["jobId"])["properties"]
    assert (job["status"], job["errorDetails"][0]["code"]) == ("Failed", "UserErrorSameNameDiskAlreadyExists")
    assert restoring.disk()["properties"]["diskSizeGB"] == 1
    assert restoring.verdict() == "UserErrorSameNameDiskAlreadyExists"


def test_what_stands_in_the_way_fails_the_validation_and_the_job(restoring: Restoring) -> None:
    azure = restoring.azure
    azure.revoke_all()
    assert restoring.verdict() == "UserErrorMissingRequiredPermissions"
    (error,) = restoring.job()["errorDetails"]
    assert "disks/write" in str(error["details"][0]) or "roleAssignments/read" in str(error["details"][0])
    azure.world.remove(restoring.target)
    assert restoring.verdict() == "UserErrorRestoreTargetRGNotFound"
    azure.world.remove(azure.world.find(restoring.point["id"])["_snapshot"])
    assert restoring.verdict() == "UserErrorDiskSnapshotNotFound"


@pytest.mark.parametrize(
    "changes",
    [
        {"objectType": "AzureBackupRecoveryTimeBasedRestoreRequest"},
        {"sourceDataStoreType": "VaultStore"},
        {"restoreTargetInfo": {"recoveryOption": "FailIfExists"}},
        {"restoreTargetInfo": {"recoveryOption": "Overwrite"}},
        {"recoveryPointId": "0" * 32},
    ],
)
def test_requests_that_no_restore_takes_are_refused_at_once(restoring: Restoring, changes: dict[str, Any]) -> None:
    for verb in ("validateRestore", "restore"):
        assert restoring.ask(verb, restoring.body(**changes)).status == 400


def test_ten_restores_a_day_and_no_more(restoring: Restoring) -> None:
    statuses = [restoring.ask("restore", restoring.body(f"copy-{number}")).status for number in range(11)]
    assert statuses == [202] * 10 + [400]
    restoring.azure.wait(86400)
    assert restoring.ask("restore").status == 202
