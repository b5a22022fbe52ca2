"""Which disks a selector takes: keys joined by AND, values of a list by OR."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from reconciler.errors import UsageError
from reconciler.estate import Disk
from reconciler.ids import lower
from reconciler.manifest.model import Selector
from reconciler.plan.draft import glob

Test = Callable[[Disk], bool]


def matcher(selector: Selector) -> Test:
    """The test of a selector, compiled once for many disks; UsageError for keys that this version can't look at.

    A key that was passed over would take more disks, or leave more out, than the manifest says.
    """
    if (
        selector.management_groups is not None
        or selector.attached_names is not None
        or selector.attached_tags is not None
    ):
        raise UsageError(
            f"{selector.place}: `managementGroups` and `attachedTo` can't be used yet",
            hint="select by subscriptions, resourceGroups, names or tags",
        )
    tests: list[Test] = []
    for values, test in (
        (selector.subscriptions, _subscription_in),
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
    return partial(_all, tests)


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


def _tagged(wanted: Mapping[str, tuple[str, ...]], disk: Disk) -> bool:
    """Tag keys compare without case, values with; `*` means present."""
    if not disk.tags:
        return False
    have = {lower(key): value for key, value in disk.tags.items()}
    return all(
        (value := have.get(lower(key))) is not None and ("*" in accepted or value in accepted)
        for key, accepted in wanted.items()
    )
