"""T11, T22: a policy that can't be read whole is never replaced under a disk's backups without its own key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any

import arm
import pytest
from arm import disk_id, vault_id
from forging import Azure, Estate, disks, quickstart
from manifests import DISK, POLICY, VAULT, disk, manifest

Forged = Callable[..., AbstractContextManager[Azure]]
Change = Callable[[dict[str, Any]], None]

THEIRS = arm.policy(vault_id(), "theirs", default="P30D")
COPY = {
    "copyAfter": {"objectType": "ImmediateCopyOption"},
    "dataStore": {"objectType": "DataStoreInfoBase", "dataStoreType": "VaultStore"},
}


def rule_of(body: dict[str, Any], name: str) -> dict[str, Any]:
    return next(rule for rule in body["properties"]["policyRules"] if rule["name"] == name)


def copied(body: dict[str, Any]) -> None:
    """A second copy of each backup goes to the vault store."""
    rule_of(body, "Default")["lifecycles"][0]["targetDataStoreCopySettings"] = [COPY]


def payday(body: dict[str, Any]) -> None:
    """The backup of the 25th of a month is kept for half a year."""
    criteria = [{"objectType": "ScheduleBasedBackupCriteria", "daysOfMonth": [{"date": 25, "isLast": False}]}]
    tag = {"isDefault": False, "taggingPriority": 15, "tagInfo": {"tagName": "Payday"}, "criteria": criteria}
    rule_of(body, "BackupHourly")["trigger"]["taggingCriteria"].append(tag)
    lifecycle = {"deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P6M"}}
    body["properties"]["policyRules"].append(
        {"name": "Payday", "objectType": "AzureRetentionRule", "isDefault": False, "lifecycles": [lifecycle]}
    )


def twice(body: dict[str, Any]) -> None:
    """Backups begin at two times."""
    schedule = rule_of(body, "BackupHourly")["trigger"]["schedule"]
    schedule["repeatingTimeIntervals"].append("R/2021-05-02T14:00:00+00:00/PT4H")


def later(body: dict[str, Any]) -> None:
    """A key that no public version knows."""
    rule_of(body, "Default")["lifecycles"][0]["immutableFor"] = "P30D"


def vaulted(body: dict[str, Any]) -> None:
    """A whole rule of its own for the vault store."""
    second = deepcopy(rule_of(body, "BackupHourly")) | {"name": "BackupVaulted"}
    second["dataStore"]["dataStoreType"] = "VaultStore"
    body["properties"]["policyRules"].append(second)


def starting(start: str) -> Change:
    """The schedule, from some other start or for some number of times."""

    def change(body: dict[str, Any]) -> None:
        schedule = rule_of(body, "BackupHourly")["trigger"]["schedule"]
        schedule |= {"repeatingTimeIntervals": [f"{start}/PT4H"], "timeZone": "W. Europe Standard Time"}

    return change


def narrowed(body: dict[str, Any]) -> None:
    """Only the first backup of a week bears the default's tag; the others bear none."""
    (default,) = rule_of(body, "BackupHourly")["trigger"]["taggingCriteria"]
    default["criteria"] = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": ["FirstOfWeek"]}]


def adhoc(body: dict[str, Any]) -> None:
    """A trigger that waits for somebody."""
    rule_of(body, "BackupHourly")["trigger"]["objectType"] = "AdhocBasedTriggerContext"


def full(body: dict[str, Any]) -> None:
    """Parameters of another type, which may say other things by the same keys."""
    rule_of(body, "BackupHourly")["backupParameters"]["objectType"] = "KubernetesBackupParams"


STRANGE = {
    starting("R5/2021-05-02T13:00:00Z"): ("rule BackupHourly", "trigger.schedule R5/"),
    starting("R/0001-01-01T00:00:00+14:00"): ("rule BackupHourly", "trigger.schedule R/0001"),
    starting("R/9999-12-31T23:59:59Z"): ("rule BackupHourly", "trigger.schedule R/9999"),
    narrowed: ("rule BackupHourly", "trigger.taggingCriteria Default"),
    adhoc: ("rule BackupHourly", "trigger.objectType AdhocBasedTriggerContext"),
    full: ("rule BackupHourly", "backupParameters.objectType KubernetesBackupParams"),
    copied: ("rule Default", "targetDataStoreCopySettings", "VaultStore"),
    payday: ("rule BackupHourly", "trigger.taggingCriteria Payday"),
    twice: ("rule BackupHourly", "repeatingTimeIntervals"),
    later: ("rule Default", "immutableFor"),
    vaulted: ("rule BackupVaulted", "VaultStore"),
}


def follow(azure: Azure, change: Change, *names: str) -> None:
    """Let disks follow a policy that somebody has made in the portal."""
    body = deepcopy(THEIRS)
    change(body)
    azure.put(body["id"], body)
    for name in names:
        (row,) = (one for one in azure.show("*/backupInstances/*") if one["properties"]["friendlyName"] == name)
        azure.patch(row["id"], {"properties": {"policyInfo": {"policyId": body["id"]}}})


def policies(azure: Azure) -> dict[str, str]:
    """The name of the policy that each disk follows."""
    rows = azure.show("*/backupInstances/*")
    return {
        row["properties"]["friendlyName"]: row["properties"]["policyInfo"]["policyId"].rsplit("/")[-1] for row in rows
    }


