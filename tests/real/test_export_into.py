"""Item 8: `export --into PATH` prints what an existing manifest lacks, as a further file of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import PLATFORM
from forging import Azure, changed_list, disks, quickstart, two_vaults

Forged = Callable[..., AbstractContextManager[Azure]]


def merged(azure: Azure, existing: dict[str, object], *scopes: str) -> tuple[str, str]:
    """What is printed for a folder with this manifest, and the folder's name, where it is saved."""
    (azure.folder / "own").mkdir()
    azure.declare({**existing}, "own/backup.yaml")
    done = azure.run("export", *(scopes or (PLATFORM,)), "--into", "own")
    assert done.code == 0, done
    azure.declare(done.out, "own/more.yaml")
    plan = azure.run("plan", "own", "--format", "json")
    assert (plan.code, plan.document["changes"]) == (0, []), plan
    again = azure.run("export", *(scopes or (PLATFORM,)), "--into", "own")
    assert (again.code, "lacks nothing" in again.out) == (0, True), again
    return done.out, "own"


def test_disks_that_the_manifest_lacks(forged: Forged) -> None:
    with forged(disks(4), clock="virtual") as azure:
        said = disks(4).manifest
        out, _ = merged(azure, {**said, "disks": said["disks"][:2]})
        assert ("disk-01" in out, "disk-03" in out, "disk-04" in out) == (False, True, True)
        assert ("vaults:" in out, "policies:" in out, "name: quickstart" in out) == (False, False, False)


def test_a_vault_and_a_policy_that_the_manifest_lacks(forged: Forged) -> None:
    with forged(two_vaults(4), clock="virtual") as azure:
        said = two_vaults(4).manifest
        out, _ = merged(azure, {**said, "vaults": said["vaults"][:1], "disks": said["disks"][:1]})
        assert ("- name: OtherVault" in out, "policies:" in out) == (True, False)
        assert ("disk-01" in out, "disk-02" in out, "disk-03" in out, "disk-04" in out) == (False, True, True, True)


def test_names_that_mean_something_else_there(forged: Forged) -> None:
    """The existing policy and vault of these names are others."""
    with forged(quickstart(), clock="virtual") as azure:
        said = quickstart().manifest
        policy = {**said["policies"][0], "retention": {"default": "9d"}}
        vault = {**said["vaults"][0], "azureName": "Another", "resourceGroup": "anotherRG", "manage": False}
        own = {**said, "vaults": [vault], "policies": [policy], "disks": []}
        (azure.folder / "own").mkdir()
        azure.declare({key: value for key, value in own.items() if value}, "own/backup.yaml")
        done = azure.run("export", PLATFORM, "--into", "own")
        assert done.code == 0, done
        assert ("TestBkpVault-2" in done.out, "diskBkpPolicy-2" in done.out) == (True, True), done


