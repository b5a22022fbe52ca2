"""What a run has to read, according to the manifest alone.

The subscriptions below the manifest's management groups are asked for beforehand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import Manifest
from reconciler.model.scope import Reach
from reconciler.model.shard import WHOLE, Shard
from reconciler.planning.selection import asks_machines, drill_selectors, places, selectors

Groups = Mapping[str, tuple[str, ...]]
NO_GROUPS: Groups = MappingProxyType({})


def management_groups(manifest: Manifest) -> tuple[str, ...]:
    """The management groups that selectors name, lower-cased and sorted; they are resolved before anything is read."""
    found = {
        lower(group)
        for select, exclude in (*selectors(manifest), *drill_selectors(manifest))
        for selector in (select, *exclude)
        for group in selector.management_groups or ()
    }
    return tuple(sorted(found))


def reach(manifest: Manifest, shard: Shard = WHOLE, *, groups: Groups = NO_GROUPS) -> Reach:
    """What to read for `manifest`; KeyError for a management group not in `groups`.

    A shard reads the instances and policies of its own vaults, and all other lists completely: who claims a disk, and
    what a resource group should be like, depends on the whole manifest.
    """
    disks = {arm_id.subscription for rule in manifest.disks for arm_id, _ in rule.ids}
    machines: set[str] = set()
    for select, exclude in selectors(manifest):
        disks.update(places(select, groups))
        if any(map(asks_machines, (select, *exclude))):
            machines.update(places(select, groups))
    for select, exclude in drill_selectors(manifest):
        if any(map(asks_machines, (select, *exclude))):
            machines.update(disks.intersection(places(select, groups)) or disks)
    named = {lower(subscription) for subscription in manifest.subscriptions}
    named.update(disks, (lower(vault.subscription) for vault in manifest.vaults.values()))
    removed = {subscription for entry in manifest.removed for subscription in entry.subscriptions}
    named.update(removed)
    declared = {vault.id.key for vault in manifest.vaults.values()}
    own = shard.dealt(_bundles(manifest))
    return Reach(
        subscriptions=tuple(sorted(named)),
        disk_subscriptions=tuple(sorted(disks)),
        role_subscriptions=tuple(sorted(disks | removed)),
        vaults=tuple(sorted(own)),
        by_id=tuple(sorted({own.key for entry in manifest.entries for own in entry.by_id})),
        owners=tuple(sorted({lower(name) for name in (manifest.name, *manifest.formerly)})),
        elsewhere=tuple(sorted(declared - own)),
        shard=shard,
        machine_subscriptions=tuple(sorted(machines)),
    )


def _bundles(manifest: Manifest) -> list[list[str]]:
    """The declared vaults, those with the same user-assigned identity together, since they share role assignments."""
    bundles: defaultdict[str, list[str]] = defaultdict(list)
    for vault in manifest.vaults.values():
        shared = vault.identity.key if isinstance(vault.identity, ArmId) else vault.id.key
        bundles[shared].append(vault.id.key)
    return list(bundles.values())


def widened(found: Reach, subscriptions: Iterable[str]) -> Reach:
    """The reach with more subscriptions, disks included."""
    more = set(subscriptions)
    if not more:
        return found
    return replace(
        found,
        subscriptions=tuple(sorted(more.union(found.subscriptions))),
        disk_subscriptions=tuple(sorted(more.union(found.disk_subscriptions))),
    )
