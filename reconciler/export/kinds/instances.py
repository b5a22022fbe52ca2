"""Entries of `disks`: lists of ids, or a tag's values if these select exactly the same disks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.export.choices import Described, Selected
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, group_id, lower
from reconciler.model.protection import Health, health_of
from reconciler.model.resources import Disk
from reconciler.model.results.export import Data
from reconciler.model.unselected import why_passed_over

_HALF = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, which no file can hold."""

Tagged = dict[tuple[str, str], list[Disk]]
"""Disks by subscription and value of a tag."""

_PROTECTION = {Health.STOPPED: "stopped", Health.SUSPENDED: "suspended"}
_KEYS = ("vault", "policy", "snapshotResourceGroup")


@dataclass(frozen=True, slots=True)
class Protected:
    """A disk with the manifest's names of its vault, policy and group; `protection` in the manifest's words."""

    disk: Disk
    vault: str
    policy: str
    group: str
    protection: str

    def said(self, key: str) -> str:
        """The name of the vault, policy or snapshot resource group."""
        return {"vault": self.vault, "policy": self.policy, "snapshotResourceGroup": self.group}[key]


def described(selected: Selected) -> Described:
    """The disks that are kept, by id or by tag, with the names of what they use."""
    names = selected.names
    disks = [
        Protected(
            disk=_spelled(selected.estate, selected.estate.disks[key]),
            vault=names["vaults"][one.vault.key],
            policy=names["policies"][one.policy.key],
            group=names["snapshotResourceGroups"][lower(one.snapshot_group.name)],
            protection=_PROTECTION.get(health_of(one), "protected"),
        )
        for key, one in sorted(selected.kept.items())
        if one.policy and one.snapshot_group
    ]
    defaults = {} if selected.asked.is_part else _shared(disks)
    every = selected.estate.disks.values()
    return Described(_entries(disks, selected.defaults | defaults, selected.asked.by_tag, every), defaults=defaults)


def _spelled(estate: Estate, disk: Disk) -> Disk:
    """The disk, with its id spelled as the portal shows it."""
    group = estate.groups.get(disk.id.group_id.key)
    within = group_id(disk.id.subscription, group.id.name if group else disk.id.group)
    return replace(disk, id=ArmId(f"{within}/providers/Microsoft.Compute/disks/{disk.id.name}"))


def _shared(disks: Sequence[Protected]) -> Data:
    """What all disks share, or all disks of a region, as defaults: one name, or one per region."""
    found: Data = {}
    for key in _KEYS:
        by_region: dict[str, set[str]] = defaultdict(set)
        for one in disks:
            by_region[one.disk.location].add(one.said(key))
        if all(len(names) == 1 for names in by_region.values()):
            chosen = {region: min(names) for region, names in sorted(by_region.items())}
            names = set(chosen.values())
            if chosen:
                found[key] = names.pop() if len(names) == 1 else chosen
    return found


def _entries(disks: Sequence[Protected], defaults: Data, tag: str, every: Iterable[Disk]) -> list[Data]:
    """The entries, in a stable order; `tag` (empty: none) may replace ids, `every` are the disks it could select."""
    alike: dict[tuple[str, ...], list[Protected]] = defaultdict(list)
    for one in disks:
        alike[(*("" if key in defaults else one.said(key) for key in _KEYS), one.protection)].append(one)
    backed = {one.disk.id.key for one in disks}
    takeable = (disk for disk in every if disk.id.key in backed or not why_passed_over(disk))
    tagged = _by_value(takeable, tag) if tag else {}
    found: list[Data] = []
    for kind in sorted(alike, key=lambda kind: (kind[-1] != "protected", *map(lower, kind), kind)):
        rest = {key: name for key, name in zip(_KEYS, kind, strict=False) if name}
        if kind[-1] != "protected":
            rest["protection"] = kind[-1]
        left = sorted(alike[kind], key=lambda one: one.disk.id.key)
        for select, chosen in _selectors(left, tag, tagged):
            found.append({"select": select, **rest})
            left = [one for one in left if one.disk.id.key not in chosen]
        if left:
            ids = [one.disk.id.text for one in left]
            found.append({"id": ids[0] if len(ids) == 1 else ids, **rest})
    return found


def _value(disk: Disk, tag: str) -> str | None:
    have = {lower(key): value for key, value in disk.tags.items()}
    return have.get(lower(tag))


def _by_value(every: Iterable[Disk], tag: str) -> Tagged:
    """Disks by subscription and value of the tag, without the value `*`, which would mean any, and without half characters."""
    found: Tagged = defaultdict(list)
    for disk in every:
        value = _value(disk, tag)
        if value is not None and value != "*" and not _HALF.search(value):
            found[disk.id.subscription, value].append(disk)
    return found


def _selectors(own: Sequence[Protected], tag: str, tagged: Tagged) -> Iterator[tuple[Data, set[str]]]:
    """Selectors with the ids they take: values that take only disks of this entry, by subscription.

    `tagged` doesn't contain disks that selectors pass over.
    """
    keys = {one.disk.id.key for one in own}
    regions = {one.disk.location for one in own}
    values: dict[str, list[str]] = defaultdict(list)
    for (subscription, value), disks in sorted(tagged.items()):
        taken = {disk.id.key for disk in _takeable(disks, regions)}
        if taken and taken <= keys:
            values[subscription].append(value)
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for subscription, found in values.items():
        alike[tuple(found)].append(subscription)
    for exact, places in sorted(alike.items(), key=lambda item: item[1]):
        disks = [disk for place in places for value in exact for disk in tagged[place, value]]
        elsewhere = any(disk.location not in regions for disk in disks)
        select: Data = {
            "subscriptions": places,
            **({"locations": sorted(regions)} if elsewhere else {}),
            "tags": {tag: exact[0] if len(exact) == 1 else list(exact)},
        }
        yield select, {disk.id.key for disk in _takeable(disks, regions)}


def _takeable(disks: Iterable[Disk], regions: set[str]) -> Iterator[Disk]:
    return (disk for disk in disks if disk.location in regions)
