"""Policies: made where used, never written over, rolled and retired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.builtin_roles import DISK_BACKUP_READER, is_settled
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import PolicyContent, PolicySpec, VaultSpec
from reconciler.model.names import is_derived_policy_name, policy_names
from reconciler.model.resources import Policy
from reconciler.planning.content import body_of, content_of, differences, shown
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class
from reconciler.planning.policy_reading import read
from reconciler.planning.questions import PENDING, UNASKED

_SHOWN = 10


class Shelf:
    """The live policies of every vault by content, read once per plan; `unknown` names what isn't understood of each."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.contents: dict[str, PolicyContent | None] = {}
        self.unknown: dict[str, tuple[str, ...]] = {}
        self.by_vault: dict[str, list[Policy]] = defaultdict(list)
        for policy in sorted(policies, key=lambda policy: policy.id.key):
            self.add(policy)

    def add(self, policy: Policy) -> None:
        """Add a policy that no list showed."""
        reading = read(policy)
        self.contents[policy.id.key], self.unknown[policy.id.key] = reading.content, reading.unread
        self.by_vault[policy.vault.key].append(policy)

    def named(self, vault: ArmId, name: str) -> Policy | None:
        """The policy of that name in a vault."""
        return next((policy for policy in self.by_vault[vault.key] if lower(policy.id.name) == lower(name)), None)

    def holding(self, vault: VaultSpec, content: PolicyContent, preferred: Iterable[str]) -> Policy | None:
        """The vault's policy with that content; one with a preferred name first, else the first by name."""
        equal = [policy for policy in self.by_vault[vault.id.key] if self.contents[policy.id.key] == content]
        order = {lower(name): number for number, name in enumerate(preferred)}
        return min(
            equal, key=lambda policy: (order.get(lower(policy.id.name), len(order)), policy.id.key), default=None
        )


def settle(draft: Draft, shelf: Shelf, vault: VaultSpec, spec: PolicySpec) -> ArmId | None:
    """The id of the policy that `vault`'s disks are to use, planned where missing; None when it is refused."""
    address = addresses.policy(vault.name, spec.name)
    if not spec.manage or spec.content is None:
        return _unmanaged(draft, shelf, vault, spec)
    live = shelf.holding(vault, spec.content, preferred(spec))
    if live:
        return live.id
    names = policy_names(spec.name, spec.content)
    name = next((name for name in names if shelf.named(vault.id, name) is None), None)
    if name is None:
        draft.refuse(address, codes.POLICY_DIFFERS, f"{', '.join(names)} all hold something else", place=spec.place)
        return None
    policy = vault.id.child("backupPolicies", name)
    found = draft.unlisted(vault, policy, address, spec.place)
    if found is PENDING:
        return None
    if isinstance(found, Policy) and content_of(found) == spec.content:
        return policy
    earlier = _versions(shelf, vault, spec)
    names_before = ", ".join(old.id.name for old in earlier)
    content_before = shelf.contents[earlier[0].id.key] if len(earlier) == 1 else None
    draft.add(
        Change(
            address=address,
            kind=Kind.POLICY,
            action=Action.ADD,
            reason=f"its content changed: {name} replaces {names_before}" if earlier else "not in the vault",
            steps=(Step(Op.POLICY_PUT, policy, body_of(spec)),),
            after={"name": name, **shown(spec.content)},
            fields=differences(content_before, spec.content) if content_before else (),
            depends=(addresses.vault(vault.name),),
            vault=vault.id,
            place=spec.place,
            drift=drift_class(draft, vault),
            unasked=found is UNASKED,
        )
    )
    return policy if address in draft.changes else None


def preferred(spec: PolicySpec) -> tuple[str, ...]:
    """The names that a policy with the declared content would best have, best first."""
    return (spec.azure_name or "", *(policy_names(spec.name, spec.content) if spec.content else ()))


def name_users(draft: Draft, joining: Mapping[str, Iterable[str]]) -> None:
    """Say on each new policy which instances are re-pointed to it; `joining` maps its address to theirs."""
    for address, users in joining.items():
        change = draft.changes.get(address)
        moved = sorted(user for user in users if user in draft.changes)
        if change and moved:
            more = f" and {len(moved) - _SHOWN} more" if len(moved) > _SHOWN else ""
            text = f"re-points {counted(len(moved), 'instance')}: {', '.join(moved[:_SHOWN])}{more}"
            draft.changes[address] = replace(change, detail=(*change.detail, text))


