"""Policies in every spelling that means the same, and in those that don't."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from plan_builders import GOLD, SHORTER, criterion, policy, policy_body, policy_spec

from reconciler.base.durations import seconds
from reconciler.model.changes import FieldChange
from reconciler.model.manifest import PolicyContent
from reconciler.model.policy_reading import content_of
from reconciler.planning.content import body_of, differences, shortens, shown

BERLIN = "W. Europe Standard Time"


def read(body: Any) -> PolicyContent | None:
    return content_of(policy(name="any", body=body))


def altered(path: Any, value: Any, body: Any = None) -> Any:
    """The default body with the value at a path replaced, or taken out when it is None."""
    body = deepcopy(body or policy_body(daily="P14D", weekly="P8W"))
    *way, last = path
    here = body
    for key in way:
        here = here[key]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return body


BACKUP = ("policyRules", 0)
SCHEDULE = (*BACKUP, "trigger", "schedule")
TAGS = (*BACKUP, "trigger", "taggingCriteria")
FULL = PolicyContent(4, 0, "UTC", 7, 14, 56)


@pytest.mark.parametrize(
    ("spelling", "body"),
    [
        ("as we write it", policy_body(daily="P14D", weekly="P8W")),
        ("minutes", policy_body("R/2020-01-01T00:00:00+00:00/PT240M", daily="P14D", weekly="P8W")),
        ("Z for +00:00", policy_body("R/2020-01-01T00:00:00Z/PT4H", daily="P14D", weekly="P8W")),
        ("fractions of seconds", policy_body("R/2020-01-01T00:00:00.0000000Z/PT4H", daily="P14D", weekly="P8W")),
        ("no offset", policy_body("R/2020-01-01T00:00:00/PT4H", daily="P14D", weekly="P8W")),
        ("another offset", policy_body("R/2020-01-01T02:00:00+02:00/PT4H", daily="P14D", weekly="P8W")),
        ("another start date", policy_body("R/2025-10-16T00:00:00+00:00/PT4H", daily="P14D", weekly="P8W")),
        ("a later start in phase", policy_body("R/2021-05-02T16:00:00+00:00/PT4H", daily="P14D", weekly="P8W")),
        ("Windows' UTC", policy_body(zone="Coordinated Universal Time", daily="P14D", weekly="P8W")),
        ("IANA's UTC", policy_body(zone="Etc/UTC", daily="P14D", weekly="P8W")),
        ("no zone", policy_body(zone=None, daily="P14D", weekly="P8W")),
        ("days for weeks", policy_body(default="P1W", daily="P2W", weekly="P56D")),
        ("hours for days", policy_body(default="PT168H", daily="P14D", weekly="P8W")),
        (
            "rules in another order",
            altered(["policyRules"], policy_body(daily="P14D", weekly="P8W")["policyRules"][::-1]),
        ),
        (
            "tags in another order",
            altered(
                TAGS, policy_body(daily="P14D", weekly="P8W")["policyRules"][0]["trigger"]["taggingCriteria"][::-1]
            ),
        ),
        ("an empty list for absent", altered(("policyRules", 1, "lifecycles", 0, "targetDataStoreCopySettings"), [])),
        ("no id of a tag", altered((*TAGS, 0, "tagInfo"), {"tagName": "Default"})),
        ("another name of the backup rule", altered((*BACKUP, "name"), "BackupIntervals")),
        ("another priority", altered((*TAGS, 1, "taggingPriority"), 24)),
        ("no kind of backup", altered((*BACKUP, "backupParameters"), None)),
        ("a kind in capitals", altered((*BACKUP, "backupParameters", "backupType"), "INCREMENTAL")),
        ("types in other case", altered(("policyRules", 1, "objectType"), "azureRetentionRule")),
        ("criteria in other case", altered((*TAGS, 1, "criteria", 0, "absoluteCriteria"), ["firstOfDay"])),
        ("criteria with empty extras", altered((*TAGS, 1, "criteria", 0, "daysOfTheWeek"), [])),
        ("rule names in other case", altered(("policyRules", 2, "name"), "DAILY")),
        ("unknown keys", altered(["policyVersion"], "7")),
        ("a default rule that doesn't say so", altered(("policyRules", 1, "isDefault"), None)),
    ],
)
def test_equal_spellings_are_equal(spelling: str, body: Any) -> None:
    assert read(body) == FULL, spelling


@pytest.mark.parametrize(
    ("interval", "zone", "expected"),
    [
        ("R/2020-01-01T13:00:00+01:00/PT4H", BERLIN, (4, 60, BERLIN)),
        ("R/2020-01-01T13:00:00+01:00/PT4H", "Europe/Berlin", (4, 60, BERLIN)),
        ("R/2020-01-01T12:00:00Z/PT4H", "Europe/Berlin", (4, 60, BERLIN)),
        ("R/2020-07-01T11:00:00Z/PT4H", "Europe/Berlin", (4, 60, BERLIN)),
        ("R/2020-01-01T13:00:00/PT4H", BERLIN.upper(), (4, 60, BERLIN)),
        ("R/2020-01-01T02:00:00Z/P1D", "UTC", (24, 120, "UTC")),
        ("R/2020-01-01T02:00:00Z/PT24H", "UTC", (24, 120, "UTC")),
        ("R/2020-01-01T02:30:00Z/PT1H", "UTC", (1, 30, "UTC")),
    ],
)
def test_a_schedule_is_its_interval_and_phase_on_the_wall(interval: str, zone: str, expected: Any) -> None:
    found = read(policy_body(interval, zone))
    assert (found.interval_hours, found.phase_minutes, found.time_zone) == expected


@pytest.mark.parametrize(
    "body",
    [
        policy_body("R/2020-01-01T00:00:00+00:00/PT6H"),
        policy_body("R/2020-01-01T01:00:00+00:00/PT4H"),
        policy_body(zone="Europe/Berlin"),
        policy_body(default="P8D"),
        policy_body(daily="P7D"),
        policy_body(weekly="P7D"),
    ],
)
def test_other_contents_are_unequal(body: Any) -> None:
    assert read(body) not in {None, GOLD}


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("two schedules", altered((*SCHEDULE, "repeatingTimeIntervals"), ["R/2020-01-01T00:00:00Z/PT4H"] * 2)),
        ("no schedule", altered(SCHEDULE, None)),
        ("a broken interval", policy_body("R/2020-01-01T00:00:00Z")),
        ("half an hour", policy_body("R/2020-01-01T00:00:00Z/PT30M")),
        ("no duration", policy_body("R/2020-01-01T00:00:00Z/soon")),
        ("months", policy_body(default="P1M")),
        ("half a day", policy_body(default="PT12H")),
        ("an unknown zone", policy_body(zone="Mars Standard Time")),
        ("a full backup", altered((*BACKUP, "backupParameters", "backupType"), "Full")),
        ("another store", altered((*BACKUP, "dataStore", "dataStoreType"), "VaultStore")),
        (
            "a copy to the vault",
            altered(("policyRules", 1, "lifecycles", 0, "targetDataStoreCopySettings"), [{"x": 1}]),
        ),
        ("two lifecycles", altered(("policyRules", 1, "lifecycles"), [{}, {}])),
        ("no default", altered(("policyRules",), policy_body()["policyRules"][:1])),
        ("two backup rules", altered(("policyRules",), policy_body()["policyRules"][:1] * 2)),
        ("a rule of no known type", altered(("policyRules", 2, "objectType"), "Other")),
        ("a monthly rule", altered(("policyRules", 2, "name"), "Monthly")),
        ("two rules of one name", altered(("policyRules", 2, "name"), "Weekly")),
        ("a tag without a rule", altered((*TAGS, 1), criterion("Monthly", "FirstOfMonth", 15))),
        ("no tags", altered(TAGS, [])),
        ("a tag for another day", altered((*TAGS, 1, "criteria", 0, "absoluteCriteria"), ["FirstOfWeek"])),
        ("days of the week", altered((*TAGS, 2, "criteria", 0, "daysOfTheWeek"), ["Monday"])),
        ("two criteria", altered((*TAGS, 1, "criteria"), criterion("Daily", "FirstOfDay", 25)["criteria"] * 2)),
        ("no criteria", altered((*TAGS, 1, "criteria"), None)),
        ("no rules", {}),
        ("nonsense", {"policyRules": [None]}),
    ],
)
def test_what_no_manifest_can_say_equals_nothing(what: str, body: Any) -> None:
    assert read(body) is None, what


def test_a_policy_of_another_kind_has_no_content() -> None:
    blob = policy(name="blob")
    blob.is_disk = False
    assert content_of(blob) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT4H", 14400),
        ("PT240M", 14400),
        ("P1D", 86400),
        ("P12W", 84 * 86400),
        ("P1Y", 365 * 86400),
        ("P1Y2D", 367 * 86400),
        ("P1M", None),
        ("P1Y1M", None),
        ("", None),
        ("7d", None),
        ("P99999999999D", None),
    ],
)
def test_durations_in_seconds(text: str, expected: Any) -> None:
    assert seconds(text) == expected


def test_the_body_has_the_keys_and_constants_of_recorded_traffic() -> Any:
    spec = policy_spec(
        content=PolicyContent(4, 60, "UTC", 7, 14, 56),
        at_minutes=13 * 60,
        retention_text={"Default": "P7D", "Daily": "P14D", "Weekly": "P8W"},
    )
    store = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}

    def keeps(name: str, duration: str) -> Any:
        lifecycle = {
            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": duration},
            "sourceDataStore": store,
        }
        is_default = name == "Default"
        return {"name": name, "objectType": "AzureRetentionRule", "isDefault": is_default, "lifecycles": [lifecycle]}

    def tags(name: str, when: str, priority: int) -> Any:
        return {
            "isDefault": False,
            "taggingPriority": priority,
            "tagInfo": {"id": f"{name}_", "tagName": name},
            "criteria": [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [when]}],
        }

    assert body_of(spec) == {
        "properties": {
            "objectType": "BackupPolicy",
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": [
                {
                    "name": "BackupHourly",
                    "objectType": "AzureBackupRule",
                    "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
                    "dataStore": store,
                    "trigger": {
                        "objectType": "ScheduleBasedTriggerContext",
                        "schedule": {
                            "repeatingTimeIntervals": ["R/2020-01-01T13:00:00+00:00/PT4H"],
                            "timeZone": "UTC",
                        },
                        "taggingCriteria": [
                            {
                                "isDefault": True,
                                "taggingPriority": 99,
                                "tagInfo": {"id": "Default_", "tagName": "Default"},
                            },
                            tags("Daily", "FirstOfDay", 25),
                            tags("Weekly", "FirstOfWeek", 20),
                        ],
                    },
                },
                keeps("Default", "P7D"),
                keeps("Daily", "P14D"),
                keeps("Weekly", "P8W"),
            ],
        }
    }


def test_a_daily_body_in_a_zone() -> None:
    content = PolicyContent(24, 120, BERLIN, 7)
    rule = body_of(policy_spec(content=content))["properties"]["policyRules"][0]
    assert rule["name"] == "BackupDaily"
    assert rule["trigger"]["schedule"] == {
        "repeatingTimeIntervals": ["R/2020-01-01T02:00:00+01:00/P1D"],
        "timeZone": BERLIN,
    }


@pytest.mark.parametrize("hours", [1, 2, 4, 6, 8, 12, 24])
@pytest.mark.parametrize("zone", ["UTC", BERLIN, "India Standard Time", "Newfoundland Standard Time"])
@pytest.mark.parametrize("at", [0, 90, 13 * 60, 23 * 60 + 59])
def test_what_is_written_reads_back_as_declared(hours: int, zone: str, at: int) -> None:
    content = PolicyContent(hours, at % (hours * 60), zone, 7, 14, None)
    assert read(body_of(policy_spec(content=content, at_minutes=at))["properties"]) == content


def test_a_policy_without_content_has_no_body() -> None:
    with pytest.raises(ValueError, match="gold"):
        body_of(policy_spec(content=None, manage=False))


def test_contents_for_people() -> None:
    assert shown(GOLD) == {"schedule": "every 4h from 00:00", "timeZone": "UTC", "retention.default": "7d"}
    assert differences(GOLD, SHORTER) == (FieldChange("retention.default", "7d", "5d"),)


@pytest.mark.parametrize(
    ("before", "after", "is_shorter"),
    [
        (GOLD, GOLD, False),
        (GOLD, SHORTER, True),
        (SHORTER, GOLD, False),
        (replace(GOLD, daily_days=14), GOLD, True),
        (replace(GOLD, daily_days=14), replace(GOLD, default_days=14), False),
        (GOLD, replace(GOLD, daily_days=5), True),
        (GOLD, replace(GOLD, weekly_days=5), True),
        (replace(GOLD, daily_days=14), replace(GOLD, daily_days=14, weekly_days=10), True),
        (GOLD, replace(GOLD, daily_days=14), False),
        (replace(GOLD, weekly_days=56), replace(GOLD, weekly_days=55), True),
        (GOLD, replace(GOLD, interval_hours=24), False),
    ],
)
def test_whether_retention_gets_shorter(before: Any, after: Any, is_shorter: bool) -> None:
    assert shortens(before, after) is is_shorter
