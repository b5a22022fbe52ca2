"""The resource groups that what is declared needs, each with what it should be like."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import VaultSpec
from reconciler.planning.world import World


@dataclass(slots=True)
class WantedGroup:
    """A resource group that something declared needs.

    `locations` are those of the disks that use it, `vaults` those on whose behalf it is needed, by lower-cased id.
    """

    id: ArmId
    place: Place
    manage: bool
    location: str | None
    tags: dict[str, str | None]
    default_tags: dict[str, str]
    locations: set[str] = field(default_factory=set)
    vaults: dict[str, VaultSpec] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """`group/<subscription>/<name>`."""
        return addresses.group(self.id)


class GroupBook:
    """What every kind says that it needs."""

    def __init__(self) -> None:
        self._wanted: dict[str, WantedGroup] = {}

    def want(self, group: WantedGroup) -> WantedGroup:
        """The group as it is wanted so far: like the first that was said of it."""
        return self._wanted.setdefault(group.id.key, group)

    def wanted(self, world: World) -> list[WantedGroup]:
        """The groups that this run sees to, by id: those for one of its vaults, and those for none."""
        found = (group for _, group in sorted(self._wanted.items()))
        return [group for group in found if not group.vaults or any(map(world.sees_to, group.vaults.values()))]
