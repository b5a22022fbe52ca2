"""One file per kind: what was read from Azure, as a manifest's entries.

Not here: which objects belong in one manifest, and under which names, which is in `export.description`.
"""

from __future__ import annotations

from reconciler.export.choices import ExportKind
from reconciler.export.kinds import groups, instances, policies, roles, vaults

KINDS = (
    ExportKind("roleAssignments", roles.described),
    ExportKind("vaults", vaults.described),
    ExportKind("policies", policies.described),
    ExportKind("snapshotResourceGroups", groups.described),
    ExportKind("disks", instances.described),
)
"""The sections of a manifest, in the order in which they are written; each uses the names of those before it."""
