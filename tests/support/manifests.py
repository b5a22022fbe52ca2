"""Manifests for tests: the walkthrough's own case as data, and what a test says differently."""

from __future__ import annotations

from typing import Any

from arm import APPS, PLATFORM, disk_id

Data = dict[str, Any]

VAULT: Data = {"name": "TestBkpVault", "resourceGroup": "testBkpVaultRG"}
POLICY: Data = {
    "name": "diskBkpPolicy",
    "schedule": {"every": "4h", "at": "13:00"},
    "timeZone": "UTC",
    "retention": {"default": "7d"},
}
DISK: Data = {"id": disk_id("PSTestDisk"), "vault": "TestBkpVault", "policy": "diskBkpPolicy"}


def manifest(**said: Any) -> Data:
    """The walkthrough's manifest; a key that is said replaces what it has, None takes the key out."""
    data: Data = {
        "apiVersion": "reconciler/v1",
        "name": "quickstart",
        "defaults": {"subscription": PLATFORM, "location": "westus", "snapshotResourceGroup": "snapshotrg"},
        "vaults": [VAULT],
        "policies": [POLICY],
        "snapshotResourceGroups": [{"name": "snapshotrg"}],
        "disks": [DISK],
    }
    data |= said
    return {key: value for key, value in data.items() if value is not None}


def disk(name: str, **said: Any) -> Data:
    """An entry of `disks` for one disk of the application subscription's `diskrg`."""
    return DISK | {"id": disk_id(name)} | said


def selecting(tags: Data | None = None, **said: Any) -> Data:
    """An entry of `disks` that selects by tag in the application subscription."""
    entry = {"select": {"subscriptions": [APPS], "tags": tags or {"backup": "gold"}}}
    return {"vault": "TestBkpVault", "policy": "diskBkpPolicy"} | entry | said
