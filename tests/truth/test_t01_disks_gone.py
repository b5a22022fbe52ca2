"""T1: a disk that Azure no longer has is told until somebody decides, and `whenGone` decides with care."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import Azure, Done, disks, hides, html, lacks, names, selected
from manifests import disk, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
DISKS = "GET */disks"
VIRTUAL = {"clock": "virtual"}


def gone(done: Done) -> int:
    """How many are in drift's class `gone`."""
    return int(done.document["classes"]["gone"]["count"])


def told(done: Done, code: str) -> int:
    """How many findings have a code."""
    return sum(row["code"] == code for row in done.document["findings"])


def rows(done: Done, state: str) -> list[str]:
    """The names of the disks in a state of `status`."""
    return [row["disk"].rpartition("/")[2] for row in done.document["disks"] if row["state"] == state]


def states(azure: Azure) -> dict[str, str]:
    """The protection of every instance, by the name of its disk."""
    found = azure.show("*/backupInstances/*")
    return {row["properties"]["friendlyName"]: row["properties"]["currentProtectionState"] for row in found}


def saying(when_gone: str, **more: Any) -> dict[str, Any]:
    return {**selecting(), "whenGone": when_gone, **more}


# --- told -------------------------------------------------------------------------------------------------------------


def test_thirteen_of_eighteen_selected_disks_that_are_gone_are_drift(forged: Forged) -> None:
    with forged(selected(18).aged("1d"), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-0*")
        azure.delete("*/disks/disk-1[0-3]")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift)) == (2, 13), drift
        (first, *_) = (row for row in drift.document["findings"] if row["code"] == "disk-gone")
        assert "the second newest expires at 2026-01-1" in first["message"]
        assert "removed" in first["hint"]
        status = azure.run("status", "--format", "json")
        assert (status.code, len(rows(status, "gone"))) == (2, 13), status
        pruned = azure.run("apply", "--prune", "--auto-approve")
        assert (pruned.code, azure.writes) == (0, []), pruned


def test_removed_settles_what_is_gone(forged: Forged) -> None:
    with forged(selected(3), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-02")
        entry = {"id": disk_id("disk-02"), "data": "retain", "reason": "ticket 4711"}
        azure.declare({**selected(3).manifest, "removed": [entry]})
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure)["disk-02"] == "ProtectionStopped"
        assert azure.run("drift").code == 0
        assert azure.run("status", "--format", "json").document["summary"]["gone"] == 0


def test_a_disk_named_by_id_that_is_gone_is_an_error_everywhere(forged: Forged) -> None:
    with forged(disks(3).aged("1d"), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-02")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift), told(drift, "disk-gone")) == (1, 1, 1), drift
        assert azure.run("plan").code == 1
        status = azure.run("status", "--format", "json")
        assert (status.code, rows(status, "gone")) == (2, ["disk-02"]), status


def test_disks_that_went_with_their_resource_group_are_gone(forged: Forged) -> None:
    with forged(selected(3), **VIRTUAL) as azure:
        azure.delete("*/resourceGroups/diskrg")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift)) == (2, 3), drift


def test_backups_that_were_adopted_unmarked_are_told_as_well(forged: Forged) -> None:
    with forged(selected(3), **VIRTUAL) as azure:
        for instance in azure.ids("*/backupInstances/*"):
            azure.patch(instance, {"tags": None})
        assert azure.run("drift").code == 0
        azure.delete("*/disks/disk-02")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift)) == (2, 1), drift


# --- nothing is concluded from an absence -----------------------------------------------------------------------------


@pytest.mark.parametrize("when_gone", ["report", "retain", "expire"])
def test_a_list_that_lacks_disks_that_are_there_is_called_incomplete(forged: Forged, when_gone: str) -> None:
    estate = selected(18, disks=[saying(when_gone)]).aged("1d")
    with forged(estate, lacks(DISKS, "*/disks/disk-0[1-3]"), **VIRTUAL) as azure:
        azure.advance("8d")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift), told(drift, "list-incomplete")) == (1, 0, 3), drift
        assert azure.run("apply", "--prune", "--auto-approve").code == 1
        assert azure.writes == []


def test_somebody_elses_404_is_no_proof(forged: Forged) -> None:
    away = [lacks(DISKS, "*/disks/disk-02"), html("GET */disks/disk-02", status=404)]
    with forged(selected(3, disks=[saying("retain")]).aged("1d"), *away, **VIRTUAL) as azure:
        azure.advance("8d")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift)) == (1, 0), drift
        assert azure.run("apply", "--auto-approve").code == 1
        assert azure.writes == []


