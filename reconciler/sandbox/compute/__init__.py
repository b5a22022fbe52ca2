"""Microsoft.Compute: disks and their snapshots, and as much of machines as disks are attached to."""

from __future__ import annotations

from reconciler.sandbox.compute import disks, machines, snapshots
from reconciler.sandbox.compute.disks import provider

__all__ = ["provider"]
