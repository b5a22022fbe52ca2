"""Which entries claim a disk, or could have taken one that is no longer there to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import REPORT, DiskRule, Manifest, Selector, names_in
from reconciler.model.resources import Disk
from reconciler.planning.selection import Surroundings, Test, matcher


class Taker(NamedTuple):
    """An entry, and the place in it that means the disk."""

    rule: DiskRule
    place: Place
    by_id: bool


class Takers:
    """The entries of a manifest, asked by what survives a disk: its subscription, resource group and name."""

    def __init__(self, manifest: Manifest, management_groups: Mapping[str, tuple[str, ...]]) -> None:
        self._manifest = manifest
        self._around = Surroundings(management_groups)
        self._excluded = frozenset(entry.id.key for entry in manifest.excluded)

    def of(self, disk: ArmId) -> tuple[Taker, ...]:
        """The entry that names the disk, else every one whose selector could have taken it."""
        named = self._named.get(disk.key)
        if named is not None:
            return (named,)
        if disk.key in self._excluded:
            return ()
        stub = _stub(disk)
        return tuple(
            Taker(rule, rule.place, by_id=False)
            for rule, takes, leaves in self._selecting
            if takes(stub) and not any(leaves_out(stub) for leaves_out in leaves)
        )

    def could_take(self, rule: DiskRule, disk: ArmId) -> bool:
        """Whether an entry's selector could take the disk, whatever it leaves out."""
        if disk.key in self._excluded:
            return False
        return any(one is rule and takes(_stub(disk)) for one, takes, _ in self._selecting)

    def puts_into(self, taker: Taker, vault: ArmId) -> bool:
        """Whether an entry may put its disks into a vault."""
        declared = self._manifest.vaults
        return any(declared[name].id == vault for name in names_in(taker.rule.vault))

    @cached_property
    def _named(self) -> dict[str, Taker]:
        return {
            arm_id.key: Taker(rule, place, by_id=True) for rule in self._manifest.disks for arm_id, place in rule.ids
        }

    @cached_property
    def _selecting(self) -> list[tuple[DiskRule, Test, list[Test]]]:
        """Each selector by subscription, group and name alone; it leaves out for certain only by these."""
        return [
            (
                rule,
                matcher(_by_name_alone(rule.select), self._around),
                [matcher(one.selector, self._around) for one in rule.exclude if _is_by_name_alone(one.selector)],
            )
            for rule in self._manifest.disks
            if rule.select is not None
        ]


def _stub(disk: ArmId) -> Disk:
    """A disk of which nothing is known but its id."""
    return Disk(disk, "", "", {}, None, None, ade=False, state="", provisioning_state="")


def _by_name_alone(selector: Selector) -> Selector:
    return replace(selector, locations=None, skus=None, tags=None, attached_names=None, attached_tags=None)


def _is_by_name_alone(selector: Selector) -> bool:
    return _by_name_alone(selector) == selector


def when_gone(takers: tuple[Taker, ...]) -> tuple[str, int]:
    """What becomes of an instance whose disk is gone, and after how many hours: what all these entries say.

    Where they differ, or there is none, it is only told; of several times the longest counts.
    """
    words = {taker.rule.when_gone for taker in takers}
    return (words.pop() if len(words) == 1 else REPORT, max((one.rule.gone_after_hours for one in takers), default=0))
