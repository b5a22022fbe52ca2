"""T21: a deletion whose key isn't given is skipped and told; everything else of the same apply goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk as disk_body
from arm import disk_id
from forging import Azure, disks, quickstart
from manifests import POLICY, disk

Forged = Callable[..., AbstractContextManager[Azure]]


def removing(*names: str) -> list[dict[str, Any]]:
    return [{"id": disk_id(name), "data": "delete", "reason": "ticket 4711"} for name in names]


def states(azure: Azure) -> dict[str, str]:
    """The protection of every instance, by the name of its disk."""
    rows = azure.show("*/backupInstances/*")
    return {row["properties"]["friendlyName"]: row["properties"]["currentProtectionState"] for row in rows}


def test_a_new_disk_beside_the_deletion_is_protected(forged: Forged) -> None:
    said = {"disks": [disk("new")], "removed": removing("PSTestDisk")}
    with forged(quickstart().saying(**said)) as azure:
        azure.put(disk_id("new"), disk_body("new"))
        planned = azure.run("plan", "--format", "json")
        assert planned.code == 0, planned
        assert planned.document["summary"]["destroy"] == 0
        (gate,) = planned.document["gates"]
        assert (gate["name"], gate["open"], gate["local"]) == ("allow-delete", False, True)
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert done.code == 0, done
        (told,) = (row for row in done.document["findings"] if row["code"] == "deletion-due")
        assert told["address"] == f"disk/{disk_id('PSTestDisk').lower()}"
        assert "--allow-delete 1" in told["hint"]
        assert states(azure) == {"PSTestDisk": "ProtectionConfigured", "new": "ProtectionConfigured"}
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.document["classes"]["not-yet-applied"]["count"]) == (2, 1), drift


def test_a_policy_rolls_though_two_deletions_are_due(forged: Forged) -> None:
    said = {
        "disks": [disk("disk-01")],
        "policies": [POLICY | {"retention": {"default": "9d"}}],
        "removed": removing("disk-02", "disk-03"),
    }
    with forged(disks(3).saying(**said)) as azure:
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert "--allow-delete 2" in done.out
        (row,) = (row for row in azure.show("*/backupInstances/*") if row["properties"]["friendlyName"] == "disk-01")
        kept = azure.get(row["properties"]["policyInfo"]["policyId"])["properties"]["policyRules"]
        assert [rule["lifecycles"][0]["deleteAfter"]["duration"] for rule in kept if "lifecycles" in rule] == ["P9D"]
        assert len(states(azure)) == 3
        assert azure.calls("DELETE */backupInstances/*") == []


def test_a_due_deletion_does_not_count_as_a_change_of_many(forged: Forged) -> None:
    """Four deletions of ten close the gate of mass changes once they are planned, and nothing while they aren't."""
    names = [f"disk-{number:02}" for number in range(1, 11)]
    entries = {"disks": [disk(name) for name in [*names[4:], "new"]], "removed": removing(*names[:4])}
    with forged(disks(10).saying(**entries)) as azure:
        azure.put(disk_id("new"), disk_body("new"))
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert states(azure)["new"] == "ProtectionConfigured"
        refused = azure.run("apply", "--auto-approve", "--allow-delete", "4")
        assert (refused.code, "mass-change" in refused.err) == (1, True), refused
        assert len(states(azure)) == 11


@pytest.mark.parametrize("count", ["0", "2"])
def test_a_wrong_count_still_refuses_the_whole_run(forged: Forged, count: str) -> None:
    said = {"disks": [disk("new")], "removed": removing("PSTestDisk")}
    with forged(quickstart().saying(**said)) as azure:
        azure.put(disk_id("new"), disk_body("new"))
        done = azure.run("apply", "--auto-approve", "--allow-delete", count)
        assert (done.code, "allow-delete" in done.err) == (1, True), done
        assert azure.writes == []


def test_only_the_keyed_deletion_is_made_and_then_nothing_is_due(forged: Forged) -> None:
    said = {"disks": None, "removed": removing("PSTestDisk")}
    with forged(quickstart().saying(**said)) as azure:
        done = azure.run("apply", "--auto-approve", "--allow-delete", "1")
        assert done.code == 0, done
        assert states(azure) == {}
        assert azure.run("drift").code == 0


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["no-such-gate"], "--force names an unknown gate: 'no-such-gate'"),
        (["mass-change=3"], "--force mass-change takes no value, but got '3'"),
        (["empty", "irreversible=all"], "--force irreversible takes no value"),
    ],
)
def test_a_key_to_no_gate_is_a_mistake_before_azure_is_asked(forged: Forged, keys: list[str], told: str) -> None:
    with forged(quickstart()) as azure:
        done = azure.run("plan", *[word for key in keys for word in ("--force", key)])
        assert (done.code, told in done.err, "hint:" in done.err) == (1, True, True), done
        assert azure.requests == []
