"""Live policies read part by part: what is understood is told, and what isn't is named."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from plan_builders import criterion, policy, policy_body, retention

from reconciler.model.policy_reading import Reading, Schedule, read

COPY = {"copyAfter": {"objectType": "ImmediateCopyOption"}, "dataStore": {"dataStoreType": "VaultStore"}}
KEPT = {"Default": 7, "Daily": 14, "Weekly": 56}


def reading(change: Any = None) -> Reading:
    body = deepcopy(policy_body(daily="P14D", weekly="P8W"))
    if change:
        change(body, body["policyRules"][0], body["policyRules"][1])
    return read(policy(name="any", body=body))


def monthly(body: Any, backup: Any, default: Any) -> None:
    body["policyRules"].append(retention("Monthly", "P6M"))
    backup["trigger"]["taggingCriteria"].append(criterion("Monthly", "FirstOfMonth", 15))


def elsewhen(body: Any, backup: Any, default: Any) -> None:
    body["policyRules"].append(retention("Payday", "P90D"))
    payday = criterion("Payday", "FirstOfMonth", 15)
    payday["criteria"] = [{"objectType": "ScheduleBasedBackupCriteria", "daysOfMonth": [{"date": 25}]}]
    backup["trigger"]["taggingCriteria"].append(payday)


def ruleless(body: Any, backup: Any, default: Any) -> None:
    body["policyRules"].append({"name": "Monthly", "objectType": "AzureRetentionRule", "isDefault": False})
    backup["trigger"]["taggingCriteria"].append(criterion("Monthly", "FirstOfMonth", 15))


def copied(body: Any, backup: Any, default: Any) -> None:
    default["lifecycles"][0]["targetDataStoreCopySettings"] = [COPY]
    vaulted = {"deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P90D"}}
    default["lifecycles"].append(vaulted | {"sourceDataStore": {"dataStoreType": "VaultStore"}})


def twice(body: Any, backup: Any, default: Any) -> None:
    backup["trigger"]["schedule"]["repeatingTimeIntervals"].append("R/2020-01-01T03:00:00+00:00/PT4H")


def second_backup(body: Any, backup: Any, default: Any) -> None:
    body["policyRules"].append(deepcopy(backup) | {"name": "Vaulted", "dataStore": {"dataStoreType": "VaultStore"}})


def months(body: Any, backup: Any, default: Any) -> None:
    default["lifecycles"][0]["deleteAfter"]["duration"] = "P6M"


def relative(body: Any, backup: Any, default: Any) -> None:
    default["lifecycles"][0]["deleteAfter"]["objectType"] = "RelativeDeleteOption"


FULL = (Schedule(4, 0, "UTC"),)
WITHOUT_DEFAULT = {"Daily": 14, "Weekly": 56}


@pytest.mark.parametrize(
    ("change", "schedules", "kept", "unknown"),
    [
        (None, FULL, KEPT, ()),
        (monthly, FULL, KEPT | {"Monthly": "P6M"}, ()),
        (elsewhen, FULL, KEPT | {"Payday": 90}, ("rule BackupHourly: trigger.taggingCriteria Payday",)),
        (ruleless, FULL, KEPT, ("rule Monthly",)),
        (
            copied,
            FULL,
            KEPT,
            (
                "rule Default: lifecycles (2 of them)",
                "rule Default: lifecycles.targetDataStoreCopySettings (copies to VaultStore)",
            ),
        ),
        (
            twice,
            (*FULL, Schedule(4, 180, "UTC")),
            KEPT,
            ("rule BackupHourly: trigger.schedule.repeatingTimeIntervals (2 of them)",),
        ),
        (second_backup, FULL, KEPT, ("rule Vaulted: dataStore VaultStore", "rule Vaulted")),
        (months, FULL, KEPT | {"Default": "P6M"}, ()),
        (relative, FULL, WITHOUT_DEFAULT, ("rule Default: lifecycles.deleteAfter P7D",)),
    ],
)
def test_what_is_understood_is_told_and_the_rest_is_named(
    change: Any, schedules: Any, kept: Any, unknown: tuple[str, ...]
) -> None:
    found = reading(change)
    assert (found.schedules, found.kept, found.unknown) == (schedules, kept, unknown)
    assert (found.content is None) == bool(unknown)


PATHS = {
    "the policy": lambda body, backup, default: body,
    "a backup rule": lambda body, backup, default: backup,
    "its parameters": lambda body, backup, default: backup["backupParameters"],
    "its store": lambda body, backup, default: backup["dataStore"],
    "its trigger": lambda body, backup, default: backup["trigger"],
    "its schedule": lambda body, backup, default: backup["trigger"]["schedule"],
    "a tag": lambda body, backup, default: backup["trigger"]["taggingCriteria"][0],
    "a tag's name": lambda body, backup, default: backup["trigger"]["taggingCriteria"][0]["tagInfo"],
    "a criterion": lambda body, backup, default: backup["trigger"]["taggingCriteria"][1]["criteria"][0],
    "a retention rule": lambda body, backup, default: default,
    "a lifecycle": lambda body, backup, default: default["lifecycles"][0],
    "its end": lambda body, backup, default: default["lifecycles"][0]["deleteAfter"],
    "its source": lambda body, backup, default: default["lifecycles"][0]["sourceDataStore"],
}


@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("value", [{"immutable": True}, "yes", 7, False, [1]])
def test_a_key_of_a_later_version_is_not_understood_wherever_it_stands(where: str, value: Any) -> None:
    found = reading(lambda *parts: PATHS[where](*parts).update(later=value))
    assert len(found.unread) == 1
    is_criterion = where == "a criterion"  # one more condition takes other backups
    assert (found.content is None, found.unread == found.unknown) == (is_criterion, is_criterion)
    assert found.kept == KEPT


@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("value", [None, "", [], {}])
def test_an_unknown_key_that_holds_nothing_means_nothing(where: str, value: Any) -> None:
    found = reading(lambda *parts: PATHS[where](*parts).update(later=value))
    assert (found.content is not None, found.unread) == (True, ())


@pytest.mark.parametrize("key", ["eTag", "etag", "policyVersion", "systemData", "provisioningState", "name", "id"])
def test_what_only_describes_a_policy_is_no_part_of_what_it_does(key: str) -> None:
    assert reading(lambda body, *_: body.update({key: "7"})).content is not None


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ({}, ("policyRules", "no backup rule", "tag Default: no rule for it")),
        ({"policyRules": 5}, ("policyRules", "no backup rule", "tag Default: no rule for it")),
        ({"policyRules": [None]}, ("rule without a name", "no backup rule", "tag Default: no rule for it")),
        ({"policyRules": [{"objectType": "AzureBackupRule"}]}, ("rule without a name", "tag Default: no rule for it")),
    ],
)
def test_a_body_may_be_anything(body: Any, unknown: tuple[str, ...]) -> None:
    assert read(policy(name="any", body=body)) == Reading(unknown=unknown)


def test_a_policy_for_other_data_is_not_understood() -> None:
    blob = policy(name="blob")
    blob.is_disk = False
    assert read(blob).unknown == ("datasourceTypes",)
