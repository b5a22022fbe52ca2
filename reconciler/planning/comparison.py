"""One comparison of a manifest with an estate, as every managed kind is handed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.policy_book import PolicyBook
from reconciler.planning.role_book import RoleBook


@dataclass(frozen=True, slots=True)
class Comparison:
    """The draft, the desired disks (`everything`, and of these `desired`, in vaults of this run), and what disks use."""

    draft: Draft
    everything: list[DesiredDisk]
    desired: list[DesiredDisk]
    policies: PolicyBook
    roles: RoleBook


class ManagedKind(Protocol):
    """A module that plans one kind of thing."""

    def compare(self, comparison: Comparison, /) -> None:
        """Plan what is declared and missing, or differs."""

    def conclude(self, comparison: Comparison, /) -> None:
        """Plan what follows once everything declared was compared: what nothing needs any more ends."""
