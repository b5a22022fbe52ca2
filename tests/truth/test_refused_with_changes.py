"""Issue G: what is refused as a whole promises no counts, and shows no difference that is none."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from arm import APPS, disk, group
from forging import Azure, Done, applied, disks
from manifests import VAULT, manifest
from manifests import disk as entry

Forged = Callable[..., AbstractContextManager[Azure]]
OTHER = VAULT | {"name": "OtherVault"}
BOTH = ["disk-01", "disk-02"]


def drill(name: str, target: str) -> dict[str, object]:
    return {"name": name, "targetResourceGroup": target, "select": {"subscriptions": [APPS]}}


def refused(done: Done, verb: str) -> None:
    """It shows what would have been done, and that nothing was."""
    shown = done.out
    assert done.code == 1, done
    assert shown.startswith(f"reconciler {verb}: refused by "), done
    assert f"{verb.capitalize()} refused." in shown, done
    assert ("Checksum" in shown, " to add, " in shown) == (False, False), done
    assert done.writes == [], done


def moving(azure: Azure, **said: object) -> None:
    """Both disks are to be in the other vault."""
    entries = [entry(name, vault="OtherVault", **said) for name in BOTH]
    groups = [{"name": name} for name in ("snapshotrg", "elsewhere")]
    azure.declare(manifest(vaults=[VAULT, OTHER], disks=entries, snapshotResourceGroups=groups))


def test_a_drill_of_which_one_part_can_not_be_done(forged: Forged) -> None:
    drills = [drill("monthly", "scratch"), drill("yearly", "nowhere")]
    made = applied(manifest(drills=drills), group(APPS, "diskrg"), group(APPS, "scratch"), disk("PSTestDisk"))
    with forged(made.aged("1d"), clock="virtual") as azure:
        refused(azure.run("drill", "--auto-approve"), "drill")


def test_a_move_that_a_gate_refuses(forged: Forged) -> None:
    with forged(disks(2, vaults=[VAULT, OTHER]).aged("1d"), clock="virtual") as azure:
        moving(azure)
        azure.delete("*/disks/disk-02")
        refused(azure.run("move", "backup.yaml", *BOTH, "--auto-approve"), "move")


def test_a_move_shows_only_what_differs(forged: Forged) -> None:
    with forged(disks(2, vaults=[VAULT, OTHER]).aged("1d"), clock="virtual") as azure:
        moving(azure)
        azure.switch(stopped_elsewhere="accepted")
        done = azure.run("move", "backup.yaml", *BOTH, "--auto-approve")
        assert (done.code, "snapshotResourceGroup" in done.out, "~ vault:" in done.out) == (0, False, True), done
        assert " to change, " in done.out


def test_a_move_into_another_snapshot_group_shows_it(forged: Forged) -> None:
    with forged(disks(2, vaults=[VAULT, OTHER]).aged("1d"), clock="virtual") as azure:
        moving(azure, snapshotResourceGroup="elsewhere")
        done = azure.run("move", "backup.yaml", *BOTH, "--auto-approve")
        assert '/snapshotrg" -> "' in done.out, done
        assert "/elsewhere" in done.out, done
