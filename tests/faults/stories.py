"""Stories that trials begin with: estates, manifests, and what was applied before."""

from __future__ import annotations

from typing import Any

from arm import disk, disk_id, estate, instance_id, vault_id
from manifests import DISK, POLICY, VAULT, Data, manifest
from trial import Trial

DISK_ID = disk_id("PSTestDisk")
ADDRESS = f"disk/{DISK_ID.lower()}"
VAULT_ID = vault_id()
LONGER = POLICY | {"retention": {"default": "30d"}}
REMOVED = [{"id": DISK_ID, "data": "delete", "reason": "ticket 4711"}]
WRITES = (
    "PUT resourcegroups",
    "PUT backupVaults",
    "PUT backupPolicies",
    "PUT roleAssignments",
    "PUT backupInstances",
    "PATCH backupVaults",
)
"""Every kind of write of the walkthrough's case."""


def applied(trial: Trial) -> Trial:
    """The trial's manifest, applied without a fault."""
    run = trial.apply()
    assert run.code == 0, run.text
    return trial


def soft_deleted(trial: Trial) -> Trial:
    """The disk was protected, and its instance was deleted by the rules."""
    applied(trial)
    run = trial.apply("--allow-delete", "1", said=manifest(disks=None, removed=REMOVED))
    assert run.code == 0, run.text
    return trial


def rolled(trial: Trial) -> Trial:
    """The policy of a protected disk is to change."""
    applied(trial)
    trial.said = manifest(policies=[LONGER])
    return trial


def orphaned(trial: Trial) -> Trial:
    """The protected disk has left the manifest, and pruning is asked for."""
    applied(trial)
    trial.said = manifest(disks=None)
    trial.flags = ("--prune", "--force", "empty")
    return trial


def instance_of(trial: Trial, disk: str = "PSTestDisk") -> dict[str, Any]:
    """The one instance of a disk, as it is."""
    return trial.instances(VAULT_ID)[disk.lower()]  # type: ignore[no-any-return]


def state_of(trial: Trial, disk: str = "PSTestDisk") -> str:
    """Its protection's state."""
    return str(instance_of(trial, disk)["properties"]["currentProtectionState"])


def two_vaults(count: int = 1) -> tuple[dict[str, Any], Data]:
    """An estate of disks and a manifest that protects each of them in a vault of its own or the walkthrough's."""
    names = [f"data-{number}" for number in range(count + 1)]
    said = manifest(
        vaults=[VAULT, {"name": "OtherVault", "resourceGroup": "otherRG"}],
        disks=[DISK | {"id": disk_id(names[0]), "vault": "OtherVault"}]
        + [DISK | {"id": disk_id(name)} for name in names[1:]],
    )
    return estate([disk(name) for name in names]), said


def instance_path(name: str) -> str:
    """The id of an instance in the walkthrough's vault."""
    return instance_id(VAULT_ID, name)
