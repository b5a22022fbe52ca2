"""What another manifest at work in the same vault may need, or owns, is neither revoked nor written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, OTHER, disk, group
from forging import Azure, Estate, afterwards, applied, lacks
from manifests import VAULT, manifest, selecting
from manifests import disk as entry

Forged = Callable[..., Any]
GOLD = {"backup": "gold"}
DRILL = {"name": "monthly", "targetResourceGroup": "drillrg"}
GUEST = manifest(
    name="guest", vaults=[{**VAULT, "manage": False}], disks=[entry("GuestDisk")],
    drills=[{**DRILL, "select": {"names": ["GuestDisk"]}}],
)  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Estate:
    """A vault of ours in which a guest's disk is backed up as well, and drilled."""
    found = disk("PSTestDisk"), disk("GuestDisk"), group(APPS, "drillrg")
    return applied(manifest(), *found, other=GUEST).aged("1d")


def restorers(azure: Azure) -> list[str]:
    return [one for one in azure.ids("*/roleAssignments/*") if "/resourcegroups/drillrg/" in one.lower()]


@pytest.mark.parametrize("owner", ["guest", None], ids=["marked", "adopted, without a mark"])
def test_a_guests_drill_keeps_its_right_to_restore(forged: Forged, shared: Estate, owner: str | None) -> None:
    with forged(shared, clock="virtual") as azure:
        assert azure.run("drill", "other.yaml", "--auto-approve").code == 0
        azure.patch("*/backupInstances/GuestDisk-*", {"tags": {"reconciler-owner": owner}})
        azure.advance("3d")
        assert len(restorers(azure)) == 1
        done = azure.run("apply", "--auto-approve")
        assert (done.code, done.writes, len(restorers(azure))) == (0, [], 1), done


def test_the_right_of_a_drill_of_our_own_that_is_over_goes(forged: Forged) -> None:
    said = manifest(drills=[{**DRILL, "select": {"names": ["PSTestDisk"]}}])
    with forged(applied(said, disk("PSTestDisk"), group(APPS, "drillrg")).aged("1d"), clock="virtual") as azure:
        assert azure.run("drill", "--auto-approve").code == 0
        azure.advance("3d")
        azure.declare(manifest())
        assert azure.run("apply", "--auto-approve").code == 0
        assert restorers(azure) == []


# A drill of a disk whose backups are another manifest's

OWNER, INSTANCE = "reconciler-owner", "*/backupInstances/PSTestDisk-*"


def given_away(azure: Azure) -> None:
    azure.patch(INSTANCE, {"tags": {OWNER: "payments"}})


@pytest.fixture(scope="module")
def drilled() -> Estate:
    said = manifest(drills=[{**DRILL, "select": {"names": ["PSTestDisk"]}}])
    return applied(said, disk("PSTestDisk"), group(APPS, "drillrg")).aged("1d")


def test_a_drill_leaves_another_manifests_instance_alone(forged: Forged, drilled: Estate) -> None:
    with forged(drilled, clock="virtual") as azure:
        given_away(azure)
        done = azure.run("drill", "--auto-approve", "--format", "json")
        assert (done.code, azure.writes, "managed-elsewhere" in done.text) == (1, [], True), done


def test_a_drill_writes_no_proof_on_what_another_manifest_took_meanwhile(forged: Forged, drilled: Estate) -> None:
    with forged(drilled, afterwards("POST */restore", given_away), clock="virtual") as azure:
        done = azure.run("drill", "--auto-approve", "--format", "json")
        assert (done.code, "changed-by-someone-else" in done.codes) == (1, True), done
        assert [one.method for one in azure.writes if "/backupinstances/" in one.path.lower()] == ["POST"]
        assert not azure.ids("*/resourceGroups/drillrg/providers/Microsoft.Compute/disks/*"), (
            "its copy goes all the same"
        )


def test_a_list_that_lacks_a_subscriptions_disks_takes_no_right_from_their_drill(forged: Forged) -> None:
    """The drill restores into the subscription of each disk; the disks' backups show that there are some."""
    select = {"select": {"subscriptions": [APPS, OTHER], "tags": {"backup": "gold"}}}
    said = manifest(disks=[selecting() | select], drills=[{**DRILL, "sample": 2}])
    found = [disk("here", tags=GOLD), disk("there", subscription=OTHER, tags=GOLD)]
    estate = applied(said, found, group(APPS, "drillrg"), group(OTHER, "drillrg")).aged("1d")
    with forged(estate, clock="virtual") as azure:
        assert azure.run("drill", "--auto-approve").code == 0
        azure.advance("3d")
        assert len(restorers(azure)) == 2
        azure.rules(lacks("GET */disks", "*/disks/there"))
        azure.run("apply", "--auto-approve")
        assert len(restorers(azure)) == 2
