"""T16: what the tool did itself lives on: restored, moved and rolled disks under plan, drift, prune and policy change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk_id, group, vault_id
from forging import Azure, Done, Estate, fails, forbidden, quickstart, selected
from manifests import DISK, POLICY, VAULT, disk, manifest, selecting

Forged = Callable[..., Any]
NAMES = ("NewVault", "ThirdVault")
VAULTS = [VAULT, *({"name": name, "resourceGroup": "newRG"} for name in NAMES)]
LONGER = POLICY | {"retention": {"default": "30d"}}
PROTECTED, STOPPED = "ProtectionConfigured", "ProtectionStopped"
SCRATCH = group(APPS, "drillrg")
TO = ("--to", "diskrg", "--auto-approve")


def wanted(vault: str = "NewVault", **said: Any) -> dict[str, Any]:
    return manifest(**{"vaults": VAULTS, "disks": [DISK | {"vault": vault}], **said})


@pytest.fixture(scope="module")
def moved() -> Estate:
    """A disk that was moved through soft delete, in an Azure that changes no disk with a second instance."""
    estate = quickstart(vaults=VAULTS).aged("1d").saying(disks=[DISK | {"vault": "NewVault"}])
    return estate.after("move", "PSTestDisk", "--through-soft-delete", "--auto-approve")


def apply(azure: Azure, *flags: str) -> Done:
    return azure.run("apply", "--auto-approve", "--format", "json", *flags)


def states(azure: Azure) -> dict[str, str]:
    return {
        row["id"].split("/")[-3]: row["properties"]["currentProtectionState"]
        for row in azure.show("*/backupInstances/*")
    }


def points(azure: Azure) -> set[str]:
    return set(azure.ids("*/recoveryPoints/*"))


def rests(azure: Azure) -> None:
    """Nothing is left to do, and nothing counts as drift; nor would prune do anything."""
    for flags in ((), ("--prune",)):
        plan = azure.run("plan", "--format", "json", *flags)
        assert (plan.code, plan.document["changes"]) == (0, []), plan
    assert azure.run("drift").code == 0


def test_the_policy_of_a_moved_disk_can_change(forged: Forged, moved: Estate) -> None:
    with forged(moved, clock="virtual") as azure:
        kept = points(azure)
        azure.declare(wanted(policies=[LONGER]))
        done = apply(azure)
        assert done.code == 0, done
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}
        assert kept <= points(azure)
        assert "No changes. Azure matches the manifest." in azure.run("plan").out


@pytest.mark.parametrize("protection", ["stopped", "suspended"])
def test_a_moved_disk_can_be_halted_and_protected_again(forged: Forged, moved: Estate, protection: str) -> None:
    with forged(moved, clock="virtual") as azure:
        kept = points(azure)
        azure.declare(wanted(disks=[DISK | {"vault": "NewVault", "protection": protection}]))
        assert apply(azure).code == 0
        azure.declare(wanted())
        done = apply(azure)
        assert done.code == 0, done
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}
        assert kept <= points(azure)
        rests(azure)


def test_a_moved_disk_can_be_drilled(forged: Forged, moved: Estate) -> None:
    with forged(moved.aged("1d"), clock="virtual") as azure:
        azure.put(SCRATCH["id"], SCRATCH)
        azure.declare(wanted(drills=[{"name": "monthly", "targetResourceGroup": "drillrg", "maxAge": "30d"}]))
        done = azure.run("drill", "--auto-approve")
        assert done.code == 0, done
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}
        rests(azure)


@pytest.mark.parametrize("vault", ["ThirdVault", "TestBkpVault"])
def test_a_moved_disk_can_be_moved_on_and_back(forged: Forged, moved: Estate, vault: str) -> None:
    with forged(moved, clock="virtual") as azure:
        kept = points(azure)
        azure.declare(wanted(vault))
        done = azure.run("move", "PSTestDisk", "--through-soft-delete", "--auto-approve")
        assert done.code == 0, done
        left = {"TestBkpVault", "NewVault"} - {vault}
        assert states(azure) == {vault: PROTECTED} | dict.fromkeys(left, STOPPED)
        assert kept <= points(azure)
        azure.declare(wanted(vault, policies=[LONGER]))
        done = apply(azure)
        assert done.code == 0, done
        rests(azure)


@pytest.mark.parametrize(
    "rule",
    [forbidden("DELETE */backupInstances/*"), fails("PUT */backupInstances/*", "UserErrorX", takes_effect=False)],
    ids=["not-deleted", "not-changed"],
)
def test_what_was_to_make_room_is_back_when_the_change_fails(forged: Forged, moved: Estate, rule: Any) -> None:
    with forged(moved, rule, clock="virtual") as azure:
        kept = points(azure)
        azure.declare(wanted(policies=[LONGER]))
        done = apply(azure)
        assert done.code == 1, done
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}
        assert kept <= points(azure)
        azure.rules()
        assert apply(azure).code == 0
        rests(azure)


def test_what_stays_soft_deleted_is_told_and_a_move_brings_it_back(forged: Forged, moved: Estate) -> None:
    with forged(moved, forbidden("POST */undelete"), clock="virtual") as azure:
        azure.declare(wanted(policies=[LONGER]))
        done = apply(azure)
        assert (done.code, "still soft-deleted: run the move again" in done.out) == (1, True), done
        azure.rules()
        assert azure.run("move", "PSTestDisk", "--auto-approve").code == 0
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}
        assert apply(azure).code == 0, "the policy that nothing uses any more goes"
        rests(azure)


def test_a_disk_whose_old_instances_are_soft_deleted_and_stopped_can_be_moved_on(forged: Forged, moved: Estate) -> None:
    """One of two that are in the way comes back although nobody set it aside in this run."""
    with forged(moved, clock="virtual") as azure:
        kept = points(azure)
        old = next(one for one in azure.ids("*/backupInstances/*") if "/TestBkpVault/" in one)
        azure.ask("DELETE", old)
        azure.advance("5m")
        azure.declare(wanted("ThirdVault"))
        done = azure.run("move", "PSTestDisk", "--through-soft-delete", "--auto-approve")
        assert done.code == 0, done
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": STOPPED, "ThirdVault": PROTECTED}
        assert kept <= points(azure)
        rests(azure)


def test_another_manifests_instance_never_makes_room(forged: Forged, moved: Estate) -> None:
    with forged(moved, clock="virtual") as azure:
        azure.patch(f"{vault_id()}/backupInstances/*", {"tags": {"reconciler-owner": "somebody"}})
        azure.declare(wanted(policies=[LONGER]))
        assert apply(azure).code == 1
        assert not azure.calls("DELETE */backupInstances/*")


def test_a_disk_restored_under_its_own_name_is_that_disk(forged: Forged) -> None:
    with forged(selected(2).aged("1d"), clock="virtual") as azure:
        azure.delete("*/disks/disk-01")
        done = azure.run("restore", disk_id("disk-01"), *TO, "--name", "disk-01", "--tags", "backup=gold")
        assert done.code == 0, done
        rests(azure)
        done = azure.run("status", "--format", "json")
        assert len(done.document["disks"]) == 2, done


def test_a_restored_disk_that_is_protected_is_taken_by_a_selector(forged: Forged) -> None:
    """It was named by its id once, which is no longer needed: it bears the tags of its source."""
    with forged(selected(2).aged("1d"), clock="virtual") as azure:
        assert azure.run("restore", "disk-01", *TO, "--name", "copy", "--tags", "backup=gold").code == 0
        rests(azure)
        azure.declare(manifest(disks=[selecting(), disk("copy")]))
        assert apply(azure).code == 0
        azure.declare(manifest(disks=[selecting()]))
        rests(azure)


def test_a_restored_disk_that_another_manifest_protects_is_left_to_it(forged: Forged) -> None:
    with forged(selected(2).aged("1d"), clock="virtual") as azure:
        assert azure.run("restore", "disk-01", *TO, "--name", "copy", "--tags", "backup=gold").code == 0
        azure.declare(manifest(disks=[selecting(), disk("copy")]))
        assert apply(azure).code == 0
        azure.patch("*/backupInstances/copy-*", {"tags": {"reconciler-owner": "somebody"}})
        azure.declare(manifest(disks=[selecting()]))
        rests(azure)
