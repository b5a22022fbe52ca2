"""T7: a state that leads away from protection is unhealthy at once, and what is under way matches nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import GRAPH, Azure, Done, disks, edits, edits_rows, quickstart
from manifests import DISK

Forged = Callable[..., AbstractContextManager[Azure]]

INSTANCE = "GET */backupInstances"
DELETING = edits_rows(INSTANCE, "*", {"properties.provisioningState": "Deleting"})
SOFT_DELETED = edits_rows(
    INSTANCE,
    "*",
    {"properties.currentProtectionState": "SoftDeleted", "properties.protectionStatus.status": "SoftDeleted"},
)
MATCHES = "matches the manifest"


def leave(azure: Azure, seconds: str) -> None:
    """Somebody deletes every instance, and Azure takes its time."""
    azure.switch(soft_deleting=seconds)
    for instance in azure.ids("*/backupInstances/*"):
        azure.ask("DELETE", instance)
    azure.advance("10m")
    azure.forget()


def states(azure: Azure) -> list[str]:
    return [row["properties"]["currentProtectionState"] for row in azure.show("*/backupInstances/*")]


def unhealthy(azure: Azure, count: int, told: str = "unprotected") -> None:
    """No verb calls well what is on its way out."""
    drift = azure.run("drift", "--format", "json")
    assert (drift.code, drift.document["classes"]["unhealthy"]["count"]) == (2, count), drift
    for verb in ("plan", "drift"):
        assert MATCHES not in azure.run(verb).out
    coverage = azure.run("coverage", "--format", "json", "--fail-on", "uncovered")
    assert (coverage.code, coverage.document["summary"]["covered"]) == (2, 0), coverage
    status = azure.run("status", "--format", "json")
    assert {row["state"] for row in status.document["disks"]} == {told}, status


def test_a_deletion_that_takes_days(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        leave(azure, "259200")
        assert states(azure) == ["SoftDeleting"]
        unhealthy(azure, 1)
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "SoftDeleting" in done.out, azure.writes) == (1, True, []), done
        assert MATCHES not in done.out
        azure.advance("3d")
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure) == ["ProtectionConfigured"]
        assert MATCHES in azure.run("drift").out


def test_apply_waits_for_the_end_of_a_short_one_and_tells_it(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        leave(azure, "1200")
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "soft-deleted" in done.out) == (1, True), done
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure) == ["ProtectionConfigured"]


@pytest.mark.parametrize("rule", [DELETING, SOFT_DELETED])
def test_whatever_word_tells_it(forged: Forged, rule: Any) -> None:
    with forged(disks(3).aged("1d"), rule, clock="virtual") as azure:
        unhealthy(azure, 3)
        assert azure.writes == []


def test_an_export_does_not_write_it_as_protected(forged: Forged) -> None:
    with forged(disks(2).aged("1d"), clock="virtual") as azure:
        (first, _) = azure.ids("*/backupInstances/*")
        azure.switch(soft_deleting="259200")
        azure.ask("DELETE", first)
        azure.advance("10m")
        done = azure.run("export", "/".join(first.split("/")[:3]), "--format", "json")
        (entry,) = done.document["content"]["disks"]
        assert str(entry["id"]).endswith("disk-02"), done
        (left,) = done.document["left_out"]
        assert (left["disk"].rpartition("/")[2], "being deleted" in left["reason"]) == ("disk-01", True), left


@pytest.mark.parametrize(
    "said",
    [
        {"disks": [DISK | {"protection": "stopped"}]},
        {"disks": None, "removed": [{"id": disk_id("PSTestDisk"), "data": "retain", "reason": "ticket 4711"}]},
    ],
)
def test_where_recovery_points_are_to_stay_it_is_unhealthy_too(forged: Forged, said: dict[str, Any]) -> None:
    with forged(quickstart().aged("1d").saying(**said), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        leave(azure, "259200")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.document["classes"]["unhealthy"]["count"]) == (2, 1), drift


def test_a_deletion_that_was_asked_for_is_on_its_way_and_no_match_yet(forged: Forged) -> None:
    gone = [{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "ticket 4711"}]
    with forged(quickstart().saying(disks=None, removed=gone), clock="virtual") as azure:
        leave(azure, "259200")
        drift = azure.run("drift")
        assert (drift.code, MATCHES in drift.out) == (0, False), drift
        azure.advance("3d")
        assert MATCHES in azure.run("drift").out


def summaries(azure: Azure) -> list[Done]:
    return [azure.run("plan"), azure.run("drift"), azure.run("plan", "--format", "markdown")]


@pytest.mark.parametrize(
    "rule",
    [
        edits_rows(INSTANCE, "*", {"properties.currentProtectionState": "UpdatingProtection"}),
        edits_rows(INSTANCE, "*", {"properties.provisioningState": "Updating"}),
        edits_rows("GET */backupVaults", "*", {"properties.provisioningState": "Updating"}),
    ],
)
def test_what_is_in_transit_matches_nothing_yet(forged: Forged, rule: Any) -> None:
    with forged(quickstart(), rule, clock="virtual") as azure:
        for done in summaries(azure):
            working = "Azure is still working on 1 object" in done.out
            assert (done.code, MATCHES in done.out, working) == (0, False, True), done
        azure.rules(edits("GET */nothing/*", {}, optional=True))
        assert all(MATCHES in done.out for done in summaries(azure))


def give_up(azure: Azure, state: str, given_up: str) -> None:
    """Azure stops working on every instance, halfway."""
    properties = {"currentProtectionState": state, "provisioningState": given_up, "protectionStatus": {"status": state}}
    azure.patch("*/backupInstances/*", {"properties": properties})


def failing(azure: Azure) -> None:
    """Every verb says that the one disk isn't protected."""
    drift = azure.run("drift", "--format", "json")
    assert (drift.code, drift.document["classes"]["unhealthy"]["count"]) == (2, 1), drift
    status = azure.run("status", "--format", "json")
    assert (status.code, status.document["disks"][0]["state"]) == (2, "failing"), status
    assert azure.run("coverage", "--fail-on", "uncovered").code == 2


