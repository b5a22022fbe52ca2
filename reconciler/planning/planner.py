"""Manifest and estate to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Change
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.estate import Estate
from reconciler.model.findings import Finding
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Mark, Options, Plan
from reconciler.model.protection import GOALS
from reconciler.planning import halts, identity, proofs
from reconciler.planning.approval import approved, open_to
from reconciler.planning.capacity import check_capacity
from reconciler.planning.comparison import Comparison
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import expand
from reconciler.planning.draft import Draft
from reconciler.planning.gates import gates, local_gates
from reconciler.planning.group_book import GroupBook
from reconciler.planning.kinds import KINDS
from reconciler.planning.marks import marks
from reconciler.planning.ordering import Narrowing, checksum, finding_rank, narrowed, ordered
from reconciler.planning.policy_book import PolicyBook, check_keys
from reconciler.planning.resuming import held_back
from reconciler.planning.role_book import RoleBook
from reconciler.planning.tally import uses
from reconciler.planning.world import World


def make(manifest: Manifest, estate: Estate, options: Options, now: datetime) -> Plan:
    """The plan that makes `estate` match `manifest`; `now` only tells the age of role assignments, ignores and proofs.

    While its `questions` aren't empty, the plan is a sketch: put their answers into `estate.answers`, and make it again.
    """
    if options.only and options.prune:
        raise UsageError("--only and --prune don't go together", hint="prune looks at the whole manifest; run it alone")
    draft = Draft.of(manifest, estate, options, now)
    check_keys(draft.world)
    draft.decisions.report(manifest.warnings)
    _tell_expired(draft)
    draft.decisions.tell_unclear()
    everything = expand(draft)
    desired = [wanted for wanted in everything if draft.world.sees_to(wanted.vault)]
    comparison = Comparison(draft, everything, desired, GroupBook(), PolicyBook(draft), RoleBook(draft))
    for kind in KINDS:
        kind.need(comparison)
    for kind in KINDS:
        kind.compare(comparison)
    for kind in reversed(KINDS):
        kind.conclude(comparison)
    proofs.compare(draft, everything)
    halts.compare(draft, everything)
    identity.compare(draft, desired)
    check_capacity(draft)
    return _finish(comparison)


def _tell_expired(draft: Draft) -> None:
    for entry in draft.world.manifest.ignore:
        if entry.expires is not None and entry not in draft.world.ignores:
            message = f"the `ignore` entry expired on {entry.expires.isoformat()}; its reason was: {entry.reason}"
            address = Address(entry.address, entry.address.kind)
            draft.decisions.note(codes.IGNORE_EXPIRED, message, address=address, place=entry.place)


def _finish(comparison: Comparison) -> Plan:
    draft, everything, book = comparison.draft, comparison.everything, comparison.roles
    used = {wanted.address: addresses.policy(wanted.vault.name, wanted.policy.name) for wanted in everything}
    narrowing = Narrowing(draft.world.options.only, used, _known(comparison), draft.world.names)
    left, costly = held_back(draft, narrowed(draft.decisions.changes.values(), narrowing))
    due = _tell_due(draft.decisions, narrowing)
    keyless = [one for gate in costly if not gate.is_open for one in gate.addresses]
    changes, rest = approved(draft, ordered(left), (*due, *keyless))
    options = draft.world.options
    found = (
        *open_to(options, (*costly, *local_gates(draft, narrowing.takes)), changes),
        *gates(draft, book, everything, changes, [] if options.additions else due),
    )
    _tell_unmatched(draft.decisions, narrowing)
    _tell_idle(comparison)
    return Plan(
        manifest=draft.world.manifest.name,
        changes=tuple(changes),
        findings=tuple(sorted(_concerning(draft.decisions, (*changes, *rest.changes), narrowing), key=finding_rank)),
        gates=tuple(sorted(found, key=lambda gate: gate.name)),
        checksum="" if draft.questions.open else checksum(draft.world, changes),
        waits=tuple(wait for wait in draft.decisions.waits if narrowing.takes(wait.address)),
        marks=() if options.additions else _marks(draft, changes, narrowing),
        emitted=tuple(book.emitted[address] for address in sorted(book.emitted)),
        missing=tuple(book.missing[address] for address in sorted(book.missing)),
        expected={
            wanted.address: GOALS[wanted.rule.protection]
            for wanted in everything
            if draft.world.sees_to(wanted.vault) and narrowing.takes(wanted.address)
        },
        questions=draft.questions.open,
        owners=draft.world.owners,
        contradicted=frozenset(draft.questions.unlisted_ids),
        names=draft.world.names,
        uses=uses(draft, everything, changes),
        is_partial=bool(options.only) or not options.shard.is_whole,
        rest=rest,
    )


def _marks(draft: Draft, changes: list[Change], narrowing: Narrowing) -> tuple[Mark, ...]:
    found, reviewed = marks(draft, changes, narrowing.takes), draft.world.options.reviewed
    return found if reviewed is None else tuple(filter(reviewed.has, found))


def _tell_due(decisions: Decisions, narrowing: Narrowing) -> list[Address]:
    """The addresses of deletions that are left out because their key wasn't given, each reported with that key."""
    due = [address for address in decisions.due if narrowing.takes(address)]
    hint = f"to delete, pass `--allow-delete {len(due)}`; to keep the recovery points, declare `data: retain`"
    for address in due:
        message, place = decisions.due[address]
        decisions.note(disk_codes.DELETION_DUE, message, address=address, place=place, hint=hint)
    return due


