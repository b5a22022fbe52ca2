"""Manifest and estate to a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.changes import Change
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.estate import Estate
from reconciler.model.findings import Finding
from reconciler.model.manifest import Manifest, names_in
from reconciler.model.plan import Mark, Options, Plan
from reconciler.model.protection import GOALS
from reconciler.planning import identity, newness, origins, orphans, proofs, revoking, undeleting, vanished
from reconciler.planning.capacity import check_capacity
from reconciler.planning.desired import DesiredDisk, expand
from reconciler.planning.draft import Draft
from reconciler.planning.gates import gates
from reconciler.planning.kinds import groups, policies, roles, vaults
from reconciler.planning.kinds.groups import WantedGroup
from reconciler.planning.kinds.instances import Disks
from reconciler.planning.kinds.policies import Shelf
from reconciler.planning.local_gates import check_keys, local_gates
from reconciler.planning.marks import marks
from reconciler.planning.ordering import Narrowing, checksum, finding_rank, narrowed, ordered
from reconciler.planning.resuming import held_back
from reconciler.planning.usage import Usage


def make(manifest: Manifest, estate: Estate, options: Options, now: datetime) -> Plan:
    """The plan that makes `estate` as `manifest` says; `now` only tells the age of role assignments, ignores
    and proofs.

    When `questions` of the result isn't empty, the plan is a sketch: answer them into `estate.answers`, make it again.
    """
    if options.only and options.prune:
        raise UsageError("--only and --prune don't go together", hint="prune looks at the whole manifest; run it alone")
    draft = Draft(manifest, estate, options, now)
    check_keys(draft)
    everything = expand(draft)
    desired = [wanted for wanted in everything if draft.sees_to(wanted.vault)]
    vanished.compare(draft, everything)
    groups.compare(draft, _groups(draft, everything))
    vaults.compare(draft)
    shelf, book = Shelf(estate.policies.values()), roles.RoleBook(draft)
    usage = Usage(draft, shelf)
    book.count_others(everything)
    disks = Disks(draft, usage, book)
    for wanted in desired:
        disks.compare(wanted)
    newness.spread(draft, desired)
    policies.name_users(draft, usage.joining)
    proofs.compare(draft, everything)
    identity.compare(draft, desired)
    orphans.compare(draft, everything)
    undeleting.compare(draft)
    orphans.orphaned_vaults(draft)
    _keep_policies(manifest, usage)
    lost = orphans.lost(draft)
    usage.lose(lost)
    policies.retire(draft, shelf, usage.wanted, usage.moving, {wanted.disk.id.key for wanted in everything})
    revoking.prune(draft, _by_vault(desired), lost)
    check_capacity(draft)
    _tell_unchecked(draft, disks)
    return _finish(draft, everything, book)


def _finish(draft: Draft, everything: list[DesiredDisk], book: roles.RoleBook) -> Plan:
    used = {wanted.address: addresses.policy(wanted.vault.name, wanted.policy.name) for wanted in everything}
    narrowing = Narrowing(draft.options.only, used)
    left, costly = held_back(draft, narrowed(draft.changes.values(), narrowing))
    changes = ordered(left)
    found = (
        *costly,
        *gates(draft, book, everything, changes, _tell_due(draft, narrowing)),
        *local_gates(draft, narrowing.takes),
    )
    _tell_unmatched(draft, narrowing, used)
    return Plan(
        manifest=draft.manifest.name,
        changes=tuple(changes),
        findings=tuple(sorted(_concerning(draft, changes, narrowing), key=finding_rank)),
        gates=tuple(sorted(found, key=lambda gate: gate.name)),
        checksum="" if draft.questions else checksum(draft, changes),
        waits=tuple(wait for wait in draft.waits if narrowing.takes(wait.address)),
        marks=_marks(draft, changes, narrowing),
        emitted=tuple(book.emitted[address] for address in sorted(book.emitted)),
        missing=tuple(book.missing[address] for address in sorted(book.missing)),
        expected={
            wanted.address: GOALS[wanted.rule.protection]
            for wanted in everything
            if draft.sees_to(wanted.vault) and narrowing.takes(wanted.address)
        },
        questions=draft.sorted_questions,
        owners=draft.owners,
        contradicted=frozenset(draft.doubts.contradicted),
        is_partial=bool(draft.options.only) or not draft.options.shard.is_whole,
    )


def _tell_due(draft: Draft, narrowing: Narrowing) -> list[str]:
    """The addresses of the deletions that are left out because their key wasn't given, each told with that key."""
    due = [address for address in draft.due if narrowing.takes(address)]
    hint = f"to delete, pass --allow-delete {len(due)}; to keep the recovery points, declare `data: retain`"
    for address in due:
        message, place = draft.due[address]
        draft.note(disk_codes.DELETION_DUE, message, address=address, place=place, hint=hint)
    return due


