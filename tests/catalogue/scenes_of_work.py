"""Scenes of what goes wrong while disks are backed up, restored, moved and drilled, and while a plan is applied."""

from __future__ import annotations

from typing import Any

import arm
from arm import APPS, disk_id
from forging import (
    GONE,
    Azure,
    Estate,
    afterwards,
    answers,
    edits,
    edits_rows,
    quickstart,
)
from manifests import DISK
from scenes import WIDTH, Scenes
from scenes_of_verbs import DRILL, YES, azure, backed_up, moving, shown, told

from reconciler.model import addresses
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.style import Style
from reconciler.report.terminal import outcome_text

AFTER = 3
REMOVED = {"disks": None, "removed": [{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "ticket 4711"}]}


def limited() -> str:
    """Ten on-demand backups in a day."""
    with azure(quickstart()) as found:
        for _ in range(10):
            assert found.run("backup", "--wait").code == 0
        return told(found, "backup")


def changed_meanwhile() -> str:
    """Somebody tags the vault as another manifest's between the plan and the stop."""

    def theirs(found: Azure) -> None:
        found.patch("*/backupInstances/*", {"tags": {"reconciler-owner": "other"}})

    estate = quickstart().saying(**REMOVED)
    rules = (afterwards("GET */recoveryPoints", theirs),)
    return shown(estate, "apply", YES, "--allow-delete", "1", rules=rules)


def soft_delete_off() -> str:
    """Soft delete is turned off between the plan and the deletion."""

    def off(found: Azure) -> None:
        settings = {"softDeleteSettings": {"state": "Off", "retentionDurationInDays": 0}}
        found.patch("*/backupVaults/TestBkpVault", {"properties": {"securitySettings": settings}})

    estate = quickstart().saying(**REMOVED)
    return shown(estate, "apply", YES, "--allow-delete", "1", rules=(afterwards("GET */recoveryPoints", off),))


def drilling(estate: Estate, *rules: Any) -> str:
    """A drill into its own resource group."""
    with azure(estate) as found:
        found.put(arm.group_id(APPS, "drillrg"), arm.group(APPS, "drillrg"))
        found.rules(*rules)
        return told(found, "drill", YES)


def verifying(*command: str, timeout: str = "10m") -> str:
    """A drill whose copy a program checks."""
    return drilling(backed_up().saying(drills=[DRILL | {"verify": {"command": list(command), "timeout": timeout}}]))


def used(found: Azure) -> None:
    """Somebody attaches the disk of the drill to a machine."""
    found.patch(
        "*/drillrg/providers/Microsoft.Compute/disks/*",
        {"managedBy": disk_id("vm").replace("disks", "virtualMachines")},
    )


def differing() -> str:
    """Azure has ended what apply waited for, and the disk isn't as declared."""
    own = addresses.disk(ArmId(disk_id("PSTestDisk")))
    waited = Outcome((Result(own, Kind.DISK, None, Status.DONE),))
    change = Change(own, Kind.DISK, Action.CHANGE, "another policy is declared", ())
    return outcome_text(waited.compared(Plan("quickstart", (change,), (), (), "")), style=Style(width=WIDTH))


def restoring(*rules: Any) -> str:
    """A restore of the walkthrough's disk."""
    return shown(backed_up(), "restore", "PSTestDisk", "--to", "diskrg", "--name", "copy", YES, rules=rules)


SCENES: Scenes = {
    "backup-limit": limited,
    "no-backup-rule": lambda: shown(
        backed_up(), "backup", "--dry-run",
        rules=(edits_rows("GET */backupPolicies", "*/backupPolicies/*", {"properties.policyRules": 17}),),
    ),
    "no-such-rule": lambda: shown(quickstart(), "backup", "--retention-rule", "Yearly"),
    "not-protected": lambda: shown(quickstart().saying(disks=[DISK]), "backup", rules=(
        edits_rows("GET */backupInstances", "*", {"properties.currentProtectionState": "BackupsSuspended"}),)),
    "nothing-to-back-up": lambda: shown(quickstart(disks=None), "backup"),
    "job-failed": lambda: shown(quickstart(), "backup", "--wait", rules=(
        edits("GET */backupJobs/*", {"properties.status": "Failed"}),)),
    "move-refused": lambda: shown(moving(), "move", "PSTestDisk", YES),
    "move-unready": lambda: shown(
        moving().saying(roleAssignments={"mode": "verify"}), "move", "PSTestDisk", YES, "--through-soft-delete"
    ),
    "soft-delete-off": soft_delete_off,
    "changed-by-someone-else": changed_meanwhile,
    "restored-differently": lambda: restoring(edits("GET */disks/copy", {"properties.diskSizeGB": 512})),
    "restored-nothing": lambda: restoring(answers("GET */disks/copy", 404, {"error": {"code": "ResourceNotFound", "message": "Not found."}}, headers={"x-ms-failure-cause": "gateway"})),
    "verify-failed": lambda: verifying("sh", "-c", "echo checking; echo /dev/sdc: no file system; exit 4"),
    "verify-not-started": lambda: verifying("./check-copy.sh"),
    "verify-unfinished": lambda: verifying("sleep", "60", timeout="1s"),
    "not-ours": lambda: drilling(backed_up().saying(drills=[DRILL]), afterwards("PUT */backupInstances/*", used)),
    "no-principal": lambda: shown(quickstart(fresh=True), "apply", YES, rules=(
        edits("GET */backupVaults/TestBkpVault", {"identity.principalId": GONE}, after=AFTER),)),
    "provisioning-failed": lambda: shown(quickstart(fresh=True), "apply", YES, rules=(
        edits("GET */backupVaults/TestBkpVault", {"properties.provisioningState": "Failed"}),)),
    "differs-still": differing,
    "refused": lambda: shown(quickstart(), "restore", "PSTestDisk", "--to", "diskrg", YES),
}  # fmt: skip
