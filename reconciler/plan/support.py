"""What Azure Disk Backup can protect, as far as the estate tells; the rest the manifest's validation knows."""

from __future__ import annotations

from reconciler.estate import Disk
from reconciler.ids import lower
from reconciler.manifest.model import PolicySpec

_TWICE_A_DAY_SKUS = frozenset({"premiumv2_lrs", "ultrassd_lrs"})
_SLOW_INTERVALS = frozenset({12, 24})
_KUBERNETES_TAGS = frozenset({"kubernetes.io-created-for-pvc-name", "k8s-azure-created-by"})


def obstacle(disk: Disk, policy: PolicySpec | None, vault_location: str) -> str:
    """Why a disk can't be protected in a vault under a policy; empty when nothing is known against it.

    From Azure's support matrix: same region as the vault, no Azure Disk Encryption, Premium SSD v2 and Ultra disks
    only every 12 hours or daily, no replicas of Site Recovery (they are rewritten under the snapshot).
    """
    if disk.location != vault_location:
        return f"it lies in {disk.location}, the vault in {vault_location}"
    if disk.ade:
        return "it is encrypted with Azure Disk Encryption, which Disk Backup doesn't support"
    if is_replica(disk):
        return "it is a replica of Azure Site Recovery"
    if lower(disk.provisioning_state) == "deleting":
        return "it is being deleted"
    content = policy.content if policy else None
    if content and lower(disk.sku) in _TWICE_A_DAY_SKUS and content.interval_hours not in _SLOW_INTERVALS:
        return f"{disk.sku} disks can be backed up every 12 hours or daily, not every {content.interval_hours} hours"
    return ""


def is_replica(disk: Disk) -> bool:
    """Whether Site Recovery made the disk, by the suffix it gives replicas."""
    return lower(disk.id.name).endswith("-asrreplica")


def is_kubernetes_volume(disk: Disk) -> bool:
    """Whether a Kubernetes cluster made the disk for a volume claim, by the tags its driver writes."""
    return any(lower(key) in _KUBERNETES_TAGS for key in disk.tags)
