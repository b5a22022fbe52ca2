"""Which disks `removed` takes out: by which of its entries, and what forbids to delete anything of theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest, Removed
from reconciler.model.resources import Disk
from reconciler.planning.selection import Surroundings, Test, by_name_alone, is_by_name_alone, matcher, stub


class Removal(NamedTuple):
    """A disk that is taken out, the entry that does it, its place, and whether it names the disk by id."""

    disk: ArmId
    entry: Removed
    place: Place
    by_id: bool


class Hold(NamedTuple):
    """Why nothing of a disk may be deleted, and where that is said; not `is_sure`: the disk is gone, and may not match."""

    reason: str
    place: Place
    is_sure: bool


@dataclass(slots=True)
class Removals:
    """Everything that `removed` takes out, by lower-cased disk id.

    `twice` are disks that two selectors want to delete, with both places. `unclear` are disks that no longer exist, and
    which a selector may have matched while they did, with its place.
    """

    of: dict[str, Removal] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    twice: dict[str, tuple[Removal, Removal]] = field(default_factory=dict)
    unclear: dict[str, tuple[ArmId, Place]] = field(default_factory=dict)


def removals(manifest: Manifest, around: Surroundings, disks: Mapping[str, Disk], held: Iterable[ArmId]) -> Removals:
    """What the manifest takes out of these existing disks, and of those that backup instances were `held` for.

    An id beats selectors, and an id in `disks` or `excluded` beats the selectors of `removed`. Of several selectors one
    that keeps the recovery points wins.
    """
    found = Removals()
    if not manifest.removed:
        return found
    selecting = [_Selecting(entry, around) for entry in manifest.removed if entry.select is not None]
    gone = {disk.key: stub(disk) for disk in held if disk.key not in disks} if selecting else {}
    found.of.update(
        (disk.key, Removal(disk, entry, place, True)) for entry in manifest.removed for disk, place in entry.named
    )
    _hold(found, manifest, selecting, disks, gone)
    named = {*found.of, *(entry.id.key for entry in manifest.excluded)}
    named |= {disk.key for rule in manifest.disks for disk, _ in rule.ids}
    for one in selecting:
        for key, disk in _taken(one, disks, gone, found.unclear):
            if key not in named:
                _add(found, key, Removal(disk.id, one.entry, one.entry.place, False))
    found.unclear = {key: one for key, one in found.unclear.items() if key not in named and key not in found.of}
    return found


class _Selecting:
    """An entry that selects: the tests of its selector for disks that exist, and for those that no longer do."""

    def __init__(self, entry: Removed, around: Surroundings) -> None:
        if entry.select is None:
            raise ValueError("an entry without a selector")
        leaves = [one.selector for one in entry.exclude]
        self.entry = entry
        self.is_by_name = is_by_name_alone(entry.select) and all(map(is_by_name_alone, leaves))
        self._takes, self._leaves = matcher(entry.select, around), [matcher(one, around) for one in leaves]
        self._could: Test = matcher(by_name_alone(entry.select), around)
        self._could_leave = [matcher(one, around) for one in leaves if is_by_name_alone(one)]

    def takes(self, disk: Disk) -> bool:
        """Whether it takes a disk that exists."""
        return self._takes(disk) and not any(leaves(disk) for leaves in self._leaves)

    def could_take(self, disk: Disk) -> bool:
        """Whether it may have taken a disk of which only the id is known; it has if the entry `is_by_name`."""
        return self._could(disk) and not any(leaves(disk) for leaves in self._could_leave)


def _taken(
    one: _Selecting, disks: Mapping[str, Disk], gone: Mapping[str, Disk], unclear: dict[str, tuple[ArmId, Place]]
) -> Iterator[tuple[str, Disk]]:
    yield from ((key, disk) for key, disk in disks.items() if one.takes(disk))
    for key, disk in gone.items():
        if one.could_take(disk) and one.is_by_name:
            yield key, disk
        elif one.could_take(disk):
            unclear[key] = (disk.id, one.entry.place)


def _add(found: Removals, key: str, new: Removal) -> None:
    old = found.of.setdefault(key, new)
    if old is new:
        return
    if old.entry.data == new.entry.data == "delete":
        found.twice[key] = (old, new)
    elif new.entry.data == "retain":
        found.of[key] = new
        found.twice.pop(key, None)


def _hold(
    found: Removals,
    manifest: Manifest,
    selecting: Iterable[_Selecting],
    disks: Mapping[str, Disk],
    gone: Mapping[str, Disk],
) -> None:
    """Collect what is on hold; a disk that is gone counts, if a selector with a hold may have taken it."""
    doubtful: defaultdict[str, list[Hold]] = defaultdict(list)
    for entry in manifest.removed:
        for own, place in entry.named if entry.hold else ():
            found.holds[own.key] = Hold(entry.hold, place, True)
    for one in selecting:
        hold = Hold(one.entry.hold, one.entry.place, True)
        for key, disk in disks.items() if hold.reason else ():
            if one.takes(disk):
                found.holds.setdefault(key, hold)
        for key, disk in gone.items() if hold.reason else ():
            if one.could_take(disk):
                doubtful[key].append(hold._replace(is_sure=one.is_by_name))
    for key, holds in doubtful.items():
        found.holds.setdefault(key, max(holds, key=lambda hold: hold.is_sure))
