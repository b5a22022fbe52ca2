"""A move: the backups of disks continue in the vaults that the manifest declares for them."""

from __future__ import annotations

from functools import partial

from reconciler.flow.run import Task
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.planning import moving


def move(manifest: Manifest, options: Options, disks: tuple[str, ...], *, through_soft_delete: bool = False) -> Task:
    """The task of a run that moves these disks, names or ids."""
    planner = partial(moving.make, disks=disks, through_soft_delete=through_soft_delete)
    return Task(manifest, options, planner, passing=frozenset())