def test_nothing_lacks(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("export", PLATFORM, "--into", "backup.yaml")
        assert (done.code, "lacks nothing" in done.out, "PSTestDisk" in done.out) == (0, True, False), done
        document = azure.run("export", PLATFORM, "--into", "backup.yaml", "--format", "json").document
        assert (document["manifest"], document["disk_count"]) == ("quickstart", 0)
        refused = azure.run("export", PLATFORM, "--into", "backup.yaml", "--name", "x")
        assert (refused.code, "--into" in refused.err) == (1, True)


GROUPS = {
    "under another name": [{"name": "snaps", "azureName": "SnapshotRG"}],
    "under a name that is another group's": [
        {"name": "snapshotrg", "azureName": "other-rg"},
        {"name": "snaps", "azureName": "snapshotrg"},
    ],
    "under no name, its own is another group's": [{"name": "SnapshotRG", "azureName": "other-rg"}],
}


@pytest.mark.parametrize("what", GROUPS)
def test_a_snapshot_resource_group_is_the_one_in_azure(forged: Forged, what: str) -> None:
    """The manifest has the group under another name, or another group under its name."""
    with forged(disks(4), clock="virtual") as azure:
        said = disks(4).manifest
        defaults = {key: value for key, value in said["defaults"].items() if key != "snapshotResourceGroup"}
        named = [{**disk, "snapshotResourceGroup": "snaps"} for disk in said["disks"][:2]]
        own = {**said, "defaults": defaults, "snapshotResourceGroups": GROUPS[what], "disks": named}
        if "snaps" not in str(GROUPS[what]).split("'"):
            del own["disks"]
        out, _ = merged(azure, own)
        assert "azureName: snapshotrg" in out or "snapshotResourceGroup: snaps" in out


@pytest.mark.parametrize("mode", ["manage", "verify", "emit"])
def test_missing_roles_are_treated_as_the_manifest_says(forged: Forged, mode: str) -> None:
    """A further file can't say `mode: verify`, so the head must not say that nothing is written."""
    with forged(disks(4), clock="virtual") as azure:
        azure.delete("*/roleAssignments/*")
        said = disks(4).manifest
        azure.declare({**said, "disks": said["disks"][:2], "roleAssignments": {"mode": mode}})
        done = azure.run("export", PLATFORM, "--into", "backup.yaml")
        assert (done.code, "none is written" in done.out) == (0, False), done
        assert "some are missing, which `plan` treats by the manifest's own `mode`" in done.out


TAGS = {"team": "storage"}
MISFITS = {
    "a default for tags of vaults": ({"defaults": {"tags": TAGS}}, "vault OtherVault: left out with all its contents"),
    "a group with tags": (
        {"snapshotResourceGroups": [{"name": "SnapshotRG", "tags": TAGS}]},
        "its declared tags differ",
    ),
    "both, so that nothing is left": (
        {"defaults": {"tags": TAGS}, "snapshotResourceGroups": [{"name": "SnapshotRG", "tags": TAGS}]},
        "Nothing that the manifest quickstart lacks",
    ),
}


@pytest.mark.parametrize("what", MISFITS)
def test_what_the_merged_manifest_would_change_is_left_out(forged: Forged, what: str) -> None:
    """It is valid there, but the manifest's own settings make something else of it."""
    more, told = MISFITS[what]
    with forged(two_vaults(4), clock="virtual") as azure:
        said = two_vaults(4).manifest
        defaults = {**said["defaults"], **more.get("defaults", {})}
        own = {
            **said,
            **more,
            "defaults": defaults,
            "vaults": [{**said["vaults"][0], "tags": {"team": None}}],
            "disks": [],
        }
        (azure.folder / "own").mkdir()
        azure.declare({key: value for key, value in own.items() if value}, "own/backup.yaml")
        done = azure.run("export", PLATFORM, "--into", "own")
        assert done.code == 0, done
        assert told in done.out.partition("\napiVersion:")[0]
        azure.declare(done.out, "own/more.yaml")
        plan = azure.run("plan", "own", "--format", "json")
        assert (plan.code, plan.document["changes"]) == (0, []), plan


def test_roles_that_the_manifest_wants_elsewhere_leave_no_disk_out(forged: Forged) -> None:
    """Assignments are everybody's: they leave no disk out, as a missing one doesn't."""
    with forged(disks(4), clock="virtual") as azure:
        said = disks(4).manifest
        azure.declare({**said, "disks": said["disks"][:1], "roleAssignments": {"scope": "resourceGroup"}})
        done = azure.run("export", PLATFORM, "--into", "backup.yaml")
        assert (done.code, done.out.count("/disks/disk-0")) == (0, 3), done


def test_an_odd_row_costs_a_part_that_row(forged: Forged) -> None:
    with forged(disks(4), clock="virtual") as azure:
        azure.rules(
            changed_list(
                f"GET /subscriptions/{PLATFORM}/providers/Microsoft.Authorization/locks", lambda rows: [7, *rows]
            )
        )
        said = disks(4).manifest
        azure.declare({**said, "disks": said["disks"][:2]})
        done = azure.run("export", PLATFORM, "--into", "backup.yaml")
        assert (done.code, done.out.count("left out a row in a list of"), "disk-03" in done.out) == (0, 1, True), done
