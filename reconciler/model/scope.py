"""What a run has to look at, and which vaults are its own to see to."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.shard import WHOLE, Shard


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run has to look at, as the manifest tells; every list is of lower-cased ids, sorted.

    `subscriptions`: their vaults, resource groups and locks are listed; `disk_subscriptions`: their disks too;
    `role_subscriptions`: role assignments, for the identities of the vaults in `vaults`; `vaults`: declared vaults,
    whose policies, instances and deleted instances are listed, as are those of every vault in `subscriptions` whose
    owner's mark is one of `owners`; `identities`: user-assigned identities to read; `elsewhere`: declared vaults that
    other shards than `shard` see to; `machine_subscriptions`: their virtual machines are listed, for selectors that ask
    what a disk is attached to.
    """

    subscriptions: tuple[str, ...]
    disk_subscriptions: tuple[str, ...]
    role_subscriptions: tuple[str, ...]
    vaults: tuple[str, ...]
    identities: tuple[str, ...]
    owners: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    shard: Shard = WHOLE
    machine_subscriptions: tuple[str, ...] = ()