@pytest.mark.parametrize("given_up", ["Failed", "Canceled"])
@pytest.mark.parametrize("state", ["ConfiguringProtection", "UpdatingProtection"])
def test_what_azure_has_given_up_is_not_on_its_way(forged: Forged, state: str, given_up: str) -> None:
    """It read "No drift so far", and coverage "covered", for ever."""
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        give_up(azure, state, given_up)
        failing(azure)
        assert f"{state} (provisioning {given_up.lower()})" in azure.run("status").out
        assert azure.run("apply", "--auto-approve").code == 0, "repaired, not waited for"
        assert MATCHES in azure.run("drift").out


@pytest.mark.parametrize(("setting", "minutes"), [("no-op", 5), ("operation-failed", 2)])
@pytest.mark.parametrize(
    ("state", "given_up"), [("ConfiguringProtection", "Failed"), ("UpdatingProtection", "Canceled")]
)
def test_what_stays_given_up_after_the_repair_fails_the_apply(
    forged: Forged, state: str, given_up: str, setting: str, minutes: int
) -> None:
    """Whether writing the body anew helps is not known: where it doesn't, the disk is not called done."""
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        azure.switch(given_up_instance=setting)
        give_up(azure, state, given_up)
        for _ in range(2):
            azure.forget()
            began = azure.now
            done = azure.run("apply", "--auto-approve")
            told = "cannot be updated" if setting == "operation-failed" else "(provisioning"
            assert (done.code, told in done.out) == (1, True), done
            assert (azure.now - began).total_seconds() < minutes * 60
            assert [write.method for write in azure.writes] == ["PUT"], "once a run, and nothing is deleted"
            failing(azure)
        azure.switch(given_up_instance="repaired")
        assert azure.run("apply", "--auto-approve").code == 0
        assert MATCHES in azure.run("drift").out


@pytest.mark.parametrize("given_up", ["Failed", "Canceled"])
def test_what_no_list_shows_as_repaired_fails_the_apply(forged: Forged, given_up: str) -> None:
    shown = {
        "properties.currentProtectionState": "ConfiguringProtection",
        "properties.protectionStatus.status": "ConfiguringProtection",
        "properties.provisioningState": given_up,
    }
    rules = edits_rows(INSTANCE, "*", shown), edits("GET */backupInstances/*", shown, optional=True)
    with forged(quickstart().aged("1d"), *rules, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 1
        failing(azure)


FAILING = ("ConfiguringProtectionFailed", "ProtectionError")


@pytest.mark.parametrize("other", [*FAILING, "SoftDeleting", "ProtectionStopped"])
@pytest.mark.parametrize("spelled", ["ProtectionConfigured", "PROTECTIONCONFIGURED"])
def test_an_instance_that_says_two_things_is_not_well(forged: Forged, other: str, spelled: str) -> None:
    """Azure has two fields for the state, which agree wherever they were seen."""
    said = {"properties.currentProtectionState": spelled, "properties.protectionStatus.status": other}
    graph = edits_rows(GRAPH, "*/backupInstances/*", said)
    by_id = edits("GET */backupInstances/*", said)
    graph.optional = by_id.optional = True
    rows = edits_rows("GET */backupInstances", "*", said)
    with forged(quickstart().aged("1d"), rows, by_id, graph, clock="virtual") as azure:
        unhealthy(azure, 1, "failing" if other in FAILING else "unprotected")
