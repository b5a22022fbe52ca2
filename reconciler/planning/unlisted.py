"""Backup instances of declared disks that are there under their derived names, though the lists of their vaults lack them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.names import instance_name
from reconciler.model.resources import Instance
from reconciler.planning.desired import DesiredDisk, expand
from reconciler.planning.draft import Draft


def declared(draft: Draft) -> list[DesiredDisk]:
    """The desired disks, once `draft.held` has every instance that protects one: no list proves an absence."""
    desired = expand(draft)
    deleted = {one.disk.key for one in draft.estate.deleted_instances.values() if one.disk}
    for wanted in _bare(draft, desired):
        if wanted.disk.id.key not in deleted:
            own = wanted.vault.id.child("backupInstances", instance_name(wanted.disk.id))
            found = draft.unlisted(wanted.vault, own, wanted.address, wanted.place)
            if isinstance(found, Instance):
                draft.held[wanted.disk.id.key].append(replace(found, vault=wanted.vault.id))
    return desired


def _bare(draft: Draft, desired: Iterable[DesiredDisk]) -> Iterable[DesiredDisk]:
    """Those without an instance in their vaults; it is theirs alone to protect a disk that has one in another vault."""
    return [wanted for wanted in desired if not draft.held.get(wanted.disk.id.key)]