def _unmanaged(draft: Draft, shelf: Shelf, vault: VaultSpec, spec: PolicySpec) -> ArmId | None:
    address, name = addresses.policy(vault.name, spec.name), spec.azure_name or spec.name
    live = shelf.named(vault.id, name)
    if live is None:
        draft.refuse(address, codes.POLICY_MISSING, f"{vault.name} has no policy {name}", place=spec.place)
        return None
    if spec.content is not None and shelf.contents[live.id.key] != spec.content:
        parts = ", ".join(f"`{part}`" for part in shelf.unknown[live.id.key])
        message = f"{name} isn't as declared{f'; not understood: {parts}' if parts else ''}"
        draft.refuse(address, codes.POLICY_DIFFERS, message, place=spec.place)
        return None
    return live.id


def _versions(shelf: Shelf, vault: VaultSpec, spec: PolicySpec) -> list[Policy]:
    """Live policies that were derived from the same name, with other content."""
    return [
        policy
        for policy in shelf.by_vault[vault.id.key]
        if lower(policy.id.name.rpartition("-")[0]) == lower(spec.name)
        and is_derived_policy_name(policy.id.name, shelf.contents[policy.id.key])
    ]


def retire(
    draft: Draft, shelf: Shelf, wanted: set[str], moving: Mapping[str, Sequence[str]], disks: Collection[str]
) -> None:
    """Plan the end of policies of ours that nothing uses, in vaults that bear our mark.

    A vault that takes our mark by this plan counts: else a run that ends well would leave something to plan. Where
    another manifest is at work in the vault none is retired: its disks may be about to use it. `disks` are the declared ones, by lower-cased id.
    `wanted` are ids of policies that declared disks use; `moving` maps ids of policies to the addresses of the
    disks whose re-pointing, or end, this plan holds: a policy's last users may be among them.
    """
    users: dict[str, int] = defaultdict(int)
    for instance in (*draft.estate.instances.values(), *draft.estate.deleted_instances.values()):
        if instance.policy:
            users[instance.policy.key] += 1
    for vault in draft.owned_vaults():
        is_alone: bool | None = None
        for policy in shelf.by_vault[vault.id.key]:
            content, leaving = shelf.contents[policy.id.key], moving.get(policy.id.key, ())
            if policy.id.key in wanted or users[policy.id.key] > len(leaving):
                continue
            if content is None or not is_derived_policy_name(policy.id.name, content):
                continue
            if is_alone is None:
                is_alone = not _has_guests(draft, vault, disks)
            if is_alone:
                _retire(draft, policy, content, vault, leaving)


def _has_guests(draft: Draft, vault: VaultSpec, disks: Collection[str]) -> bool:
    """Whether another manifest protects disks in a vault, or has just granted it what it needs to begin."""
    estate = draft.estate
    held = [
        one for one in (*estate.instances.values(), *estate.deleted_instances.values()) if one.vault.key == vault.id.key
    ]
    if any(draft.owner(one.tags) in ("foreign", "handed") for one in held):
        return True
    known = {*disks, *(entry.id.key for entry in draft.manifest.removed), *(one.disk.key for one in held if one.disk)}
    principals = set(map(lower, estate.vaults[vault.id.key].principals))
    return any(
        row.role == DISK_BACKUP_READER.guid
        and lower(row.principal) in principals
        and not is_settled(row, draft.now)
        and row.scope.key not in known
        for row in estate.roles.values()
    )


def _retire(draft: Draft, policy: Policy, content: PolicyContent, vault: VaultSpec, leaving: Iterable[str]) -> None:
    address = addresses.policy(vault.name, policy.id.name)
    if address in draft.changes:  # a declared policy has just this name: the next run retires the old one
        return
    draft.add(
        Change(
            address=address,
            kind=Kind.POLICY,
            action=Action.DESTROY,
            reason="nothing uses it any more",
            steps=(Step(Op.POLICY_DELETE, policy.id),),
            before={"name": policy.id.name, **shown(content)},
            depends=(*draft.marking(vault), *leaving),
            vault=vault.id,
            drift=drift_class(draft, vault),
        )
    )
