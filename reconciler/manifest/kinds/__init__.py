"""One module for each kind of entry: what it declares, and what can't be declared together.

Not here: what entries of all kinds have in common, which is in `manifest.entries`; what they say of each other, which
is in `manifest.references`.
"""

from __future__ import annotations

from reconciler.manifest import drills, exceptions
from reconciler.manifest.entries import SectionKind
from reconciler.manifest.kinds import groups, instances, policies, vaults
from reconciler.model.codes import manifest as codes

KINDS = (
    SectionKind("vaults", "vaults", vaults.read, "vault", "vault", codes.UNKNOWN_VAULT),
    SectionKind("policies", "policies", policies.read, "policy", "policy", codes.UNKNOWN_POLICY),
    SectionKind(
        "snapshotResourceGroups", "snapshot_groups", groups.read,
        "snapshot resource group", "snapshotResourceGroup", codes.UNKNOWN_GROUP,
    ),
    SectionKind("disks", "disks", instances.read),
    SectionKind("excluded", "excluded", exceptions.excluded),
    SectionKind("removed", "removed", exceptions.removed),
    SectionKind("ignore", "ignore", exceptions.ignore),
    SectionKind("drills", "drills", drills.read, "drill"),
)  # fmt: skip
"""Every section that lists entries."""
