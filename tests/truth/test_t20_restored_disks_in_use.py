"""T20: a restored disk that a machine uses is selected again, and one under its source's id is that disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, disk_id, group_id
from arm import disk as disk_body
from forging import Azure, Done, selected
from manifests import disk, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}
MACHINES = f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Compute"
VM = f"{MACHINES}/virtualMachines/shop"
SCALED = f"{MACHINES}/virtualMachineScaleSets/workers/virtualMachines/1"
MARK = {"reconciler-restored": "2026-01-06T08:00:00Z"}


def states(azure: Azure) -> dict[str, str]:
    """The protection of every instance, by the name of its disk."""
    found = azure.show("*/backupInstances/*")
    return {row["properties"]["friendlyName"]: row["properties"]["currentProtectionState"] for row in found}


def new(done: Done) -> list[str]:
    """The names of the disks in drift's class `new`."""
    rows = done.document["changes"]
    return [row["address"].rpartition("/")[2] for row in rows if row["kind"] == "disk" and row["drift"] == "new"]


def put(azure: Azure, name: str, managed_by: str = "", **tags: str) -> None:
    azure.put(disk_id(name), disk_body(name, tags={**GOLD, **tags}, managed_by=managed_by))


def test_a_restored_disk_that_a_machine_uses_is_protected_again(forged: Forged) -> None:
    with forged(selected(2).aged("1d"), **VIRTUAL) as azure:
        entry = {"id": disk_id("disk-01"), "data": "retain", "reason": "replaced by its copy"}
        azure.declare({**selected(2).manifest, "removed": [entry]})
        assert azure.run("apply", "--auto-approve").code == 0
        put(azure, "copy", **MARK)
        assert azure.run("drift").code == 0, "a copy that nobody uses is passed over"
        azure.patch(disk_id("copy"), {"managedBy": VM})
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, new(drift)) == (2, ["copy"]), drift
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure) == {
            "disk-01": "ProtectionStopped",
            "disk-02": "ProtectionConfigured",
            "copy": "ProtectionConfigured",
        }
        azure.patch(disk_id("copy"), {"managedBy": None})
        assert azure.run("apply", "--prune", "--auto-approve").code == 0
        assert states(azure)["copy"] == "ProtectionConfigured", "it stays protected when its machine lets go of it"
        assert azure.run("drift").code == 0


@pytest.mark.parametrize("mark", [{}, MARK])
def test_a_disk_restored_under_the_id_of_its_source_is_that_disk(forged: Forged, mark: dict[str, str]) -> None:
    with forged(selected(2).aged("1d"), **VIRTUAL) as azure:
        azure.delete("*/disks/disk-01")
        assert azure.run("drift").code == 2
        put(azure, "disk-01", **mark)
        plan = azure.run("plan", "--prune", "--detailed-exitcode")
        assert plan.code == 0, plan
        assert azure.run("status", "--format", "json").document["summary"]["disks"] == 2


def test_a_restored_disk_in_use_that_no_entry_takes_stays_unprotected_and_told(forged: Forged) -> None:
    with forged(selected(2), **VIRTUAL) as azure:
        azure.put(disk_id("copy"), disk_body("copy", tags=MARK, managed_by=VM))
        assert azure.run("drift").code == 0
        coverage = azure.run("coverage", "--format", "json")
        (row,) = (row for row in coverage.document["disks"] if row["disk"].endswith("/copy"))
        assert (row["state"], "no entry" in row["reason"]) == ("uncovered", True), row


@pytest.mark.parametrize(
    ("managed_by", "tags"),
    [
        (SCALED, {}),
        (SCALED.upper(), {}),
        ("", {"kubernetes.io-created-for-pvc-name": "data"}),
        (VM, {"K8s-Azure-Created-By": "kubernetes-azure-dd"}),
    ],
)
def test_what_clusters_and_scale_sets_make_is_passed_over_and_told(
    forged: Forged, managed_by: str, tags: dict[str, str]
) -> None:
    with forged(selected(2), **VIRTUAL) as azure:
        put(azure, "pvc", managed_by, **tags)
        drift = azure.run("drift", "--format", "json")
        assert drift.code == 0, drift
        (told,) = (row for row in drift.document["findings"] if row["code"] == "passed-over")
        assert "pvc" in told["message"]
        coverage = azure.run("coverage", "--format", "json")
        (row,) = (row for row in coverage.document["disks"] if row["disk"].endswith("/pvc"))
        assert (row["state"], "name it by id" in row["reason"]) == ("uncovered", True), row


@pytest.mark.parametrize(("managed_by", "tags"), [(SCALED, {}), ("", {"k8s-azure-created-by": "x"}), ("", MARK)])
def test_a_disk_that_is_named_by_id_is_protected_whatever_made_it(
    forged: Forged, managed_by: str, tags: dict[str, str]
) -> None:
    entries = [selecting(), disk("pvc")]
    with forged(selected(2).saying(disks=entries), **VIRTUAL) as azure:
        put(azure, "pvc", managed_by, **tags)
        assert azure.run("apply", "--auto-approve").code == 0
        assert states(azure)["pvc"] == "ProtectionConfigured"
        azure.declare(selected(2).manifest)
        pruned = azure.run("apply", "--prune", "--auto-approve")
        assert (pruned.code, states(azure)["pvc"]) == (0, "ProtectionConfigured"), "its tags match an entry"


def test_a_volume_that_an_earlier_version_protected_is_kept(forged: Forged) -> None:
    """Its tags were written, or read, only after it was protected: nothing that is protected is passed over."""
    with forged(selected(2), **VIRTUAL) as azure:
        azure.patch(disk_id("disk-02"), {"tags": {"kubernetes.io-created-for-pvc-name": "data"}})
        plan: Any = azure.run("plan", "--prune", "--detailed-exitcode")
        assert plan.code == 0, plan
