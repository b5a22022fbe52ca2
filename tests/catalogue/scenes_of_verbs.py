"""Scenes of findings of restores, drills, moves and of whatever needs a simulated Azure: the command's own output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import arm
from arm import APPS, disk_id, group, group_id
from forging import (
    Azure,
    Estate,
    Rule,
    applied,
    disks,
    forbidden,
    forged_azure,
    quickstart,
    selected,
)
from manifests import DISK, VAULT, disk, manifest
from scenes import NARROW, Scenes

from reconciler.applying import preflight

DRILL = {"name": "monthly", "targetResourceGroup": "drillrg", "maxAge": "30d"}
BOTH = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
MOVING = manifest(vaults=BOTH, disks=[DISK | {"vault": "NewVault"}])
YES = "--auto-approve"


@contextmanager
def azure(estate: Estate, *rules: Rule) -> Iterator[Azure]:
    """A simulated Azure on virtual time, in a folder of its own."""
    with TemporaryDirectory() as folder, forged_azure(Path(folder), estate, *rules, clock="virtual") as found:
        yield found


def shown(estate: Estate, verb: str, *words: str, rules: tuple[Rule, ...] = ()) -> str:
    """What a command writes on a terminal of 80 columns."""
    with azure(estate, *rules) as found:
        return told(found, verb, *words)


def told(found: Azure, verb: str, *words: str) -> str:
    """The same, of an Azure that is there."""
    return found.run(verb, *words, env=NARROW).text


def backed_up(**said: Any) -> Estate:
    """The walkthrough's disk with a recovery point."""
    return quickstart(**said).aged("1d")


def moving() -> Estate:
    """The same, declared in another vault than the one that it is in."""
    return applied(manifest(vaults=BOTH), group(APPS, "diskrg"), arm.disk("PSTestDisk")).aged("1d").saying(**MOVING)


def replaced(**said: Any) -> str:
    """A disk was deleted, and another one has its name, or its uniqueId."""
    with azure(selected(3).aged("1d")) as found:
        (old,) = found.show(disk_id("disk-02"))
        found.delete(disk_id("disk-02"))
        found.advance("1h")
        if "name" in said:
            found.put(disk_id(said["name"]), {**arm.disk(said["name"]), "properties": old["properties"]})
        else:
            body = arm.disk("disk-02", tags={"backup": "gold"})
            moment = {"timeCreated": "2026-01-06T09:00:00+00:00", "uniqueId": "aaaaaaaa-0000-0000-0000-000000000001"}
            found.put(disk_id("disk-02"), {**body, "properties": {**body["properties"], **moment}})
        return told(found, "drift")


def without_instances(verb: str, *words: str) -> str:
    """Somebody deleted the backup instance past Azure's rules."""
    with azure(quickstart()) as found:
        found.delete("*/backupInstances/*")
        return told(found, verb, *words)


def preflighted(most: int = 0, *rules: Rule) -> str:
    """A second disk would be next."""
    estate = disks(2, fresh=True)
    with patch.object(preflight, "MOST", most or preflight.MOST):
        return shown(estate, "plan", "--preflight", rules=rules)


def beside(**said: Any) -> Estate:
    """One disk is protected, and a second one would be next; role assignments at resource groups cover both."""
    wide = {"roleAssignments": {"scope": "resourceGroup"}}
    one = applied(manifest(disks=[disk("disk-01")], **wide), [arm.disk(name) for name in ("disk-01", "disk-02")])
    return one.aged("1h").saying(disks=[disk("disk-01"), disk("disk-02")], **wide)


def unprepared() -> str:
    """The vault's identity has lost its role on the disks, and the plan doesn't know yet."""
    with azure(beside()) as found:
        from forging import answers

        error = {
            "error": {
                "code": "UserErrorMissingRequiredPermissions",
                "message": "The vault identity does not have the required permissions on the disk.",
            }
        }
        found.rules(answers("POST */validateForBackup", 400, error))
        return told(found, "plan", "--preflight")


def on_one_machine() -> str:
    """Two disks of one machine are protected."""
    machine = f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Compute/virtualMachines/web"
    names = ("disk-01", "disk-02")
    said = manifest(disks=[disk(name) for name in names])
    return shown(applied(said, [arm.disk(name, managed_by=machine) for name in names]), "status")


def recovered() -> tuple[str, str]:
    """A lost disk came back, and somebody ran the same restore again."""
    with azure(backed_up()) as found:
        found.delete(disk_id("PSTestDisk"))
        words = ("PSTestDisk", "--newest", YES)
        return told(found, "restore", *words), told(found, "restore", *words)


