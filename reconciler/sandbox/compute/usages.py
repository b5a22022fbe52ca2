"""How much of its quota of disks a subscription uses in a region.

The form and the names of locally redundant Standard, Standard SSD, Premium SSD and Ultra disks are those of a recorded
answer (msleal/asciivmssdashboard, `QUOTA_DEMO`); the other names are those that Microsoft's own RGCOPY reads
(Azure/RGCOPY, `test-diskQuota` in rgcopy.ps1). Not here: quotas of machines, snapshots and images. The limits
are listed only: no public source shows how Microsoft.Compute refuses a disk above them.
"""

from __future__ import annotations

from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.compute.disks import DISKS, IN_SUBSCRIPTION, provider
from reconciler.sandbox.switches import Switch, declare
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

_COUNTS = {
    "standard_lrs": ("StandardDiskCount", "Standard Storage Managed Disks"),
    "premium_lrs": ("PremiumDiskCount", "Premium Storage Managed Disks"),
    "standardssd_lrs": ("StandardSSDDiskCount", "StandardSSDStorageDisks"),
    "standardssd_zrs": ("StandardSSDZRSDiskCount", "StandardSSDZRSStorageDisks"),
    "premium_zrs": ("PremiumZRSDiskCount", "PremiumZRSStorageDisks"),
    "ultrassd_lrs": ("UltraSSDDiskCount", "UltraSSDStorageDisks"),
    "premiumv2_lrs": ("PremiumV2DiskCount", "PremiumV2StorageDisks"),
}
_SIZES = {
    "ultrassd_lrs": ("UltraSSDDiskSizeInGB", "UltraSSDTotalSizeInGB"),
    "premiumv2_lrs": ("PremiumV2DiskSizeInGB", "PremiumV2TotalDiskSizeInGB"),
}
_MOST_BY_SIZE = 1000
"""The most Ultra and Premium SSD v2 disks in a region, from Azure's limits of managed disks."""

declare(
    Switch("disk_quota", 50_000,
           "how many disks of each SKU a subscription may have in a region; of Ultra and Premium SSD v2 1,000 at most",
           "documented, and raised on request", form="count", samples=(2,)),
    Switch("disk_size_quota", 32_768, "how many GiB of Ultra, and of Premium SSD v2, a subscription may have in a region",
           "documented, and raised on request", form="count", samples=(256,)),
)  # fmt: skip


@provider.route(
    "GET",
    f"{IN_SUBSCRIPTION}/locations/{{location}}/usages",
    "Microsoft.Compute/locations/usages/read",
    collection=False,
)
def usages(world: World, _request: Request, **ids: str) -> Response:
    """What the disks of a subscription use of each quota in a region, and its limit; `unit` is Count for sizes, too."""
    here = [disk for disk in _disks(world, ids["subscription"]) if region(disk["location"]) == region(ids["location"])]
    most, most_by_size = world.switch("disk_quota"), min(world.switch("disk_quota"), _MOST_BY_SIZE)
    rows = []
    for sku, named in _COUNTS.items():
        used = sum(lower(disk["sku"]["name"]) == sku for disk in here)
        rows.append(_row(named, used, most_by_size if sku in _SIZES else most))
    for sku, named in _SIZES.items():
        used = sum(disk["properties"]["diskSizeGB"] for disk in here if lower(disk["sku"]["name"]) == sku)
        rows.append(_row(named, used, world.switch("disk_size_quota")))
    return Response(200, {"value": rows})


def _disks(world: World, subscription: str) -> list[Record]:
    table = world.table(DISKS)
    return [table[key] for key in table.below(f"/subscriptions/{lower(subscription)}")]


def _row(named: tuple[str, str], used: int, limit: int) -> Record:
    value, shown = named
    return {
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
        "name": {"value": value, "localizedValue": shown},
    }