def _concerning(decisions: Decisions, changes: Iterable[Change], narrowing: Narrowing) -> list[Finding]:
    """The findings of what `--only` takes, and those without an address."""
    planned = {change.address for change in changes}
    return [
        finding
        for finding in decisions.findings
        if not finding.address or finding.address in planned or narrowing.takes(finding.address)
    ]


def _known(comparison: Comparison) -> Iterator[Address]:
    """Every address that `--only` may name."""
    decisions = comparison.draft.decisions
    yield from (*decisions.addresses, *decisions.due)
    for kind in KINDS:
        yield from kind.declared(comparison)
    yield from (finding.address for finding in decisions.findings if finding.address)


def _tell_idle(comparison: Comparison) -> None:
    """Report `ignore` entries that name nothing, unless the run leaves out something; of roles nobody knows all names."""
    draft = comparison.draft
    world, options = draft.world, draft.world.options
    if options.only or not options.shard.is_whole or not world.ignored:
        return
    known = {*_known(comparison), *map(addresses.disk, _disks(world)), *map(addresses.group, _groups(world))}
    for entry, typed in world.ignored:
        if entry.address.kind == "role" or entry in world.unclear or any(map(typed.is_address, known)):
            continue
        address = Address(entry.address, entry.address.kind)
        message = "nothing has this address, so the `ignore` entry ignores no difference"
        draft.decisions.note(codes.IGNORES_NOTHING, message, address=address, place=entry.place, hint=typed.near(known))


def _disks(world: World) -> Iterator[ArmId]:
    """The disks that there are, that have backups, or that the manifest names."""
    yield from (disk.id for disk in world.disks.values())
    yield from (one.disk for held in (*world.held.values(), *world.deleted.values()) for one in held if one.disk)
    yield from (disk for rule in world.manifest.disks for disk, _ in rule.ids)
    yield from (one.disk for one in world.removals.of.values())
    yield from (entry.id for entry in world.manifest.excluded)


def _groups(world: World) -> Iterator[ArmId]:
    yield from (group.id for group in world.estate.groups.values())


def _tell_unmatched(decisions: Decisions, narrowing: Narrowing) -> None:
    """Report `--only` patterns that match no address: a typo must not look like "no changes"."""
    for pattern, near in narrowing.unmatched.items():
        message = f"`--only {pattern}` matches nothing in the manifest or in this plan"
        decisions.note(codes.ONLY_UNMATCHED, message, hint=near)