def unselected() -> str:
    """A disk that a selector took by its tags comes back without them."""
    with azure(selected(1).aged("2d")) as found:
        found.delete(disk_id("disk-01"))
        return told(found, "restore", "disk-01", "--newest", YES)


def twins() -> str:
    """Two disks share a name."""
    rows = [arm.disk("twin", group="one"), arm.disk("twin", group="two")]
    said = manifest(disks=[DISK | {"id": [row["id"] for row in rows]}])
    return shown(applied(said, rows), "restore", "twin", "--to", "diskrg", YES)


def exists() -> str:
    """A disk of the wanted name is there."""
    with azure(backed_up()) as found:
        found.put(disk_id("copy"), arm.disk("copy"))
        return told(found, "restore", "PSTestDisk", "--to", "diskrg", "--name", "copy", YES)


def limited() -> str:
    """Ten restores in a day."""
    with azure(backed_up()) as found:
        for number in range(10):
            assert found.run("restore", "PSTestDisk", "--to", "diskrg", "--name", f"c{number}", YES).code == 0
        return told(found, "restore", "PSTestDisk", "--to", "diskrg", "--name", "eleventh", YES)


def half_backed_up() -> str:
    """One of two disks has a recovery point, and the drill would take both."""
    estate = disks(2).after("backup", "--disk", "disk-01", "--wait").saying(drills=[DRILL | {"sample": 2}])
    with azure(estate) as found:
        found.put(arm.group_id(APPS, "drillrg"), group(APPS, "drillrg"))
        return told(found, "drill", YES)


def machine(protected: int, *words: str, name: str = "web") -> str:
    """A machine with two disks, of which so many are protected."""
    both = [{"name": own, "managedDisk": {"id": disk_id(own)}} for own in ("disk-01", "disk-02")]
    profile = {"osDisk": both[0], "dataDisks": [{**both[1], "lun": 0}]}
    at = disk_id("web").replace("/disks/", "/virtualMachines/")
    row = {"id": at, "location": "westus", "properties": {"storageProfile": profile}}
    entries = [disk(own) for own in ("disk-01", "disk-02")[:protected]]
    estate = applied(manifest(disks=entries), [arm.disk("disk-01"), arm.disk("disk-02"), row]).aged("1d")
    return shown(estate, "restore", "--machine", at.replace("web", name), "--newest", *words, YES)


def covered() -> str:
    """A snapshot that somebody made by hand, and a role of an identity that is gone."""
    with azure(quickstart()) as found:
        snapshots = arm.group_id(APPS, "snapshotrg")
        own = f"{snapshots}/providers/Microsoft.Compute/snapshots/by-hand"
        found.put(own, {"id": own, "location": "westus", "properties": {}})
        return told(found, "coverage")


SCENES: Scenes = {
    "disk-replaced": replaced,
    "disk-moved": lambda: replaced(name="renamed"),
    "foreign-snapshot": covered,
    "preflight-refused": unprepared,
    "preflight-failed": lambda: shown(
        beside(), "plan", "--preflight", rules=(forbidden("POST */validateForBackup"),)
    ),
    "preflight-unchecked": lambda: shown(quickstart(fresh=True), "plan", "--preflight"),
    "disk-ambiguous": twins,
    "disk-exists": exists,
    "machine-missing": lambda: machine(2, name="web-2"),
    "machine-moment": lambda: machine(2),
    "machine-partly-protected": lambda: machine(1),
    "machine-left": lambda: machine(1, "--partial"),
    "spread-too-wide": lambda: machine(2, "--max-spread", "0s"),
    "restore-limit": limited,
    "not-consistent-together": on_one_machine,
    "restore-outlook": lambda: recovered()[0],
    "restored-already": lambda: recovered()[1],
    "restored-unselected": unselected,
    "restore-impossible": lambda: shown(
        backed_up(), "restore", "PSTestDisk", "--to", "diskrg", "--sku", "UltraSSD_LRS", YES
    ),
    "nothing-to-restore": lambda: shown(quickstart(), "restore", "PSTestDisk", "--to", "diskrg", YES),
    "nothing-drilled": lambda: shown(quickstart().saying(drills=[DRILL]), "drill", YES),
    "no-recovery-point": half_backed_up,
    "moved-already": lambda: shown(quickstart(), "move", "PSTestDisk", YES),
    "nothing-to-move": lambda: without_instances("move", "PSTestDisk", YES),
    "move-impossible": lambda: shown(moving(), "move", "PSTestDsik", YES),
    "mark-not-written": lambda: shown(
        quickstart().saying(excluded=[{"id": disk_id("Cache1"), "reason": "cache"}]), "apply", YES,
        rules=(forbidden("PATCH */backupVaults/TestBkpVault"),),
    ),
}  # fmt: skip
