"""What Azure Disk Backup can protect, from its support matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import GOLD, disk, policy_spec

from reconciler.model.codes.planning import CODES
from reconciler.model.unselected import is_kubernetes_volume
from reconciler.planning.support import is_replica, obstacle


@pytest.mark.parametrize(
    ("said", "hours", "code"),
    [
        ({}, 4, None),
        ({"location": "eastus"}, 4, "region-differs"),
        ({"ade": True}, 4, "disk-encryption"),
        ({"provisioning_state": "Deleting"}, 4, "disk-deleting"),
        ({"sku": "PremiumV2_LRS"}, 4, "schedule-too-fast"),
        ({"sku": "premiumv2_lrs"}, 8, "schedule-too-fast"),
        ({"sku": "PremiumV2_LRS"}, 12, None),
        ({"sku": "UltraSSD_LRS"}, 24, None),
        ({"sku": "UltraSSD_LRS"}, 1, "schedule-too-fast"),
        ({"sku": "StandardSSD_ZRS"}, 1, None),
    ],
)
def test_obstacles(said: dict[str, Any], hours: int, code: str | None) -> None:
    found = obstacle(disk(**said), policy_spec(content=replace(GOLD, interval_hours=hours)), "westus")
    assert (found.code.code if found else None) == code
    assert code is None or code in CODES


def test_an_ultra_disk_under_a_policy_of_unknown_content_has_no_known_obstacle() -> None:
    ultra = disk(sku="UltraSSD_LRS")
    assert obstacle(ultra, None, "westus") is None
    assert obstacle(ultra, policy_spec(content=None, manage=False), "westus") is None


def test_replicas_are_told_by_their_suffix() -> None:
    assert is_replica(disk("web-ASRReplica"))
    found = obstacle(disk("web-ASRReplica"), None, "westus")
    assert found is not None
    assert found.code.code == "replica-disk"
    assert not is_replica(disk("web"))


@pytest.mark.parametrize("tag", ["kubernetes.io-created-for-pvc-name", "K8s-Azure-Created-By"])
def test_kubernetes_volumes_are_told_by_their_tags(tag: str) -> None:
    assert is_kubernetes_volume(disk(tags={tag: "x"}))
    assert not is_kubernetes_volume(disk(tags={"other": "x"}))
