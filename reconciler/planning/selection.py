"""Which disks a selector matches: keys joined by AND, values of a list by OR."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain

from reconciler.model.globs import glob, is_pattern
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import DiskRule, Manifest, Removed
from reconciler.model.resources import Disk, Machine
from reconciler.model.selectors import Selector

Test = Callable[[Disk], bool]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What selectors match besides disks: management groups as in the estate, virtual machines by id."""

    management_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)


def selectors(manifest: Manifest) -> Iterator[tuple[Selector, tuple[Selector, ...]]]:
    """Every selector of disks, also of those to take out, with its exclusions."""
    entries: tuple[DiskRule | Removed, ...] = (*manifest.disks, *manifest.removed)
    for entry in entries:
        if entry.select is not None:
            yield entry.select, tuple(exclusion.selector for exclusion in entry.exclude)


def drill_selectors(manifest: Manifest) -> Iterator[tuple[Selector, tuple[Selector, ...]]]:
    """Every selector of a drill, which chooses among the declared disks."""
    for drill in manifest.drills:
        if drill.select is not None:
            yield drill.select, tuple(exclusion.selector for exclusion in drill.exclude)


def asks_machines(selector: Selector) -> bool:
    """Whether a selector asks for tags of virtual machines; their names are in the disk's own `managedBy`."""
    return selector.attached_tags is not None


def places(selector: Selector, management_groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The subscriptions that a selector looks in, lower-cased and sorted; KeyError for a group that wasn't resolved."""
    named = None if selector.subscriptions is None else set(map(lower, selector.subscriptions))
    if selector.management_groups is None:
        return tuple(sorted(named or ()))
    below = {subscription for group in selector.management_groups for subscription in management_groups[lower(group)]}
    return tuple(sorted(below if named is None else below & named))


def matcher(selector: Selector, around: Surroundings) -> Test:
    """The test of a selector, compiled once for many disks; KeyError for a management group that wasn't resolved."""
    tests: list[Test] = []
    subscriptions = selector.subscriptions
    if selector.management_groups is not None:
        subscriptions = places(selector, around.management_groups)
    for values, test in (
        (subscriptions, _subscription_in),
        (selector.locations, _location_in),
        (selector.skus, _sku_in),
    ):
        if values is not None:
            tests.append(partial(test, frozenset(map(lower, values))))
    for names, part in ((selector.resource_groups, _group_name), (selector.names, _name)):
        if names is not None:
            tests.append(partial(_named, part, tuple(map(glob, names))))
    if selector.tags is not None:
        tests.append(partial(_tagged, selector.tags))
    if selector.attached_names is not None or selector.attached_tags is not None:
        called = None if selector.attached_names is None else tuple(map(glob, selector.attached_names))
        tests.append(partial(_attached, called, selector.attached_tags, around.machines))
    return partial(_all, tests)


def stub(disk: ArmId) -> Disk:
    """A disk with nothing but an id, as of one that no longer exists."""
    return Disk(disk, "", "", {}, None, None, ade=False, state="", provisioning_state="")


def by_name_alone(selector: Selector) -> Selector:
    """The selector without what only an existing disk can tell."""
    return replace(selector, locations=None, skus=None, tags=None, attached_names=None, attached_tags=None)


def is_by_name_alone(selector: Selector) -> bool:
    """Whether a selector needs to know nothing of a disk but its id."""
    return by_name_alone(selector) == selector


class Pool:
    """Disks of one subscription, indexed so that a selector needn't test all of them."""

    def __init__(self, disks: Iterable[Disk]) -> None:
        self._disks = list(disks)

    def candidates(self, selector: Selector) -> list[Disk]:
        """All disks that a selector may match: the smallest set that one of its tags, or its resource groups, allows."""
        found = [self._disks]
        for key, accepted in (selector.tags or {}).items():
            if "*" not in accepted:
                found.append(
                    list(chain.from_iterable(self._tagged.get((lower(key), one), ()) for one in set(accepted)))
                )
        groups = selector.resource_groups
        if groups is not None and not any(map(is_pattern, groups)):
            found.append(list(chain.from_iterable(self._grouped.get(one, ()) for one in set(map(lower, groups)))))
        return min(found, key=len)

    def other_spellings(self, selector: Selector) -> dict[str, tuple[str, ...]]:
        """The values of a selector's tags that disks have in another case only, by the tag's key; sorted."""
        found = {}
        for key, accepted in (selector.tags or {}).items():
            near = {value for one in accepted for value in self._spelled.get((lower(key), lower(one)), ())}
            if "*" not in accepted and (others := near.difference(accepted)):
                found[key] = tuple(sorted(others))
        return found

    @cached_property
    def _spelled(self) -> dict[tuple[str, str], set[str]]:
        index: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for key, value in self._tagged:
            index[key, lower(value)].add(value)
        return index

    @cached_property
    def _tagged(self) -> dict[tuple[str, str], list[Disk]]:
        index: defaultdict[tuple[str, str], list[Disk]] = defaultdict(list)
        for disk in self._disks:
            for key, value in disk.tags.items():
                index[lower(key), value].append(disk)
        return index

    @cached_property
    def _grouped(self) -> dict[str, list[Disk]]:
        index: defaultdict[str, list[Disk]] = defaultdict(list)
        for disk in self._disks:
            index[_group_name(disk)].append(disk)
        return index


def _all(tests: list[Test], disk: Disk) -> bool:
    return all(test(disk) for test in tests)


def _subscription_in(values: frozenset[str], disk: Disk) -> bool:
    return disk.id.subscription in values


def _location_in(values: frozenset[str], disk: Disk) -> bool:
    return disk.location in values


def _sku_in(values: frozenset[str], disk: Disk) -> bool:
    return lower(disk.sku) in values


def _group_name(disk: Disk) -> str:
    return lower(disk.id.group)


def _name(disk: Disk) -> str:
    return lower(disk.id.name)


def _named(part: Callable[[Disk], str], patterns: tuple[re.Pattern[str], ...], disk: Disk) -> bool:
    text = part(disk)
    return any(pattern.match(text) for pattern in patterns)


def _tagged(wanted: Mapping[str, tuple[str, ...]], tagged: Disk | Machine) -> bool:
    """Whether all wanted tags match: keys compare without case, values with case; `*` means present."""
    for key, accepted in wanted.items():
        value = _value(tagged.tags, key)
        if value is None or not ("*" in accepted or value in accepted):
            return False
    return True


def _value(tags: Mapping[str, str], wanted: str) -> str | None:
    if wanted in tags:
        return tags[wanted]
    key = lower(wanted)
    return next((value for name, value in tags.items() if lower(name) == key), None)


def _attached(
    names: tuple[re.Pattern[str], ...] | None,
    tags: Mapping[str, tuple[str, ...]] | None,
    machines: Mapping[str, Machine],
    disk: Disk,
) -> bool:
    """Whether one of the machines that the disk is attached to has such a name and tags; a shared disk has several."""
    for own in disk.machines:
        machine = machines.get(own.key)
        is_named = names is None or any(pattern.match(lower(own.name)) for pattern in names)
        if is_named and (tags is None or (machine is not None and _tagged(tags, machine))):
            return True
    return False
