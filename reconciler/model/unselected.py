"""Disks that selectors pass over: copies that a restore made and nobody uses, and disks of clusters and scale sets.

A disk that was restored to its old id is no copy: it is the disk that the manifest has always meant.
All of them can be named by id. A disk that has a backup instance already isn't passed over, so that no protection ends
because of a tag, or because a machine lets go of its disk.
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.ids import lower
from reconciler.model.resources import Disk
from reconciler.model.tags import is_copy

_SCALE_SET_MACHINES = "microsoft.compute/virtualmachinescalesets/virtualmachines"
_KUBERNETES_TAGS = ("kubernetes.io-created-for-", "k8s-azure-created-by")


class PassedOver(StrEnum):
    """Why selectors pass over a disk, in words."""

    COPY = "a restore made it, and no virtual machine uses it"
    VOLUME = "it is a volume of a Kubernetes cluster"
    SCALE_SET = "it belongs to a scale set"


def is_kubernetes_volume(disk: Disk) -> bool:
    """Whether a Kubernetes cluster made the disk for a volume claim, by the tags its driver writes."""
    return any(lower(key).startswith(_KUBERNETES_TAGS) for key in disk.tags)


def why_passed_over(disk: Disk) -> PassedOver | None:
    """Why selectors pass over a disk without a backup instance; None when they don't."""
    if any(machine.type == _SCALE_SET_MACHINES for machine in disk.machines):
        return PassedOver.SCALE_SET
    if is_kubernetes_volume(disk):
        return PassedOver.VOLUME
    return PassedOver.COPY if is_copy(disk.tags) and not disk.machines else None
