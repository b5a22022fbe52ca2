"""Whether a disk without a backup instance is new, or had one that somebody took away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model import addresses
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.estate import BACKED_UP
from reconciler.model.known import No, Unsure, Yes
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class

NEW, UNCLEAR = "new", "differs"

_MOST_TRACED = 1000


def class_of(draft: Draft, wanted: DesiredDisk) -> str:
    """The class of drift that a disk is in which no instance protects, live or soft-deleted.

    It is `new` where a selector takes it and no job tells that it ever was protected; where the jobs can't be asked, it
    isn't known who changed what.
    """
    found = drift_class(draft.world, wanted.vault)
    if wanted.by_id or found == "not-yet-applied" or wanted.vault.id.key not in draft.world.estate.vaults:
        return found
    if len(draft.questions.traced | {wanted.disk.id.key}) > _MOST_TRACED:
        return UNCLEAR
    draft.questions.traced.add(wanted.disk.id.key)
    match draft.questions.answer(BACKED_UP(wanted.disk.id, wanted.vault.id.text)):
        case Yes(was_protected):
            return found if was_protected else NEW
        case No() | Unsure():
            return UNCLEAR
    return found


def spread(decisions: Decisions, desired: Iterable[DesiredDisk]) -> None:
    """What is made for such disks alone is of their class: their grants, a first policy or snapshot resource group."""
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
    """Whether a disk needs what a change makes."""
    if change.kind is Kind.GROUP:
        return change.steps[0].target == wanted.group_id
    if change.vault != wanted.vault.id:
        return False
    if change.kind is Kind.POLICY:
        return change.address == addresses.policy(wanted.vault.name, wanted.policy.name)
    scope = change.steps[0].target
    disk, encryption_set = wanted.disk.id, wanted.disk.encryption_set
    return any(one.is_within(scope) for one in (disk, wanted.group_id, encryption_set) if one)
