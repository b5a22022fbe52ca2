"""T13, T10: every write stands in the plan, the marks of what was applied too, and these are right after every apply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk as disk_body
from arm import disk_id, vault_id
from forging import Azure, Done, disks, forbidden, quickstart, selected, two_vaults
from manifests import DISK, POLICY, VAULT, disk, manifest

Forged = Callable[..., AbstractContextManager[Azure]]

TAG = "reconciler-applied"
EXCLUDED = {"excluded": [{"id": disk_id("cache"), "reason": "cache"}]}


def applied_tag(azure: Azure, vault: str = "TestBkpVault") -> str:
    return str(azure.get(vault_id(vault)).get("tags", {}).get(TAG, ""))


def writes_in(plan: dict[str, Any]) -> set[str]:
    """The lower-cased ids of what a plan document says is written."""
    targets = {step["target"] for change in plan["changes"] for step in change["steps"]}
    return {one.lower() for one in targets | {mark["vault"] for mark in plan["marks"]}}


def written(done: Done) -> set[str]:
    """The lower-cased ids of what a command wrote, without asking."""
    return {
        one.path.lower().removesuffix("/resumeprotection")
        for one in done.writes
        if not one.path.lower().endswith(("/validateforbackup", "/resources"))
    }


@pytest.mark.parametrize("said", [{}, {"policies": [POLICY | {"retention": {"default": "9d"}}]}, EXCLUDED])
def test_what_an_apply_writes_is_what_the_plan_says(forged: Forged, said: dict[str, Any]) -> None:
    with forged(quickstart().saying(**said) if said else quickstart(fresh=True), clock="virtual") as azure:
        plan = azure.run("plan", "--format", "json").document
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        roles = {one for one in written(done) if "/roleassignments/" in one}
        assert written(done) - roles <= writes_in(plan), done
        assert bool(roles) == (not said), "the names of role assignments follow from an identity that isn't there yet"
        (mark,) = plan["marks"]
        assert (mark["address"], mark["tag"], mark["after"]) == ("vault/TestBkpVault", TAG, applied_tag(azure))
        again = azure.run("apply", "--auto-approve")
        assert (again.code, again.writes) == (0, []), again


def test_a_mark_alone_is_told_everywhere_and_counts_as_one_change(forged: Forged) -> None:
    with forged(quickstart().saying(**EXCLUDED), clock="virtual") as azure:
        before = applied_tag(azure)
        page = ("--report", "page.html", "--report", "plan.md")
        planned = azure.run("plan", *page)
        assert (planned.code, "Plan: 0 to add, 1 to change, 0 to destroy." in planned.out) == (0, True), planned
        line = f"mark vault/TestBkpVault: {TAG} {before} -> "
        assert line in planned.out
        for name in ("page.html", "plan.md"):
            assert f"{TAG} {before}" in (azure.folder / name).read_text(encoding="utf-8")
        document = azure.run("plan", "--format", "json").document
        assert (document["clean"], document["summary"]) == (False, {"add": 0, "change": 1, "destroy": 0})
        assert document["marks"][0]["before"] == before
        drift = azure.run("drift")
        assert drift.code == 0, drift
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "0 added, 1 changed, 0 destroyed" in done.out) == (0, True), done
        assert [one.method for one in done.writes] == ["PATCH"]
        assert applied_tag(azure) == document["marks"][0]["after"]
        assert azure.run("plan").out.startswith("No changes. Azure matches the manifest.")


def test_a_deletion_by_hand_after_an_apply_without_changes_was_done_outside(forged: Forged) -> None:
    """Without the new mark it would read as not applied yet."""
    with forged(disks(2).saying(**EXCLUDED), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        (first, _) = azure.ids("*/backupInstances/*")
        azure.delete(first)
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.document["classes"]["changed-outside"]["count"]) == (2, 1), drift


@pytest.mark.parametrize("tag", [None, "0123456789abcdef"])
def test_a_mark_that_somebody_lost_or_changed_is_set_right(forged: Forged, tag: str | None) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        right = applied_tag(azure)
        azure.patch(vault_id(), {"tags": {TAG: tag}})
        planned = azure.run("plan")
        assert f"{TAG} {tag or 'none'} -> {right}" in planned.out
        assert azure.run("apply", "--auto-approve").code == 0
        assert applied_tag(azure) == right


def test_vaults_are_marked_each_for_itself(forged: Forged) -> None:
    """One has a new disk, the other nothing but another declaration."""
    entries = [disk("disk-01"), disk("disk-03"), disk("new")]
    said = two_vaults().saying(disks=[*entries, two_vaults().manifest["disks"][-1]], **EXCLUDED)
    with forged(said, clock="virtual") as azure:
        azure.put(disk_id("new"), disk_body("new"))
        document = azure.run("plan", "--format", "json").document
        assert [(mark["address"], mark["alone"]) for mark in document["marks"]] == [
            ("vault/OtherVault", True),
            ("vault/TestBkpVault", False),
        ]
        assert document["summary"]["change"] == 1
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert {applied_tag(azure, one) for one in ("OtherVault", "TestBkpVault")} == {
            mark["after"] for mark in document["marks"]
        }


def test_a_saved_plan_of_a_mark_alone_is_applied_and_may_be_again(forged: Forged) -> None:
    with forged(quickstart().saying(**EXCLUDED), clock="virtual") as azure:
        assert azure.run("plan", "--out", "plan.json").code == 0
        first = azure.run("apply", "plan.json", "backup.yaml")
        assert (first.code, len(first.writes)) == (0, 1), first
        again = azure.run("apply", "plan.json", "backup.yaml")
        assert (again.code, again.writes) == (0, []), again


def test_no_vault_is_marked_of_which_only_leaves_something_out(forged: Forged) -> None:
    with forged(disks(2).saying(policies=[POLICY | {"retention": {"default": "9d"}}]), clock="virtual") as azure:
        before = applied_tag(azure)
        only = ("--only", f"disk/{disk_id('disk-01').lower()}")
        assert azure.run("plan", "--format", "json", *only).document["marks"] == []
        assert azure.run("apply", "--auto-approve", *only).code == 0
        assert applied_tag(azure) == before


def test_what_others_own_is_not_marked(forged: Forged) -> None:
    with forged(selected(2), clock="virtual") as azure:
        azure.patch(vault_id(), {"tags": {"reconciler-owner": "others"}})
        azure.patch("*/backupInstances/*", {"tags": {"reconciler-owner": None}})
        azure.declare(manifest(disks=[{**DISK, "id": disk_id("disk-01")}, disk("disk-02")], **EXCLUDED))
        document = azure.run("plan", "--format", "json").document
        assert (document["marks"], document["summary"]["change"]) == ([], 0), document


def test_a_mark_that_cannot_be_written_is_told_and_tried_again(forged: Forged) -> None:
    with forged(quickstart().saying(**EXCLUDED), clock="virtual") as azure:
        azure.rules(forbidden("PATCH */backupVaults/TestBkpVault"))
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert (done.code, "mark-not-written" in done.codes) == (0, True), done
        assert done.document["summary"]["changed"] == 0
        azure.rules()
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.run("plan").out.startswith("No changes.")


KEPT = {
    "another setting of this tool": ({"immutabilitySettings": {"state": "Unlocked"}}, "securitySettings"),
    "a customer's key": (
        {"encryptionSettings": {"state": "Enabled", "kekIdentity": {"identityType": "SystemAssigned"}}},
        "securitySettings",
    ),
    "a key of a later version": ({"softDeleteSettings": {"state": "On", "later": {"a": 1}}}, "securitySettings"),
    "other alerts": ({"azureMonitorAlertSettings": {"alertsForCriticalOperations": "Enabled"}}, "monitoringSettings"),
    "another feature": ({"laterSettings": {"state": "Enabled"}}, "featureSettings"),
}


@pytest.mark.parametrize("how", ["merged", "replaced"])
@pytest.mark.parametrize("what", KEPT)
def test_a_vault_keeps_what_the_change_is_not_about(forged: Forged, what: str, how: str) -> None:
    """Nobody knows whether Azure's PATCH merges the parts of a block or replaces them."""
    settings, block = KEPT[what]
    said = {"softDelete": {"retentionDays": 30}, "alertsForAllJobFailures": True, "crossSubscriptionRestore": True}
    with forged(quickstart().saying(vaults=[VAULT | said]), clock="virtual") as azure:
        azure.switch(vault_patch_blocks=how)
        azure.patch("*/backupVaults/*", {"properties": {block: settings}})
        (before,) = azure.show("*/backupVaults/*")
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        (after,) = azure.show("*/backupVaults/*")
        for part, value in settings.items():
            kept = {key: before["properties"][block][part][key] for key in value}
            assert {key: after["properties"][block][part].get(key) for key in value} == kept
        assert after["properties"]["securitySettings"]["softDeleteSettings"]["retentionDurationInDays"] == 30
        assert azure.run("plan", "--detailed-exitcode").code == 0
