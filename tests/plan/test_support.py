"""What Azure Disk Backup can protect, from its support matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import GOLD, disk, policy_spec

from reconciler.plan.support import is_kubernetes_volume, is_replica, obstacle


@pytest.mark.parametrize(
    ("said", "hours", "why"),
    [
        ({}, 4, ""),
        ({"location": "eastus"}, 4, "it lies in eastus, the vault in westus"),
        ({"ade": True}, 4, "Azure Disk Encryption"),
        ({"provisioning_state": "Deleting"}, 4, "being deleted"),
        ({"sku": "PremiumV2_LRS"}, 4, "not every 4 hours"),
        ({"sku": "premiumv2_lrs"}, 8, "not every 8 hours"),
        ({"sku": "PremiumV2_LRS"}, 12, ""),
        ({"sku": "UltraSSD_LRS"}, 24, ""),
        ({"sku": "UltraSSD_LRS"}, 1, "UltraSSD_LRS disks can be backed up every 12 hours or daily"),
        ({"sku": "StandardSSD_ZRS"}, 1, ""),
    ],
)
def test_obstacles(said: dict[str, Any], hours: int, why: str) -> None:
    found = obstacle(disk(**said), policy_spec(content=replace(GOLD, interval_hours=hours)), "westus")
    assert why in found
    assert bool(found) is bool(why)


def test_an_ultra_disk_under_a_policy_of_unknown_content_has_no_known_obstacle() -> None:
    ultra = disk(sku="UltraSSD_LRS")
    assert obstacle(ultra, None, "westus") == ""
    assert obstacle(ultra, policy_spec(content=None, manage=False), "westus") == ""


def test_replicas_are_told_by_their_suffix() -> None:
    assert is_replica(disk("web-ASRReplica"))
    assert "Site Recovery" in obstacle(disk("web-ASRReplica"), None, "westus")
    assert not is_replica(disk("web"))


@pytest.mark.parametrize("tag", ["kubernetes.io-created-for-pvc-name", "K8s-Azure-Created-By"])
def test_kubernetes_volumes_are_told_by_their_tags(tag: str) -> None:
    assert is_kubernetes_volume(disk(tags={tag: "x"}))
    assert not is_kubernetes_volume(disk(tags={"other": "x"}))
