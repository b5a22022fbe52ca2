"""Microsoft.Compute: disks, their snapshots and their quota, and as much of machines as disks are attached to.

Not here: restores and backups of disks, which are in `sandbox.dataprotection`; locks and tags.
"""

from reconciler.sandbox.compute import disks, machines, snapshots, usages
from reconciler.sandbox.compute.disks import provider

__all__ = ["provider"]
