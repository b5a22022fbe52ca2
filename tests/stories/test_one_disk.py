"""One disk's life, by the installed command alone: at every rest the plan is empty, and drift and status are clean.

Protected, backed up, restored beside itself, moved to another vault, given another policy, drilled, decommissioned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk_id, group, vault_id
from forging import Azure, Done, quickstart
from manifests import DISK, POLICY, VAULT, manifest, selecting

VAULTS = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
OLD, NEW = vault_id(), vault_id("NewVault", "newRG")
LONGER = POLICY | {"retention": {"default": "30d"}}
DRILL = {"name": "monthly", "targetResourceGroup": "drillrg", "maxAge": "30d"}
SCRATCH = group(APPS, "drillrg")
GONE = {"id": disk_id("PSTestDisk"), "data": "delete", "reason": "decommissioned, ticket 4711"}
YES = "--auto-approve"


class Life:
    """The disk, its manifest so far, and what is done to it."""

    def __init__(self, azure: Azure, entry: dict[str, Any]) -> None:
        self.azure = azure
        self.said: dict[str, Any] = {"vaults": VAULTS, "disks": [entry]}

    def declare(self, **said: Any) -> None:
        self.said |= said
        self.azure.declare(manifest(**self.said))

    def does(self, verb: str, *arguments: str) -> Done:
        """A command that has to end well, and what Azure looks like afterwards."""
        done = self.azure.run(verb, *arguments)
        assert done.code == 0, done
        self.rests()
        return done

    def rests(self) -> None:
        """There is nothing to do, nothing to tell, and nothing that prune would take."""
        for flags in ((), ("--prune",)):
            plan = self.azure.run("plan", "--format", "json", *flags)
            assert (plan.code, plan.document["changes"]) == (0, []), plan
            assert not [row for row in plan.document["findings"] if row["severity"] != "info"], plan
        for verb in ("drift", "status"):
            done = self.azure.run(verb)
            assert done.code == 0, done

    def states(self) -> dict[str, str]:
        rows = self.azure.show("*/backupInstances/*")
        return {row["id"].split("/")[-3]: row["properties"]["currentProtectionState"] for row in rows}

    @property
    def points(self) -> set[str]:
        return set(self.azure.ids("*/recoveryPoints/*"))


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("entry", "stopped_elsewhere"),
    [(DISK, "refused"), (selecting({"app": "shop"}), "accepted")],
    ids=["by-id", "by-selector"],
)
def test_a_disk_lives_through_all_that_the_tool_can_do(
    forged: Callable[..., Any], entry: dict[str, Any], stopped_elsewhere: str
) -> None:
    with forged(quickstart(fresh=True), clock="virtual") as azure:
        azure.switch(stopped_elsewhere=stopped_elsewhere)
        azure.put(SCRATCH["id"], SCRATCH)
        life = Life(azure, entry)
        life.declare()

        life.does("apply", YES)
        azure.advance("1d")
        life.does("backup", "--wait")

        life.does("restore", "PSTestDisk", "--to", "diskrg", "--name", "copy", "--tags", "app=shop", YES)

        kept = life.points
        life.declare(disks=[entry | {"vault": "NewVault"}])
        life.does("move", "PSTestDisk", "--through-soft-delete", YES)
        assert life.states() == {"TestBkpVault": "ProtectionStopped", "NewVault": "ProtectionConfigured"}

        life.declare(policies=[LONGER])
        life.does("apply", YES)

        azure.advance("1d")
        life.does("apply", YES)  # takes the grant back that the restore needed
        life.declare(drills=[DRILL])
        life.does("drill", YES)
        assert azure.ids(f"{SCRATCH['id']}/providers/Microsoft.Compute/disks/*") == []
        assert kept <= life.points, "the recovery points of before the move are still there"
        life.does("restore", "PSTestDisk", "--to", "diskrg", "--name", "old", "--before", "2026-01-06T12:00:00Z", YES)

        life.declare(disks=None, drills=None, removed=[GONE])
        life.does("apply", "--allow-delete", "2", YES)
        assert life.states() == {}
        assert [row["name"].split("-")[0] for row in azure.show("*/deletedBackupInstances/*")] == ["PSTestDisk"] * 2
        assert {row["name"] for row in azure.show("*/disks/*")} == {"PSTestDisk", "copy", "old"}
        azure.advance("2d")
        life.does("apply", YES)
