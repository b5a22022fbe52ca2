"""R14: a start with its zone's own offset has two readings; the tool says so, and rolls no policy for it alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import arm
import pytest
import yaml
from arm import PLATFORM, vault_id
from forging import Azure, quickstart
from manifests import POLICY, manifest

Forged = Callable[..., AbstractContextManager[Azure]]

BERLIN = ("W. Europe Standard Time", "Europe/Berlin")
PACIFIC = ("Pacific Standard Time", "America/Los_Angeles")
SYDNEY = ("AUS Eastern Standard Time", "Australia/Sydney")
CODE = "policy-start-unsure"


def follow(azure: Azure, start: str, zone: str) -> None:
    body = arm.policy(vault_id(), "theirs", every="P1D", start=start, zone=zone, rule="BackupRule")
    azure.put(body["id"], body)
    azure.patch("*/backupInstances/*", {"properties": {"policyInfo": {"policyId": body["id"]}}})
    azure.delete("*/backupPolicies/diskBkpPolicy*")


def declare(azure: Azure, daily: str, zone: str, name: str = "diskBkpPolicy", **said: object) -> None:
    policy = {"name": name, "schedule": {"daily": daily}, "timeZone": zone, "retention": {"default": "7d"}, **said}
    disk = manifest()["disks"][0] | {"policy": name}
    azure.declare(manifest(policies=[policy], disks=[disk]))


DOUBTFUL = [
    ("2022-05-31T23:30:00+01:00", BERLIN, "00:30", "23:30"),
    ("2022-01-31T23:30:00+02:00", BERLIN, "22:30", "23:30"),
    ("2022-07-01T02:00:00-08:00", PACIFIC, "03:00", "02:00"),
    ("2022-07-01T02:00:00+11:00", SYDNEY, "01:00", "02:00"),
]


@pytest.mark.parametrize("reading", ["instant", "wall-clock"])
@pytest.mark.parametrize(("start", "zone", "moment", "written"), DOUBTFUL)
def test_either_reading_is_what_is_declared_and_the_doubt_is_told(
    forged: Forged, start: str, zone: tuple[str, str], moment: str, written: str, reading: str
) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.switch(start_offset=reading)
        follow(azure, start, zone[0])
        for daily in (moment, written):
            declare(azure, daily, zone[1])
            drift = azure.run("drift", "--format", "json")
            assert drift.code == 0, drift
            (told,) = (row for row in drift.document["findings"] if row["code"] == CODE)
            assert (told["severity"], told["address"]) == ("info", "policy/TestBkpVault/theirs")
            assert moment in told["message"]
            assert written in told["message"]
        assert azure.run("apply", "--auto-approve").code == 0
        assert [one for one in azure.writes if "backupPolicies" in one.path or "backupInstances" in one.path] == []


@pytest.mark.parametrize(("start", "zone", "moment", "written"), DOUBTFUL[:2])
def test_a_third_time_is_a_difference(
    forged: Forged, start: str, zone: tuple[str, str], moment: str, written: str
) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, start, zone[0])
        declare(azure, "05:00", zone[1])
        planned = azure.run("plan", "--detailed-exitcode", "--format", "json")
        assert (planned.code, CODE in planned.codes) == (2, False), planned


@pytest.mark.parametrize(
    ("start", "zone", "daily", "other"),
    [
        ("2022-05-31T23:30:00+02:00", BERLIN, "23:30", "00:30"),
        ("2022-01-31T23:30:00+01:00", BERLIN, "23:30", "00:30"),
        ("2022-05-31T21:30:00Z", BERLIN, "23:30", "21:30"),
        ("2022-05-31T21:30:00+00:00", BERLIN, "23:30", "21:30"),
        ("2022-05-31T23:30:00+05:30", BERLIN, "20:00", "23:30"),
    ],
)
def test_where_there_is_no_doubt_nothing_is_told_and_another_time_is_a_difference(
    forged: Forged, start: str, zone: tuple[str, str], daily: str, other: str
) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, start, zone[0])
        declare(azure, daily, zone[1])
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, CODE in drift.codes) == (0, False), drift
        declare(azure, other, zone[1])
        assert azure.run("plan", "--detailed-exitcode").code == 2


def test_with_another_difference_the_policy_rolls(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, "2022-05-31T23:30:00+01:00", BERLIN[0])
        declare(azure, "23:30", BERLIN[1], retention={"default": "9d"})
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, CODE in drift.codes) == (0, False), drift


def test_a_policy_that_others_manage_is_right_in_either_reading(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, "2022-05-31T23:30:00+01:00", BERLIN[0])
        for daily, code in (("23:30", 0), ("00:30", 0), ("05:00", 1)):
            declare(azure, daily, BERLIN[1], name="theirs", manage=False)
            planned = azure.run("plan", "--format", "json")
            assert (planned.code, CODE in planned.codes) == (code, not code), planned


def test_the_export_says_so_and_plans_nothing(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, "2022-05-31T23:30:00+01:00", BERLIN[0])
        exported = azure.run("export", f"/subscriptions/{PLATFORM}")
        (policy,) = yaml.safe_load(exported.out)["policies"]
        assert (policy["schedule"], policy["timeZone"]) == ({"daily": "00:30"}, "Europe/Berlin")
        assert "23:30" in exported.text
        azure.declare(exported.out, "exported.yaml")
        assert azure.run("plan", "exported.yaml", "--detailed-exitcode").code == 0


def test_our_own_policies_have_one_reading(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        for zone in (BERLIN, PACIFIC, SYDNEY):
            azure.declare(manifest(policies=[POLICY | {"schedule": {"daily": "23:30"}, "timeZone": zone[1]}]))
            assert azure.run("apply", "--auto-approve").code == 0
            drift = azure.run("drift", "--format", "json")
            assert (drift.code, CODE in drift.codes) == (0, False), drift
