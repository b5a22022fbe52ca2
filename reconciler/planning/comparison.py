"""What every managed kind is handed for one comparison of a manifest with an estate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.model.addresses import Address
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.group_book import GroupBook
from reconciler.planning.policy_book import PolicyBook
from reconciler.planning.role_book import RoleBook


@dataclass(frozen=True, slots=True)
class Comparison:
    """The draft, the desired disks (`everything`; `desired` are those in vaults of this run), and books of what they need."""

    draft: Draft
    everything: list[DesiredDisk]
    desired: list[DesiredDisk]
    groups: GroupBook
    policies: PolicyBook
    roles: RoleBook


def _nothing(_: Comparison) -> None:
    """Do nothing, for kinds without this step."""


def _none(_: Comparison) -> Iterable[Address]:
    return ()


@dataclass(frozen=True, slots=True)
class ManagedKind:
    """How one kind of thing is planned; what it doesn't do is left out.

    `need`: note the resource groups that it needs. `compare`: plan what is declared and missing, or differs. `conclude`:
    once everything declared was compared, plan the end of what nothing needs any more.
    `declared`: the addresses of everything declared, even of what needs no change, so that `--only` knows them.
    """

    need: Callable[[Comparison], None] = _nothing
    compare: Callable[[Comparison], None] = _nothing
    conclude: Callable[[Comparison], None] = _nothing
    declared: Callable[[Comparison], Iterable[Address]] = _none
