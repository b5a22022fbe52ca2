"""R4: retention rules of months and years, and by others' names, are read, compared, declared and exported."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any

import arm
import pytest
import yaml
from arm import PLATFORM, vault_id
from forging import Azure, quickstart
from manifests import POLICY, manifest

Forged = Callable[..., AbstractContextManager[Azure]]

LONG = {"default": "7d", "daily": "14d", "weekly": "8w", "monthly": "6M", "yearly": "1y"}


def theirs(called: str = "{}") -> dict[str, Any]:
    """A policy as Terraform makes it, each rule under its own name or one of somebody's choice."""
    kept = {"daily": "P14D", "weekly": "P8W", "monthly": "P6M", "yearly": "P1Y"}
    return deepcopy(arm.policy(vault_id(), "theirs", rule="BackupIntervals", called=called, **kept))


def follow(azure: Azure, body: dict[str, Any]) -> None:
    """Let the quickstart's disk follow a policy that somebody else has made."""
    azure.put(body["id"], body)
    azure.patch("*/backupInstances/*", {"properties": {"policyInfo": {"policyId": body["id"]}}})
    azure.delete("*/backupPolicies/diskBkpPolicy*")


def said(**retention: str) -> dict[str, Any]:
    return manifest(policies=[POLICY | {"retention": retention}])


def test_a_policy_of_months_and_years_is_made_as_declared(forged: Forged) -> None:
    with forged(quickstart(fresh=True).saying(policies=said(**LONG)["policies"]), clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        (policy,) = azure.show("*/backupPolicies/*")
        rules = {rule["name"]: rule for rule in policy["properties"]["policyRules"]}
        kept = {name: rules[name]["lifecycles"][0]["deleteAfter"]["duration"] for name in ("Monthly", "Yearly")}
        assert kept == {"Monthly": "P6M", "Yearly": "P365D"}
        assert azure.run("drift").code == 0
        longer = said(**LONG | {"monthly": "7M"})
        azure.declare(longer)
        planned = azure.run("plan", "--format", "json")
        (added,) = (row for row in planned.document["changes"] if row["action"] == "add")
        assert [(row["path"], row["before"], row["after"]) for row in added["fields"]] == [
            ("retention.monthly", "6M", "7M")
        ]


@pytest.mark.parametrize("called", ["{}", "first-of-{}", "{}Sicherung"])
def test_terraform_s_policy_is_what_the_manifest_declares(forged: Forged, called: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, theirs(called))
        azure.declare(said(**LONG))
        assert azure.run("drift").code == 0
        azure.declare(said(**LONG | {"monthly": "180d"}))
        planned = azure.run("plan", "--format", "json")
        (moved,) = (row for row in planned.document["changes"] if row["action"] == "change")
        assert [row["path"] for row in moved["fields"]] == ["policy"]
        assert "retention gets shorter" in str(moved["detail"])


@pytest.mark.parametrize("called", ["{}", "{}-99"])
def test_it_is_exported_and_the_export_plans_nothing(forged: Forged, called: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, theirs(called))
        exported = azure.run("export", f"/subscriptions/{PLATFORM}")
        assert exported.code == 0, exported
        (policy,) = yaml.safe_load(exported.out)["policies"]
        assert (policy["name"], policy["retention"]) == ("theirs", LONG | {"yearly": "365d"})
        azure.declare(exported.out, "exported.yaml")
        assert azure.run("plan", "exported.yaml", "--detailed-exitcode").code == 0


def out_of_turn(body: dict[str, Any]) -> None:
    for rule in body["properties"]["policyRules"]:
        for tag in rule.get("trigger", {}).get("taggingCriteria", ()):
            tag["taggingPriority"] = {"Monthly": 30}.get(tag["tagInfo"]["tagName"], tag["taggingPriority"])


def twice(body: dict[str, Any]) -> None:
    (backup,) = (one for one in body["properties"]["policyRules"] if one["objectType"] == "AzureBackupRule")
    backup["trigger"]["schedule"]["repeatingTimeIntervals"].append("R/2021-05-02T15:00:00+00:00/PT4H")


def far_too_long(body: dict[str, Any]) -> None:
    body["properties"]["policyRules"][-1]["lifecycles"][0]["deleteAfter"]["duration"] = "P3Y"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (out_of_turn, "the order of taggingPriority"),
        (twice, "repeatingTimeIntervals (2 of them)"),
        (far_too_long, "yearly"),
    ],
)
def test_what_no_manifest_can_declare_is_named_with_the_reason(
    forged: Forged, change: Callable[[Any], None], told: str
) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.switch(policy_several_times="accepted", policy_validation="accepted")
        body = theirs()
        change(body)
        follow(azure, body)
        exported = azure.run("export", f"/subscriptions/{PLATFORM}")
        (policy,) = yaml.safe_load(exported.out)["policies"]
        assert policy == {"name": "theirs", "manage": False}
        assert told in exported.text
        azure.declare(exported.out, "exported.yaml")
        assert azure.run("plan", "exported.yaml", "--detailed-exitcode").code == 0


def test_azure_may_refuse_such_rules_and_says_why(forged: Forged) -> None:
    with forged(quickstart(fresh=True).saying(policies=said(**LONG)["policies"]), clock="virtual") as azure:
        azure.switch(policy_retention_rules="documented")
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "Monthly is not supported for disks" in done.text) == (1, True), done


@pytest.mark.parametrize(
    ("retention", "told"),
    [
        ({"default": "7d", "monthly": "12M"}, "`monthly` keeps backups for up to 372 days"),
        ({"default": "7d", "yearly": "2y"}, "`yearly` keeps backups for 730 days"),
        ({"default": "3M"}, "`default` alone needs 558 snapshots"),
        ({"default": "7d", "monthly": "6m"}, "is not a duration"),
        ({"default": "7d", "quarterly": "6M"}, "quarterly"),
    ],
)
def test_what_azure_keeps_no_longer_is_refused_offline(forged: Forged, retention: dict[str, str], told: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.declare(said(**retention))
        done = azure.run("validate")
        assert (done.code, told in done.text) == (1, True), done
        assert "backup.yaml:" in done.text


def test_all_rules_together_are_counted(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.declare(said(default="66d", daily="14d", weekly="8w"))
        assert "snapshot-total" not in azure.run("validate").codes
        azure.declare(said(default="66d", daily="14d", weekly="8w", monthly="6M", yearly="1y"))
        done = azure.run("validate")
        assert (done.code, "snapshot-total" in done.text) == (0, True), done


@pytest.mark.parametrize(
    "zone", ["Kamchatka Standard Time", "Mid-Atlantic Standard Time", "(UTC+01:00) Amsterdam, Berlin"]
)
def test_a_time_zone_that_no_manifest_can_name_is_named(forged: Forged, zone: str) -> None:
    """Windows still has the first two, and Terraform's provider offers them for Azure Backup; CLDR's table hasn't."""
    body = arm.policy(vault_id(), "theirs", every="P1D", zone=zone)
    with forged(quickstart(), clock="virtual") as azure:
        follow(azure, body)
        exported = azure.run("export", f"/subscriptions/{PLATFORM}")
        assert exported.code == 0, exported
        assert f"trigger.schedule.timeZone {zone}`" in exported.out
        azure.declare(exported.out, "exported.yaml")
        assert azure.run("plan", "exported.yaml", "--detailed-exitcode").code == 0
        status = azure.run("status", "exported.yaml")
        assert status.code == 1, status
        assert f"trigger.schedule.timeZone {zone}" in status.text
