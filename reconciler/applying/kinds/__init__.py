"""One file per managed kind: how a change of it is written, waited for, and seen to be done.

Not here: changes that are verbs, such as a move or a restore; whether a write is let through, which is in
`applying.guard`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from reconciler.applying.kinds import groups, instances, policies, roles, vaults
from reconciler.applying.run import Run
from reconciler.model.changes import Change, Kind

Perform = Callable[[Run, Change], Awaitable[str]]
"""Performs a change: returns a remark, raises what stands in the way."""

KINDS: tuple[tuple[Kind, Perform], ...] = (
    (Kind.GROUP, groups.perform),
    (Kind.VAULT, vaults.perform),
    (Kind.POLICY, policies.perform),
    (Kind.ROLE, roles.perform),
    (Kind.DISK, instances.perform),
)
"""How a change of each kind is performed."""
