"""Which backup instances a disk has: in the vaults of this run and, as far as that matters, in those of other shards."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain

from reconciler.model import protection
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import HELD
from reconciler.model.protection import Health
from reconciler.model.resources import Instance
from reconciler.model.scope import concerns_others
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING


class Holdings:
    """The instances of each disk, live and soft-deleted."""

    def __init__(self, draft: Draft) -> None:
        self._world, self._decisions, self._questions = draft.world, draft.decisions, draft.questions
        self._live, self._deleted = _copy(self._world.held), _copy(self._world.deleted)
        self._others = [one for one in self._world.estate.vaults.values() if concerns_others(self._world.reach, one)]

    def live(self, wanted: DesiredDisk) -> list[Instance]:
        """The live instances of a disk, in order of their ids."""
        return self._live.get(wanted.disk.id.key, [])

    def deleted(self, wanted: DesiredDisk) -> list[Instance]:
        """The soft-deleted instances of a disk, in order of their ids."""
        return self._deleted.get(wanted.disk.id.key, [])

    def are_known(self, wanted: DesiredDisk) -> bool:
        """Whether the instances in other shards' vaults are known, as far as they matter.

        They matter only for a disk without an instance here, and only in vaults of its own region.
        """
        if not self._others or any(one.vault == wanted.vault.id for one in self._live.get(wanted.disk.id.key, ())):
            return True
        near = [vault for vault in self._others if vault.location == wanted.disk.location]
        answers = [self._questions.ask(HELD(vault.id), address=wanted.address) for vault in near]
        told = [held or () for held in answers if held is not PENDING]
        if len(told) < len(near):
            return False
        self._others = [vault for vault in self._others if vault not in near]
        for instance in chain.from_iterable(told):
            if instance.disk:
                index = self._deleted if instance.deleted else self._live
                insort(index[instance.disk.key], instance, key=lambda one: one.id.key)
        return True

    def are_elsewhere(self, wanted: DesiredDisk, live: list[Instance]) -> bool:
        """Whether a disk has instances, but only in other vaults or of other manifests; an error says where."""
        address = wanted.address
        if self.are_of_others(wanted, live):
            return True
        others = [instance for instance in live if instance.vault != wanted.vault.id]
        if others and len(others) == len(live):
            other = min(others, key=protection.preference)
            where = self._world.names.in_vault(other.vault.child("backupInstances", other.id.name))
            is_it = protection.health_of(other) is Health.CONFIGURED
            how = (
                f"it is already protected by {where}"
                if is_it
                else f"it has {where}, which is {other.state} and doesn't protect it"
            )
            self._decisions.refuse(address, disk_codes.PROTECTED_ELSEWHERE, how, place=wanted.place)
            return True
        return False

    def are_of_others(self, wanted: DesiredDisk, held: list[Instance]) -> bool:
        """Whether another manifest owns an instance of the disk; that is an error, unless the disk is being handed over to it."""
        for instance in held:
            owner = self._world.owner(instance.tags)
            if owner == "foreign":
                mark = tag_of(instance.tags, OWNER_TAG)
                message = f"the manifest `{mark}` owns its backup instance in the vault {instance.vault.name}"
                self._decisions.refuse(wanted.address, codes.MANAGED_ELSEWHERE, message, place=wanted.place)
                return True
            if owner == "handed":
                return True
        return False


def _copy(index: Mapping[str, list[Instance]]) -> defaultdict[str, list[Instance]]:
    return defaultdict(list, {key: list(held) for key, held in index.items()})
