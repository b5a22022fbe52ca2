"""Fleets of disks to measure with: how many, in how many subscriptions and vaults, and what Azure holds already."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import arm

from reconciler.sandbox.sandbox import Sandbox

NAME = "fleet"
MARK = {"reconciler-owner": NAME}
PER_VAULT = 1000
PER_GROUP = 50
PER_SUBSCRIPTION = 4000


@dataclass(frozen=True)
class Fleet:
    """`disks` disks, 1,000 to a vault and 50 to a resource group, in one subscription or at most 4,000 to each."""

    disks: int
    several: bool = False

    @property
    def subscriptions(self) -> int:
        return max(2, math.ceil(self.disks / PER_SUBSCRIPTION)) if self.several else 1

    @property
    def vaults(self) -> int:
        return max(self.subscriptions, math.ceil(self.disks / PER_VAULT))

    def subscription(self, vault: int) -> str:
        return f"{vault % self.subscriptions + 1:08x}-0000-4000-8000-000000000000"

    def vault_of(self, disk: int) -> int:
        return disk * self.vaults // self.disks

    def vault(self, vault: int) -> str:
        return arm.vault_id(f"vault-{vault:03}", "backup", self.subscription(vault))

    def group(self, disk: int) -> str:
        return f"apps-{disk // PER_GROUP:04}"

    def disk(self, disk: int) -> str:
        return arm.disk_id(f"disk-{disk:06}", self.group(disk), self.subscription(self.vault_of(disk)))

    def all_subscriptions(self) -> list[str]:
        return [self.subscription(number) for number in range(self.subscriptions)]

    def scopes(self) -> Iterator[tuple[int, str]]:
        """Each vault with each resource group of its disks."""
        seen = {(self.vault_of(disk), self.disk(disk).rsplit("/", 4)[0]): None for disk in range(self.disks)}
        return iter(seen)


def manifest(fleet: Fleet, *, listed: bool) -> str:
    """The manifest as a person would write it: by a selector for each vault, or disk by disk."""
    first = fleet.subscription(0)
    lines = [
        "apiVersion: reconciler/v1",
        f"name: {NAME}",
        f"defaults: {{subscription: {first}, location: westus, policy: gold, snapshotResourceGroup: snapshots}}",
        "roleAssignments: {mode: manage, scope: resourceGroup}",
        "vaults:",
    ]
    for vault in range(fleet.vaults):
        lines += [f"  - name: vault-{vault:03}", f"    subscription: {fleet.subscription(vault)}"]
        lines += ["    resourceGroup: backup", "    location: westus"]
    lines += ["policies:", "  - name: gold", '    schedule: {every: 4h, at: "13:00"}', "    retention: {default: 7d}"]
    lines += ["snapshotResourceGroups:", "  - name: snapshots", "disks:"]
    if listed:
        for disk in range(fleet.disks):
            lines += [f"  - id: {fleet.disk(disk)}", f"    vault: vault-{fleet.vault_of(disk):03}"]
            lines += ["    policy: gold", "    snapshotResourceGroup: snapshots", "    protection: protected"]
    else:
        for vault in range(fleet.vaults):
            lines += ["  - select:", f"      subscriptions: [{fleet.subscription(vault)}]"]
            lines += [f"      tags: {{backup: v{vault:03}}}", f"    vault: vault-{vault:03}"]
    return "\n".join(lines) + "\n"


def sandbox(fleet: Fleet, *, seed: int, protected: bool, **switches: object) -> Sandbox:
    """The simulated Azure with the fleet's disks; `protected`: with everything that the manifest asks for, too."""
    estate = {"seed": seed, "subscriptions": [{"id": one} for one in fleet.all_subscriptions()], "switches": switches}
    made = Sandbox.of(estate)
    groups = dict.fromkeys(fleet.disk(disk).rsplit("/", 4)[0] for disk in range(fleet.disks))
    for group in groups:
        made.put(group, {"location": "westus"})
    for disk in range(fleet.disks):
        tags = {"backup": f"v{fleet.vault_of(disk):03}"}
        body = arm.disk(f"disk-{disk:06}", fleet.group(disk), fleet.subscription(fleet.vault_of(disk)), tags=tags)
        made.put(body["id"], body)
    if protected:
        _protect(fleet, made)
    made.world.generations.clear()
    return made


def _protect(fleet: Fleet, made: Sandbox) -> None:
    for subscription in fleet.all_subscriptions():
        for name in ("backup", "snapshots"):
            made.put(arm.group_id(subscription, name), {"location": "westus"})
    for number in range(fleet.vaults):
        vault = fleet.vault(number)
        made.put(vault, arm.vault(vault, tags=MARK))
        policy = arm.policy(vault, "by-hand")
        made.put(policy["id"], policy)
        snapshots = arm.group_id(fleet.subscription(number), "snapshots")
        grant = arm.role(snapshots, arm.principal(vault), arm.SNAPSHOT_CONTRIBUTOR)
        made.put(grant["id"], grant)
    for number, group in fleet.scopes():
        grant = arm.role(group, arm.principal(fleet.vault(number)), arm.BACKUP_READER)
        made.put(grant["id"], grant)
    for disk in range(fleet.disks):
        vault, snapshots = fleet.vault_of(disk), arm.group_id(fleet.subscription(fleet.vault_of(disk)), "snapshots")
        instance = arm.instance(fleet.vault(vault), fleet.disk(disk), "by-hand", snapshots=snapshots, tags=MARK)
        made.put(instance["id"], instance)
