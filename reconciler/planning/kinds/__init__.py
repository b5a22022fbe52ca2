"""What a manifest manages, one module a kind: declared against live, and what has to change.

Not here: what a kind is made of, which is in `model`; the order of changes, their gates and the checksum of the whole.
"""

from __future__ import annotations

from reconciler.planning.comparison import ManagedKind
from reconciler.planning.kinds import groups, instances, policies, roles, vaults

KINDS = (
    ManagedKind(compare=groups.compare, declared=groups.declared),
    ManagedKind(need=vaults.need, compare=vaults.compare, conclude=vaults.conclude, declared=vaults.declared),
    ManagedKind(conclude=policies.conclude, declared=policies.declared),
    ManagedKind(compare=roles.compare, conclude=roles.conclude),
    ManagedKind(
        need=instances.need, compare=instances.compare, conclude=instances.conclude, declared=instances.declared
    ),
)
"""Every managed kind; each is compared after those that it needs, and concluded before them."""
