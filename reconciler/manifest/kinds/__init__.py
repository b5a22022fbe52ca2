"""One module for each kind of entry: what it declares, and what can't be declared together.

Not here: what entries of all kinds have in common, which is in `manifest.entries`; what they say of each other, which
is in `manifest.references`.
"""

from __future__ import annotations

from reconciler.manifest import drills, exceptions
from reconciler.manifest.entries import Kind
from reconciler.manifest.kinds import groups, instances, policies, vaults
from reconciler.model.codes import manifest as codes

KINDS = (
    Kind("vaults", "vaults", vaults.read, "vault", "vault", codes.UNKNOWN_VAULT),
    Kind("policies", "policies", policies.read, "policy", "policy", codes.UNKNOWN_POLICY),
    Kind(
        "snapshotResourceGroups", "snapshot_groups", groups.read,
        "snapshot resource group", "snapshotResourceGroup", codes.UNKNOWN_GROUP,
    ),
    Kind("disks", "disks", instances.read),
    Kind("excluded", "excluded", exceptions.excluded),
    Kind("removed", "removed", exceptions.removed),
    Kind("ignore", "ignore", exceptions.ignore),
    Kind("drills", "drills", drills.read, "drill"),
)  # fmt: skip
"""Every section that lists entries."""