@pytest.mark.parametrize("change", STRANGE)
def test_it_stays_and_what_is_not_understood_is_named(forged: Forged, change: Change) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, change, "PSTestDisk")
        planned = azure.run("plan", "--format", "json")
        (error,) = (row for row in planned.document["findings"] if row["severity"] == "error")
        assert (planned.code, error["code"]) == (1, "policy-not-understood"), planned
        assert all(part in error["message"] for part in ("theirs", *STRANGE[change])), error
        (gate,) = planned.document["gates"]
        assert (gate["name"], gate["open"], gate["local"]) == ("unknown-policy", False, True)
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert azure.writes == []
        assert policies(azure) == {"PSTestDisk": "theirs"}
        assert azure.run("drift").code == 1


@pytest.mark.parametrize("key", ["unknown-policy=TestBkpVault/theirs", "unknown-policy=testbkpvault/THEIRS"])
def test_its_own_key_opens_it(forged: Forged, key: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, copied, "PSTestDisk")
        done = azure.run("apply", "--auto-approve", "--force", key)
        assert done.code == 0, done
        assert "gate[unknown-policy]" in done.out
        assert "VaultStore" in done.out
        assert policies(azure)["PSTestDisk"].startswith("diskBkpPolicy-")
        assert azure.run("drift").code == 0


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("unknown-policy=TestBkpVault/nosuch", "does not have"),
        ("unknown-policy=NoSuchVault/theirs", "does not have"),
        ("unknown-policy=theirs", "is not of the form unknown-policy=VAULT/POLICY"),
        ("unknown-policy=", "is not of the form"),
    ],
)
def test_a_key_that_names_no_policy_is_a_mistake(forged: Forged, key: str, told: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, copied, "PSTestDisk")
        done = azure.run("apply", "--auto-approve", "--force", key)
        assert (done.code, told in done.err) == (1, True), done
        assert azure.writes == []


def test_the_others_of_the_same_run_go_on(forged: Forged) -> None:
    rolled = {"policies": [POLICY | {"retention": {"default": "9d"}}]}
    said = {**rolled, "disks": [disk(f"disk-{number:02}") for number in range(1, 6)] + [disk("new")]}
    with forged(disks(5).saying(**said), clock="virtual") as azure:
        azure.put(disk_id("new"), arm.disk("new"))
        follow(azure, payday, "disk-02", "disk-04")
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert "--force unknown-policy=TestBkpVault/theirs" in done.out
        found = policies(azure)
        assert (found["disk-02"], found["disk-04"]) == ("theirs", "theirs")
        assert len({found[name] for name in ("disk-01", "disk-03", "disk-05", "new")}) == 1
        opened = azure.run("apply", "--auto-approve", "--force", "unknown-policy")
        assert opened.code == 0, opened
        assert len(set(policies(azure).values())) == 1


def test_a_soft_deleted_disk_comes_back_with_it(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, payday, "PSTestDisk")
        (instance,) = azure.ids("*/backupInstances/*")
        azure.ask("DELETE", instance)
        azure.advance("1h")
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "unknown-policy" in done.out) == (1, True), done
        (row,) = azure.show("*/backupInstances/*")
        assert row["properties"]["currentProtectionState"] == "ProtectionConfigured"
        assert policies(azure) == {"PSTestDisk": "theirs"}


def test_a_disk_that_fails_is_mended_under_it(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, later, "PSTestDisk")
        failing = {"protectionStatus": {"status": "ProtectionError"}, "currentProtectionState": "ProtectionError"}
        azure.patch("*/backupInstances/*", {"properties": failing})
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "unknown-policy" in done.out) == (1, True), done
        (row,) = azure.show("*/backupInstances/*")
        assert row["properties"]["currentProtectionState"] == "ProtectionConfigured"
        assert policies(azure) == {"PSTestDisk": "theirs"}


def elsewhere() -> Estate:
    """The quickstart, whose disk is declared in another vault of the same region."""
    other = VAULT | {"name": "OtherVault"}
    return quickstart().saying(vaults=[VAULT, other], disks=[DISK | {"vault": "OtherVault"}])


def test_a_move_takes_no_disk_away_from_it_either(forged: Forged) -> None:
    with forged(elsewhere(), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 1, "the disk is protected elsewhere"
        follow(azure, copied, "PSTestDisk")
        azure.forget()
        done = azure.run("move", "PSTestDisk", "--auto-approve")
        assert (done.code, "unknown-policy" in done.text, azure.writes) == (1, True, []), done
        key = ("--through-soft-delete", "--force", "unknown-policy=TestBkpVault/theirs")
        opened = azure.run("move", "PSTestDisk", "--auto-approve", *key)
        assert opened.code == 0, opened


def test_what_is_declared_by_its_name_alone_is_left_as_it_is(forged: Forged) -> None:
    """The way out: the policy is named, its content isn't said."""
    kept = {"name": "theirs", "manage": False}
    said = manifest(policies=[kept], disks=[DISK | {"policy": "theirs"}])
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, copied, "PSTestDisk")
        azure.declare(said)
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert policies(azure) == {"PSTestDisk": "theirs"}
