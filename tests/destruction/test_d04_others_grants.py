"""What another manifest at work in the same vault may need is not revoked because this one doesn't see why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk, group
from forging import Azure, Estate, applied
from manifests import VAULT, manifest
from manifests import disk as entry

Forged = Callable[..., Any]
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
