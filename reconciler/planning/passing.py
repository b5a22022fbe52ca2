"""Disks that selectors pass over: copies that a restore made and nobody uses, and what clusters and scale sets make.

All can be named by id. What has a backup instance already is passed over by none, so that no protection ends with a
tag, or because a machine lets go of its disk.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.resources import Disk, Instance
from reconciler.model.tags import is_restored
from reconciler.planning.draft import Draft
from reconciler.planning.support import is_kubernetes_volume

COPY = "a restore made it, and no machine uses it"
VOLUME = "it is a volume of a Kubernetes cluster"
SCALE_SET = "it belongs to a scale set"
_SCALE_SET_MACHINES = "microsoft.compute/virtualmachinescalesets/virtualmachines"


def why_passed_over(disk: Disk) -> str:
    """Why selectors pass over a disk without a backup instance; empty: they don't."""
    if any(machine.type == _SCALE_SET_MACHINES for machine in disk.machines):
        return SCALE_SET
    if is_kubernetes_volume(disk):
        return VOLUME
    return COPY if is_restored(disk.tags) and not disk.machines else ""


def backed(draft: Draft) -> frozenset[str]:
    """The disks, by lower-cased id, that have a backup instance, even a soft-deleted one, unless it is another's.

    One that was restored under the id of its source has that one's, and is that disk.
    """
    estate = draft.estate
    found: Iterable[Instance] = (*estate.instances.values(), *estate.deleted_instances.values())
    return frozenset(one.disk.key for one in found if one.disk and draft.owner(one.tags) != "foreign")
