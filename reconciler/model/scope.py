"""What a run has to read, and which vaults it manages."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.ids import lower
from reconciler.model.resources import Vault
from reconciler.model.shard import WHOLE, Shard
from reconciler.model.tags import OWNER_TAG, tag_of


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run has to read, according to the manifest; every list is of lower-cased ids, sorted.

    `subscriptions`: their vaults, resource groups and locks are listed; `disk_subscriptions`: their disks too;
    `role_subscriptions`: role assignments, for the identities of the vaults in `vaults`; `vaults`: declared vaults,
    whose policies, instances and deleted instances are listed, as are those of every vault in `subscriptions` whose
    owner's mark is one of `owners`; `by_id`: what is read by its id, such as user-assigned identities; `elsewhere`:
    declared vaults of other shards than `shard`; `machine_subscriptions`: their virtual machines are listed, for
    selectors that need what a disk is attached to.
    """

    subscriptions: tuple[str, ...]
    disk_subscriptions: tuple[str, ...]
    role_subscriptions: tuple[str, ...]
    vaults: tuple[str, ...]
    by_id: tuple[str, ...]
    owners: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    shard: Shard = WHOLE
    machine_subscriptions: tuple[str, ...] = ()


def concerns(reach: Reach, vault: Vault) -> bool:
    """Whether this run manages a vault that was found: it is declared, or it bears our mark."""
    key = vault.id.key
    if key in reach.vaults or key in reach.elsewhere:
        return key in reach.vaults
    return _is_marked(reach, vault) and reach.shard.takes(key)


def concerns_others(reach: Reach, vault: Vault) -> bool:
    """Whether another shard of the same manifest manages a vault that was found."""
    return not concerns(reach, vault) and (vault.id.key in reach.elsewhere or _is_marked(reach, vault))


def _is_marked(reach: Reach, vault: Vault) -> bool:
    return lower(tag_of(vault.tags, OWNER_TAG)) in reach.owners
