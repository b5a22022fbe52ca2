"""Disks that selectors pass over: copies that a restore made and nobody uses, and what clusters and scale sets make.

All can be named by id. What has a backup instance already is passed over by none, so that no protection ends with a
tag, or because a machine lets go of its disk.
"""

from __future__ import annotations

from reconciler.model.ids import lower
from reconciler.model.resources import Disk
from reconciler.model.tags import is_restored

COPY = "a restore made it, and no virtual machine uses it"
VOLUME = "it is a volume of a Kubernetes cluster"
SCALE_SET = "it belongs to a scale set"
_SCALE_SET_MACHINES = "microsoft.compute/virtualmachinescalesets/virtualmachines"
_KUBERNETES_TAGS = ("kubernetes.io-created-for-", "k8s-azure-created-by")


def is_kubernetes_volume(disk: Disk) -> bool:
    """Whether a Kubernetes cluster made the disk for a volume claim, by the tags its driver writes."""
    return any(lower(key).startswith(_KUBERNETES_TAGS) for key in disk.tags)


def why_passed_over(disk: Disk) -> str:
    """Why selectors pass over a disk without a backup instance; empty when they don't."""
    if any(machine.type == _SCALE_SET_MACHINES for machine in disk.machines):
        return SCALE_SET
    if is_kubernetes_volume(disk):
        return VOLUME
    return COPY if is_restored(disk.tags) and not disk.machines else ""
