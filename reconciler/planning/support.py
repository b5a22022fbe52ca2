"""What Azure Disk Backup can protect, as far as the estate tells; `manifest.support` has what the manifest alone tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Code
from reconciler.model.ids import lower
from reconciler.model.limits import SLOW_HOURS, SLOW_SKUS
from reconciler.model.manifest import PolicySpec
from reconciler.model.resources import Disk, Instance
from reconciler.planning.world import World


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a disk can't be protected: the code of the rule, and a sentence."""

    code: Code
    sentence: str


def obstacle(disk: Disk, policy: PolicySpec | None, vault_location: str) -> Obstacle | None:
    """Why a disk can't be protected in a vault under a policy; None when there is no known obstacle.

    From Azure's support matrix: same region as the vault, no Azure Disk Encryption, Premium SSD v2 and Ultra disks
    only every 12 hours or daily, no replicas of Site Recovery (which rewrites them during the snapshot).
    """
    if disk.location != vault_location:
        return Obstacle(disk_codes.REGION_DIFFERS, f"the disk is in {disk.location}, its vault in {vault_location}")
    if disk.ade:
        return Obstacle(
            disk_codes.DISK_ENCRYPTION,
            "the disk is encrypted with Azure Disk Encryption, which Azure Disk Backup does not support",
        )
    if is_replica(disk):
        return Obstacle(codes.REPLICA_DISK, "the disk is a replica, which Azure Site Recovery keeps overwriting")
    if lower(disk.provisioning_state) == "deleting":
        return Obstacle(disk_codes.DISK_DELETING, "Azure is deleting the disk")
    hours = policy.content.interval_hours if policy and policy.content else None
    if hours and hours < SLOW_HOURS and lower(disk.sku) in SLOW_SKUS:
        return Obstacle(codes.SCHEDULE_TOO_FAST, f"{disk.sku} disks can't be backed up every {hours} hours")
    return None


def is_replica(disk: Disk) -> bool:
    """Whether Site Recovery made the disk, by the suffix it gives replicas."""
    return disk.id.key.endswith("-asrreplica")


def backed(world: World) -> frozenset[str]:
    """The disks, by lower-cased id, that have a backup instance, even soft-deleted, unless another manifest owns it.

    A disk that was restored under the id of its source has the source's instance, and counts as that disk.
    """
    estate = world.estate
    found: Iterable[Instance] = (*estate.instances.values(), *estate.deleted_instances.values())
    return frozenset(one.disk.key for one in found if one.disk and world.owner(one.tags) != "foreign")
