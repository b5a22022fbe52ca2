"""The marks on vaults, and what they tell of a difference: whether Azure was changed outside, or the manifest since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.estate import BACKED_UP
from reconciler.model.findings import Severity
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.manifest import VaultSpec
from reconciler.model.plan import Mark
from reconciler.model.tags import APPLIED_TAG, SOURCE_TAG, tag_of
from reconciler.planning.decisions import OUT_OF_REACH, Decisions, takes_mark
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.world import World

NEW, UNCLEAR = "new", "differs"

_MOST_TRACED = 1000


def marks(draft: Draft, changes: Sequence[Change], takes: Callable[[Address], bool]) -> tuple[Mark, ...]:
    """The marks to write on vaults at the end of a run; `takes` says which addresses `--only` leaves."""
    found = _of_digests(draft, changes, takes)
    every = (*found, *_of_source(draft, changes, found))
    return tuple(sorted(every, key=lambda mark: (mark.vault.key, mark.tag)))


def _of_digests(draft: Draft, changes: Sequence[Change], takes: Callable[[Address], bool]) -> list[Mark]:
    """The digests to write on the vaults that we own, or that take our mark now.

    A vault of which something is left out, by `--only` or by a gate of its own, isn't applied, so it keeps the digest that
    it has; so does one in which nothing changes while anything has an error or could not be read.
    """
    planned = {change.address for change in changes}
    left_out = {
        change.vault.key
        for change in draft.decisions.changes.values()
        if change.vault and change.address not in planned
    }
    touched = {change.vault.key for change in changes if change.vault}
    taking = {change.vault.key for change in changes if change.vault and takes_mark(change)}
    is_well = not any(one.drift == OUT_OF_REACH or one.severity is Severity.ERROR for one in draft.decisions.findings)
    found: list[Mark] = []
    for spec in draft.world.vaults.values():
        key, address = spec.id.key, addresses.vault(spec.name)
        live = draft.world.estate.vaults.get(key)
        is_ours = key in taking or (live is not None and draft.world.owner(live.tags) == "ours")
        is_due = key in touched or (is_well and live is not None and takes(address))
        if spec.manage and is_ours and is_due and key not in left_out | draft.decisions.held_vaults:
            before, after = tag_of(live.tags, APPLIED_TAG) if live else "", draft.world.declared(spec)
            found += [Mark(address, spec.id, APPLIED_TAG, before, after)] if before != after else []
    return found


def _of_source(draft: Draft, changes: Iterable[Change], others: Iterable[Mark]) -> Iterator[Mark]:
    """The mark of our source for vaults that are written to anyway; `--adopt` replaces that of another source."""
    source = draft.world.options.source
    written = {mark.vault.key: mark.address for mark in others}
    if not source:
        return
    touched = {change.vault.key for change in changes if change.vault and change.kind is Kind.VAULT}
    for spec in draft.world.vaults.values():
        live = draft.world.estate.vaults.get(spec.id.key)
        before = tag_of(live.tags, SOURCE_TAG) if live else ""
        is_ours = live is None or draft.world.owner(live.tags) == "ours" or bool(draft.decisions.marking(spec))
        adopts = draft.world.options.adopt and bool(before) and is_ours
        is_written = spec.id.key in written or spec.id.key in touched
        if spec.manage and not draft.world.options.is_source(before) and (adopts or (is_written and not before)):
            address = written.get(spec.id.key) or addresses.vault(spec.name)
            yield Mark(address, spec.id, SOURCE_TAG, before, source)


def drift_class(world: World, vault: VaultSpec) -> str:
    """The class of drift of a difference in a vault: changed outside, declared since, or not known."""
    live = world.estate.vaults.get(vault.id.key)
    applied = live and tag_of(live.tags, APPLIED_TAG)
    if not applied:
        return "differs"
    return "changed-outside" if applied == world.declared(vault) else "not-yet-applied"


def class_of(draft: Draft, wanted: DesiredDisk) -> str:
    """The class of drift of a disk that has no instance, live or soft-deleted.

    It is `new` when a selector matches it and no job shows that it ever was protected; when the jobs can't be asked, it
    isn't known who changed what.
    """
    found = drift_class(draft.world, wanted.vault)
    if wanted.by_id or found == "not-yet-applied" or wanted.vault.id.key not in draft.world.estate.vaults:
        return found
    if not draft.questions.fits("new", wanted.disk.id, _MOST_TRACED):
        return UNCLEAR
    match draft.questions.answer(BACKED_UP(wanted.disk.id, wanted.vault.id.text)):
        case Yes(was_protected):
            return found if was_protected else NEW
        case No() | Unsure():
            return UNCLEAR
    return found


def spread_class(decisions: Decisions, desired: Iterable[DesiredDisk]) -> None:
    """Give the class of drift of new disks to the roles, policies and snapshot resource groups that only they need."""
    told = {change.address: change.drift for change in decisions.changes.values() if change.drift in {NEW, UNCLEAR}}
    if not told:
        return
    known = list(desired)
    for change in list(decisions.changes.values()):
        if change.action is Action.ADD and change.kind in {Kind.ROLE, Kind.GROUP, Kind.POLICY}:
            classes = {told.get(decisions.spelled(wanted.address)) for wanted in known if _needs(wanted, change)}
            (drift,) = classes if len(classes) == 1 else (None,)
            if drift is not None:
                decisions.revise(replace(change, drift=drift))


def _needs(wanted: DesiredDisk, change: Change) -> bool:
    """Whether a disk needs what a change creates."""
    if change.kind is Kind.GROUP:
        return change.steps[0].target == wanted.group_id
    if change.vault != wanted.vault.id:
        return False
    if change.kind is Kind.POLICY:
        return change.address == addresses.policy(wanted.vault.name, wanted.policy.name)
    scope = change.steps[0].target
    disk, encryption_set = wanted.disk.id, wanted.disk.encryption_set
    return any(one.is_within(scope) for one in (disk, wanted.group_id, encryption_set) if one)
