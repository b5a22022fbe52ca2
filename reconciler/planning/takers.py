"""Which entries name a disk, or could have selected one that no longer exists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import REPORT, DiskRule, Manifest, names_in
from reconciler.planning.selection import Surroundings, Test, by_name_alone, is_by_name_alone, matcher, stub


class Taker(NamedTuple):
    """An entry, and the place in it that names or selects the disk."""

    rule: DiskRule
    place: Place
    by_id: bool


class Takers:
    """The entries of a manifest, matched by what is left of a missing disk: subscription, resource group and name."""

    def __init__(self, manifest: Manifest, management_groups: Mapping[str, tuple[str, ...]]) -> None:
        self._manifest = manifest
        self._around = Surroundings(management_groups)
        self._excluded = frozenset(entry.id.key for entry in manifest.excluded)

    def of(self, disk: ArmId) -> tuple[Taker, ...]:
        """The entry that names the disk, else every one whose selector could have matched it."""
        named = self._named.get(disk.key)
        if named is not None:
            return (named,)
        if disk.key in self._excluded:
            return ()
        alone = stub(disk)
        return tuple(
            Taker(rule, rule.place, by_id=False)
            for rule, takes, leaves in self._selecting
            if takes(alone) and not any(leaves_out(alone) for leaves_out in leaves)
        )

    def could_take(self, rule: DiskRule, disk: ArmId) -> bool:
        """Whether an entry's selector could match the disk, regardless of its exclusions."""
        if disk.key in self._excluded:
            return False
        return any(one is rule and takes(stub(disk)) for one, takes, _ in self._selecting)

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
        """Each selector, reduced to subscription, group and name, with the exclusions that use only these."""
        return [
            (
                rule,
                matcher(by_name_alone(rule.select), self._around),
                [matcher(one.selector, self._around) for one in rule.exclude if is_by_name_alone(one.selector)],
            )
            for rule in self._manifest.disks
            if rule.select is not None
        ]


def when_gone(takers: tuple[Taker, ...]) -> tuple[str, int]:
    """What to do about an instance whose disk is gone, and after how many hours, if all these entries agree.

    If they differ, or there is none, the answer is `report`; of several times the longest counts.
    """
    words = {taker.rule.when_gone for taker in takers}
    return (words.pop() if len(words) == 1 else REPORT, max((one.rule.gone_after_hours for one in takers), default=0))
