"""A subscription's quota of disks is listed by region."""

from __future__ import annotations

from typing import Any

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
DISKS = f"{TWO}/resourceGroups/diskrg/providers/Microsoft.Compute/disks"


def quota(ask: Any, where: str = "westus") -> dict[str, tuple[int, int]]:
    """What is used of each quota, and its limit, by its name."""
    answer = ask("GET", f"{TWO}/providers/Microsoft.Compute/locations/{where}/usages", version="2024-07-01")
    assert answer.status == 200, answer
    assert {row["unit"] for row in answer.body["value"]} == {"Count"}
    return {row["name"]["value"]: (row["currentValue"], row["limit"]) for row in answer.body["value"]}


def test_disks_count_by_their_sku_in_their_region(ask: Any) -> None:
    found = quota(ask)
    assert found["PremiumDiskCount"] == (1, 50_000)
    assert found["StandardDiskCount"] == (4, 50_000)
    assert quota(ask, "West Europe")["PremiumDiskCount"] == (1, 50_000)
    assert quota(ask, "eastus")["PremiumDiskCount"] == (0, 50_000)


def test_ultra_and_premium_v2_also_count_by_their_size(ask: Any) -> None:
    for name, sku, size in (("a", "UltraSSD_LRS", 64), ("b", "UltraSSD_LRS", 32), ("c", "PremiumV2_LRS", 8)):
        body = {"location": "westus", "sku": {"name": sku}}
        ask(
            "PUT",
            f"{DISKS}/{name}",
            {**body, "properties": {"diskSizeGB": size, "creationData": {"createOption": "Empty"}}},
        )
    found = quota(ask)
    assert (found["UltraSSDDiskCount"], found["UltraSSDDiskSizeInGB"]) == ((2, 1000), (96, 32_768))
    assert (found["PremiumV2DiskCount"], found["PremiumV2DiskSizeInGB"]) == ((1, 1000), (8, 32_768))
    assert found["PremiumDiskCount"] == (1, 50_000)


def test_limits_are_switches(ask: Any) -> None:
    ask.sandbox.set_switch("disk_quota", 2)
    ask.sandbox.set_switch("disk_size_quota", 256)
    found = quota(ask)
    assert found["PremiumDiskCount"] == (1, 2)
    assert (found["UltraSSDDiskCount"], found["UltraSSDDiskSizeInGB"]) == ((0, 2), (0, 256))


def test_whoever_may_not_read_usages_is_refused(ask: Any) -> None:
    answer = ask(
        "GET", f"{TWO}/providers/Microsoft.Compute/locations/westus/usages", version="2024-07-01", who="nobody"
    )
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