def test_a_passing_404_never_acts(forged: Forged) -> None:
    estate = selected(18, disks=[saying("retain", **{"for": "1d"})]).aged("3d")
    with forged(estate, hides("*/disks/disk-02"), **VIRTUAL) as azure:
        assert azure.run("drift").code == 2
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.writes == []


def test_a_hint_does_not_ask_for_what_the_entry_says_already(forged: Forged) -> None:
    for entry, asks in ((disk("disk-02"), True), ({**disk("disk-02"), "whenGone": "retain"}, False)):
        with forged(disks(2).saying(disks=[disk("disk-01"), entry]), **VIRTUAL) as azure:
            azure.delete(disk_id("disk-02"))
            text = azure.run("plan").text
            assert ("or declare `whenGone` in its entry" in text) is asks
            assert ("it has no known recovery point, and `whenGone: retain` counts from the newest" in text) is not asks


# --- whenGone ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when_gone", "state"), [("retain", "ProtectionStopped"), ("expire", "BackupsSuspended")])
@pytest.mark.parametrize("by_id", [False, True])
def test_when_gone_acts_once_the_newest_recovery_point_is_old_enough(
    forged: Forged, when_gone: str, state: str, by_id: bool
) -> None:
    entry = {**(disk("disk-02") if by_id else selecting({"backup": "gold"})), "whenGone": when_gone}
    entries = [entry, *([disk("disk-01"), disk("disk-03")] if by_id else [])]
    with forged(selected(3, disks=entries).aged("1d"), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-02")
        azure.advance("6d")
        assert azure.run("drift").code == (1 if by_id else 2)
        early = azure.run("apply", "--auto-approve")
        assert (early.code, azure.writes) == (1 if by_id else 0, []), early
        azure.advance("2d")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, gone(drift), drift.document["changes"][0]["drift"]) == (2, 1, "gone"), drift
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert states(azure) == {**dict.fromkeys(names(3), "ProtectionConfigured"), "disk-02": state}
        assert azure.run("plan", "--detailed-exitcode").code == 0
        assert azure.run("drift").code == 0
        assert azure.run("status", "--format", "json").document["summary"]["gone"] == 0


@pytest.mark.parametrize(
    ("other", "acts"),
    [
        (selecting({"backup": "silver"}), False),
        ({**selecting({"backup": "silver"}), "whenGone": "expire"}, False),
        ({**selecting({"backup": "silver"}), "whenGone": "retain"}, True),
        ({"select": {"names": ["data-*"]}}, True),
        ({"select": {"resourceGroups": ["elsewhere"]}}, True),
    ],
)
def test_when_gone_holds_only_if_every_entry_says_so_that_could_have_taken_the_disk(
    forged: Forged, other: dict[str, Any], acts: bool
) -> None:
    entry = {**selecting(), **other}
    entry["select"] = {**selecting()["select"], **other["select"]}
    if "tags" in entry["select"] and "tags" not in other["select"]:
        del entry["select"]["tags"]
    estate = selected(3, disks=[saying("retain"), entry]).aged("1d")
    with forged(estate, **VIRTUAL) as azure:
        azure.delete("*/disks/disk-02")
        azure.advance("8d")
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure)["disk-02"] == ("ProtectionStopped" if acts else "ProtectionConfigured")


def test_a_disk_without_a_recovery_point_is_never_acted_upon(forged: Forged) -> None:
    with forged(selected(3, disks=[saying("retain")]), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-02")
        azure.advance("30d")
        assert azure.run("drift").code == 2
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure)["disk-02"] == "ProtectionConfigured"


def test_very_many_disks_that_are_gone_need_a_word_of_their_own(forged: Forged) -> None:
    with forged(selected(18, disks=[saying("retain")]).aged("1d"), **VIRTUAL) as azure:
        for name in names(18)[:13]:
            azure.delete(f"*/disks/{name}")
        azure.advance("8d")
        refused = azure.run("apply", "--auto-approve")
        assert (refused.code, "mass-gone" in refused.err, azure.writes) == (1, True, []), refused
        done = azure.run("apply", "--auto-approve", "--force", "mass-gone")
        assert done.code == 0, done
        assert list(states(azure).values()).count("ProtectionStopped") == 13
        assert azure.run("drift").code == 0


def test_four_that_are_gone_are_not_very_many(forged: Forged) -> None:
    with forged(selected(18, disks=[saying("retain")]).aged("1d"), **VIRTUAL) as azure:
        for name in names(18)[:4]:
            azure.delete(f"*/disks/{name}")
        azure.advance("8d")
        assert azure.run("apply", "--auto-approve").code == 0
        assert list(states(azure).values()).count("ProtectionStopped") == 4