def _marks(draft: Draft, changes: list[Change], narrowing: Narrowing) -> tuple[Mark, ...]:
    found = marks(draft, changes, narrowing.takes)
    return tuple(sorted((*found, *origins.marks(draft, changes, found)), key=lambda mark: (mark.vault.key, mark.tag)))


def _concerning(draft: Draft, changes: list[Change], narrowing: Narrowing) -> list[Finding]:
    """The findings of what `--only` takes, and those of nothing in particular."""
    planned = {change.address for change in changes}
    return [
        finding
        for finding in draft.findings
        if not finding.address or finding.address in planned or narrowing.takes(finding.address)
    ]


def _tell_unmatched(draft: Draft, narrowing: Narrowing, used: Mapping[str, str]) -> None:
    """An address that is nothing here is a slip of the pen, and must not pass for "no changes"."""
    vaulted = (addresses.vault(spec.name) for spec in draft.manifest.vaults.values())
    told = (finding.address for finding in draft.findings if finding.address)
    for pattern in narrowing.unmatched((*draft.addresses, *used, *used.values(), *vaulted, *told)):
        draft.note(codes.ONLY_UNMATCHED, f"--only {pattern} names nothing that the manifest or this plan has")


def _by_vault(desired: list[DesiredDisk]) -> dict[str, list[DesiredDisk]]:
    found: dict[str, list[DesiredDisk]] = defaultdict(list)
    for wanted in desired:
        found[wanted.vault.id.key].append(wanted)
    return found


def _groups(draft: Draft, desired: list[DesiredDisk]) -> list[WantedGroup]:
    """The resource groups of declared vaults, and a snapshot resource group per subscription of disks to protect."""
    found: dict[str, WantedGroup] = {}
    for spec in draft.manifest.vaults.values():
        if spec.manage:
            wanted = found.setdefault(spec.id.group_id.key, groups.for_vault(spec))
            wanted.vaults[spec.id.key] = spec
    for disk in desired:
        if disk.rule.protection != "protected":
            continue
        key = disk.group_id.key
        wanted = found.setdefault(key, groups.for_snapshots(disk.group, disk.group_id))
        wanted.manage = wanted.manage and disk.group.manage
        wanted.tags.update(disk.group.tags)
        wanted.location = disk.group.location or wanted.location
        wanted.locations.add(disk.disk.location)
        wanted.vaults[disk.vault.id.key] = disk.vault
    return [group for group in found.values() if any(map(draft.sees_to, group.vaults.values()))]


def _keep_policies(manifest: Manifest, usage: Usage) -> None:
    """A declared disk that can't be looked at now, or for which nothing can be planned, still wants its policy."""
    pairs = {
        (vault, policy) for rule in manifest.disks for vault in names_in(rule.vault) for policy in names_in(rule.policy)
    }
    for vault, policy in pairs:
        usage.keep(manifest.vaults[vault], manifest.policies[policy])
    for spec in manifest.policies.values():
        if not spec.manage:
            usage.keep_unmanaged(spec)


def _tell_unchecked(draft: Draft, disks: Disks) -> None:
    if disks.unchecked:
        count = disks.unchecked
        draft.note(
            disk_codes.UNCHECKED, f"did not check whether another vault already protects {counted(count, 'new disk')}"
        )
