"""Policies in every spelling that means the same, and in those that don't."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from plan_builders import GOLD, SHORTER, criterion, policy, policy_body, policy_spec, retention

from reconciler.base.durations import seconds
from reconciler.model import policy_reading
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


def named(**names: str) -> Any:
    """The default body whose rules and tags bear other names; what each keeps is the same."""
    body = policy_body(daily="P14D", weekly="P8W")
    for rule in body["policyRules"][1:]:
        rule["name"] = names.get(rule["name"], rule["name"])
    for tag in body["policyRules"][0]["trigger"]["taggingCriteria"][1:]:
        name = names.get(tag["tagInfo"]["tagName"], tag["tagInfo"]["tagName"])
        tag["tagInfo"] = {"id": f"{name}_", "tagName": name}
    return body


def long_body(monthly: str = "P6M", yearly: str = "P1Y", priorities: tuple[int, int] = (15, 10)) -> Any:
    """The default body with rules for months and years, as Terraform's acceptance test has them."""
    body = deepcopy(policy_body(daily="P14D", weekly="P8W"))
    tags = body["policyRules"][0]["trigger"]["taggingCriteria"]
    tags += [criterion("Monthly", "FirstOfMonth", priorities[0]), criterion("Yearly", "FirstOfYear", priorities[1])]
    body["policyRules"] += [retention("Monthly", monthly), retention("Yearly", yearly)]
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
        ("rules by other names", named(Daily="Tagessicherung", Weekly="of-the-week")),
        ("rules by each other's names", named(Daily="Weekly", Weekly="Daily")),
    ],
)
def test_equal_spellings_are_equal(spelling: str, body: Any) -> None:
    assert read(body) == FULL, spelling


@pytest.mark.parametrize(
    ("monthly", "yearly", "kept"),
    [
        ("P6M", "P1Y", ("P6M", 365)),
        ("P06M", "P365D", ("P6M", 365)),
        ("P180D", "P12M", (180, "P12M")),
        ("P1M10D", "P11M", ("P1M10D", "P11M")),
    ],
)
def test_months_and_years_are_read_and_are_no_days(monthly: str, yearly: str, kept: Any) -> None:
    found = read(long_body(monthly, yearly))
    assert found == PolicyContent(4, 0, "UTC", 7, 14, 56, *kept)
    assert found != read(long_body("P7M", "P1Y"))


def test_priorities_in_another_order_are_not_what_a_manifest_declares() -> None:
    assert read(long_body(priorities=(12, 11))) == read(long_body())
    for priorities in ((10, 15), (15, 15), (22, 10)):
        found = policy_reading.read(policy(name="any", body=long_body(priorities=priorities)))
        assert found.unknown == ("rule BackupHourly: trigger.taggingCriteria: the order of taggingPriority",)


def test_two_tags_for_the_same_backups_are_not_understood() -> None:
    body = long_body()
    body["policyRules"][0]["trigger"]["taggingCriteria"].append(criterion("Again", "FirstOfMonth", 14))
    body["policyRules"].append(retention("Again", "P9M"))
    found = policy_reading.read(policy(name="any", body=body))
    assert found.unknown == ("rule BackupHourly: trigger.taggingCriteria Again",)


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
        ("half a month", policy_body(default="P0.5M")),
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


def test_a_body_with_months_and_years() -> None:
    texts = {"Default": "P7D", "Monthly": "P6M", "Yearly": "P365D"}
    body = body_of(policy_spec(content=PolicyContent(4, 0, "UTC", 7, None, None, "P6M", 365), retention_text=texts))
    backup, *rules = body["properties"]["policyRules"]
    tags = [(tag["tagInfo"]["tagName"], tag["taggingPriority"]) for tag in backup["trigger"]["taggingCriteria"]]
    assert tags == [("Default", 99), ("Monthly", 15), ("Yearly", 10)]
    firsts = [tag["criteria"][0]["absoluteCriteria"] for tag in backup["trigger"]["taggingCriteria"][1:]]
    assert firsts == [["FirstOfMonth"], ["FirstOfYear"]]
    kept = {rule["name"]: rule["lifecycles"][0]["deleteAfter"]["duration"] for rule in rules}
    assert kept == texts
    assert read(body["properties"]) == PolicyContent(4, 0, "UTC", 7, None, None, "P6M", 365)


BERLIN_SUMMER, BERLIN_WINTER = "2022-05-31T23:30:00+01:00", "2022-01-31T23:30:00+01:00"


@pytest.mark.parametrize(
    ("start", "zone", "read_as", "written"),
    [
        (BERLIN_SUMMER, BERLIN, 30, 1410),
        ("2022-01-31T23:30:00+02:00", BERLIN, 1350, 1410),
        ("2022-07-01T02:00:00-08:00", "Pacific Standard Time", 180, 120),
        ("2022-07-01T02:00:00+00:00", "GMT Standard Time", 180, 120),
        ("2022-07-01T02:00:00+11:00", "AUS Eastern Standard Time", 60, 120),
        (BERLIN_WINTER, BERLIN, 1410, None),
        ("2022-05-31T23:30:00+02:00", BERLIN, 1410, None),
        ("2022-05-31T23:30:00+05:30", BERLIN, 1200, None),
        ("2022-05-31T23:30:00Z", BERLIN, 90, None),
        ("2022-07-01T02:00:00Z", "GMT Standard Time", 180, None),
        ("2022-05-31T23:30:00", BERLIN, 1410, None),
        ("2022-05-31T23:30:00+01:00", "UTC", 1350, None),
        ("2022-05-31T23:30:00+05:30", "India Standard Time", 1410, None),
    ],
)
def test_a_start_with_its_zone_s_other_offset_has_two_readings(
    start: str, zone: str, read_as: int, written: Any
) -> None:
    found = policy_reading.read(policy(name="any", body=policy_body(f"R/{start}/P1D", zone)))
    assert found.schedules == ((24, read_as, zone),)
    assert found.written == (None if written is None else (24, written, zone))
    assert bool(policy_reading.start_doubt(found)) == bool(found.otherwise) == (written is not None)


def test_readings_that_come_to_the_same_are_no_doubt() -> None:
    assert policy_reading.read(policy(name="any", body=policy_body(f"R/{BERLIN_SUMMER}/PT1H", BERLIN))).written is None


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
    long = shown(replace(GOLD, monthly_days="P6M", yearly_days=365))
    assert (long["retention.monthly"], long["retention.yearly"]) == ("6M", "365d")
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
        (replace(GOLD, monthly_days="P6M"), GOLD, True),
        (GOLD, replace(GOLD, monthly_days="P6M"), False),
        (replace(GOLD, monthly_days="P6M"), replace(GOLD, monthly_days=180), True),
        (replace(GOLD, monthly_days="P6M"), replace(GOLD, monthly_days=186), False),
        (replace(GOLD, yearly_days=365), replace(GOLD, yearly_days=365, monthly_days="P6M"), False),
        (replace(GOLD, weekly_days=56), replace(GOLD, weekly_days=56, monthly_days=30), True),
        (replace(GOLD, monthly_days="P6M"), replace(GOLD, monthly_days="P6M", yearly_days=30), True),
    ],
)
def test_whether_retention_gets_shorter(before: Any, after: Any, is_shorter: bool) -> None:
    assert shortens(before, after) is is_shorter
