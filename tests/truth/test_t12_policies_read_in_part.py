"""T12: what is understood of a policy is used; a rule that can't be said hides no schedule."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import arm
import pytest
from arm import vault_id
from forging import Azure, quickstart

Forged = Callable[..., AbstractContextManager[Azure]]
Change = Callable[[dict[str, Any]], None]

THEIRS = {"name": "diskBkpPolicy", "manage": False, "azureName": "theirs"}


def rules(body: dict[str, Any], name: str) -> dict[str, Any]:
    return next(rule for rule in body["properties"]["policyRules"] if rule["name"] == name)


def schedule(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rules(body, "BackupHourly")["trigger"]["schedule"]
    return found


def monthly(body: dict[str, Any]) -> None:
    """The first backup of a month is kept for half a year."""
    criteria = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": ["FirstOfMonth"]}]
    tag = {"isDefault": False, "taggingPriority": 15, "tagInfo": {"tagName": "Monthly"}, "criteria": criteria}
    rules(body, "BackupHourly")["trigger"]["taggingCriteria"].append(tag)
    lifecycle = {"deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P6M"}}
    body["properties"]["policyRules"].append(
        {"name": "Monthly", "objectType": "AzureRetentionRule", "isDefault": False, "lifecycles": [lifecycle]}
    )


def copied(body: dict[str, Any]) -> None:
    """A second copy of each backup goes to the vault store."""
    copy = {"copyAfter": {"objectType": "ImmediateCopyOption"}, "dataStore": {"dataStoreType": "VaultStore"}}
    rules(body, "Default")["lifecycles"][0]["targetDataStoreCopySettings"] = [copy]


def yearly(body: dict[str, Any]) -> None:
    """The first backup of a year bears a tag of its own."""
    criteria = [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": ["FirstOfYear"]}]
    tag = {"isDefault": False, "taggingPriority": 10, "tagInfo": {"tagName": "Legal"}, "criteria": criteria}
    rules(body, "BackupHourly")["trigger"]["taggingCriteria"].append(tag)


def twice(body: dict[str, Any]) -> None:
    """Backups begin at two times that both are understood."""
    schedule(body)["repeatingTimeIntervals"] = ["R/2021-05-02T01:00:00+00:00/P1D", "R/2021-05-02T13:00:00+00:00/P1D"]


def odd_interval(body: dict[str, Any]) -> None:
    """One of two times is in a form that no version knows."""
    schedule(body)["repeatingTimeIntervals"].append("R/2021-05-02T01:00:00+00:00/PT90M")


def five_times(body: dict[str, Any]) -> None:
    """Backups end after five of them."""
    schedule(body)["repeatingTimeIntervals"] = ["R5/2021-05-02T01:00:00+00:00/PT4H"]


def before_all_time(body: dict[str, Any]) -> None:
    """A start before the first day of the calendar, in the schedule's zone."""
    schedule(body)["repeatingTimeIntervals"] = ["R/0001-01-01T00:00:00+14:00/PT4H"]


def adhoc(body: dict[str, Any]) -> None:
    """A trigger that waits for somebody."""
    rules(body, "BackupHourly")["trigger"]["objectType"] = "AdhocBasedTriggerContext"


def looked(azure: Azure, change: Change) -> tuple[int, dict[str, Any]]:
    """The status of the disk, after its backups of a day, under a policy with this change."""
    body = arm.policy(vault_id(), "theirs")
    change(body)
    azure.put(body["id"], {"properties": body["properties"]})
    (instance,) = azure.ids("*/backupInstances/*")
    azure.patch(instance, {"properties": {"policyInfo": {"policyId": body["id"]}}})
    azure.advance("1d")
    done = azure.run("status", "--format", "json")
    (row,) = done.document["disks"]
    return done.code, row


def test_a_monthly_rule_hides_no_schedule(forged: Forged) -> None:
    with forged(quickstart().aged("1d").saying(policies=[THEIRS])) as azure:
        code, row = looked(azure, monthly)
        assert (code, row["state"], row["promised_seconds"]) == (0, "ok", 6 * 3600)


@pytest.mark.parametrize(("change", "hours"), [(copied, 6), (yearly, 6), (twice, 14)])
def test_what_is_understood_is_used(change: Change, hours: int, forged: Forged) -> None:
    with forged(quickstart().aged("1d").saying(policies=[THEIRS]), clock="virtual") as azure:
        code, row = looked(azure, change)
        assert (code, row["state"], row["promised_seconds"]) == (0, "ok", hours * 3600)
        azure.switch(scheduled_backups=False)
        azure.advance("1d")
        assert azure.run("status").code == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (odd_interval, "PT90M"),
        (five_times, "R5/"),
        (before_all_time, "0001-01-01"),
        (adhoc, "AdhocBasedTriggerContext"),
    ],
)
def test_a_schedule_that_is_understood_in_part_is_never_well(change: Change, told: str, forged: Forged) -> None:
    with forged(quickstart().aged("1d").saying(policies=[THEIRS]), clock="virtual") as azure:
        code, row = looked(azure, change)
        assert (code, row["state"]) == (1, "unknown")
        assert told in row["note"]
