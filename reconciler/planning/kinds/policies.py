"""Policies: created where used, never overwritten, replaced by new versions, and retired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.builtin_roles import DISK_BACKUP_READER, is_settled
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.estate import Estate
from reconciler.model.ids import lower
from reconciler.model.manifest import Manifest, PolicyContent, VaultSpec, names_in
from reconciler.model.names import policy_stem
from reconciler.model.resources import Instance, Policy
from reconciler.planning.comparison import Comparison
from reconciler.planning.content import shown
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class
from reconciler.planning.orphans import lost
from reconciler.planning.policy_book import PolicyBook
from reconciler.planning.world import World

_SHOWN = 10


def declared(comparison: Comparison) -> Iterator[Address]:
    """The addresses of the policies that disks use; each is compared where a disk first does, by `PolicyBook`."""
    return (addresses.policy(one.vault.name, one.policy.name) for one in comparison.everything)


def conclude(comparison: Comparison) -> None:
    """Note which disks move to a new policy, and retire those of our policies that nothing uses, in vaults with our mark.

    A vault that takes our mark by this plan counts, too; otherwise the next plan would have something to do. No policy
    is retired in a vault that another manifest uses: its disks may be about to use that policy. A policy's last users
    may be instances that this plan re-points or deletes.
    """
    draft, book = comparison.draft, comparison.policies
    _name_users(draft.decisions, book.joining)
    _keep_declared(draft.world.manifest, book)
    book.lose(lost(draft.decisions))
    disks = {wanted.disk.id.key for wanted in comparison.everything}
    users = Counter(one.policy.key for one in _held(draft.world.estate) if one.policy)
    for vault in draft.decisions.owned_vaults():
        is_alone: bool | None = None
        for policy in book.shelf.by_vault[vault.id.key]:
            content, leaving = book.shelf.contents[policy.id.key], book.moving.get(policy.id.key, ())
            if policy.id.key in book.wanted or users[policy.id.key] > len(leaving):
                continue
            if content is None or not policy_stem(policy.id.name, content):
                continue
            if is_alone is None:
                is_alone = not _has_guests(draft.world, vault, disks)
            if is_alone:
                _retire(draft, policy, content, vault, leaving)


def _held(estate: Estate) -> Iterator[Instance]:
    """Every instance, in any state."""
    yield from estate.instances.values()
    yield from estate.deleted_instances.values()


def _keep_declared(manifest: Manifest, book: PolicyBook) -> None:
    """Keep the policies of all declared disks, even of those that can't be read, or for which nothing can be planned."""
    pairs = {
        (vault, policy) for rule in manifest.disks for vault in names_in(rule.vault) for policy in names_in(rule.policy)
    }
    for vault, policy in pairs:
        book.keep(manifest.vaults[vault], manifest.policies[policy])
    for spec in manifest.policies.values():
        if not spec.manage:
            book.keep_unmanaged(spec)


def _name_users(decisions: Decisions, joining: Mapping[Address, Iterable[Address]]) -> None:
    """Note on each new policy which instances are re-pointed to it; `joining` maps its address to theirs."""
    for address, users in joining.items():
        change = decisions.changes.get(address)
        moved = sorted(user for user in users if user in decisions.changes)
        if change and moved:
            more = f" and {len(moved) - _SHOWN} more" if len(moved) > _SHOWN else ""
            text = f"re-points {counted(len(moved), 'instance')}: {', '.join(moved[:_SHOWN])}{more}"
            decisions.revise(replace(change, detail=(*change.detail, text)))


def _has_guests(world: World, vault: VaultSpec, disks: Collection[str]) -> bool:
    """Whether another manifest protects disks in a vault, or has just granted it the roles to begin."""
    estate = world.estate
    held = [one for one in _held(estate) if one.vault == vault.id]
    if any(world.owner(one.tags) in ("foreign", "handed") for one in held):
        return True
    known = {*disks, *world.removals.of, *(one.disk.key for one in held if one.disk)}
    principals = set(map(lower, estate.vaults[vault.id.key].principals))
    return any(
        row.role == DISK_BACKUP_READER.guid
        and lower(row.principal) in principals
        and not is_settled(row, world.now)
        and row.scope.key not in known
        for row in estate.roles.values()
    )


def _retire(draft: Draft, policy: Policy, content: PolicyContent, vault: VaultSpec, leaving: Iterable[Address]) -> None:
    address = addresses.policy(vault.name, policy.id.name)
    if address in draft.decisions.changes:  # a declared policy has this very name, so the next run retires the old one
        return
    draft.decisions.add(
        Change(
            address=address,
            kind=Kind.POLICY,
            action=Action.DESTROY,
            reason="nothing uses it any more",
            steps=(Step(Op.POLICY_DELETE, policy.id),),
            before={"name": policy.id.name, **shown(content)},
            depends=(*draft.decisions.marking(vault), *leaving),
            vault=vault.id,
            drift=drift_class(draft.world, vault),
        )
    )
