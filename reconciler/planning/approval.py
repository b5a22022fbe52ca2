"""Which part of a plan is approved: all of it, its additions, or the reviewed changes that still stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.ids import lower
from reconciler.model.outlines import change_digest
from reconciler.model.plan import NOTHING_LEFT, Gate, Options, Rest
from reconciler.planning.additions import Additions
from reconciler.planning.draft import Draft
from reconciler.planning.ordering import checksum, ordered

_NEW = "it is new since the review"
_CHANGED = "it changed since the review"
_LATER = "it wasn't a part of this run when it began"
_PARTLY = "a plan of the whole manifest, without `--shard`, leaves it for a review"


def approved(draft: Draft, changes: Sequence[Change], held: Iterable[Address] = ()) -> tuple[list[Change], Rest]:
    """The changes that may be applied, and what is left; `held` waits for keys of its own."""
    options = draft.world.options
    if options.additions:
        left = dict(Additions(draft, changes).left)
        if options.chosen is not None:
            outside = (one.address for one in changes if one.address not in options.chosen)
            left = {**dict.fromkeys(outside, _PARTLY), **left}
            left = _waiting(changes, left)
        taken, rest = _parted(draft, changes, left, tuple(held))
        return [replace(one, unasked=one.unasked or _is_made_anew(one)) for one in taken], rest
    if options.reviewed is not None:
        digests = options.reviewed.digests
        return _parted(draft, changes, _moved(changes, digests), gone=_gone(changes, digests))
    if options.chosen is not None:
        return _parted(draft, changes, {one.address: _LATER for one in changes if one.address not in options.chosen})
    return list(changes), NOTHING_LEFT


def _is_made_anew(change: Change) -> bool:
    """Whether it must not be written over what somebody has made since the look: so it is asked for by id first."""
    return change.action is Action.ADD and change.kind in {Kind.DISK, Kind.GROUP}


def open_to(options: Options, gates: Iterable[Gate], changes: Iterable[Change]) -> list[Gate]:
    """The local gates that concern what is approved: all of them, unless only additions are."""
    if not options.additions:
        return list(gates)
    planned = {change.address for change in changes}
    return [gate for gate in gates if planned.intersection(gate.addresses)]


def _parted(
    draft: Draft,
    changes: Sequence[Change],
    because: Mapping[Address, str],
    held: tuple[Address, ...] = (),
    gone: tuple[str, ...] = (),
) -> tuple[list[Change], Rest]:
    left = ordered(one for one in changes if one.address in because)
    told = checksum(draft.world, left) if left and not draft.questions.open else ""
    taken = ordered(one for one in changes if one.address not in because)
    return taken, Rest(tuple(left), because, told, held, gone)


def _moved(changes: Sequence[Change], reviewed: Mapping[str, str]) -> dict[Address, str]:
    """Why changes aren't those that were reviewed, with what depends on them, by address."""
    because: dict[Address, str] = {}
    for change in changes:
        known = reviewed.get(lower(change.address))
        if known is None:
            because[change.address] = _NEW
        elif known != change_digest(change):
            because[change.address] = _CHANGED
    return _waiting(changes, because)


def _waiting(changes: Sequence[Change], because: Mapping[Address, str]) -> dict[Address, str]:
    """Why these changes can't be applied, and those that depend on them."""
    found = dict(because)
    while more := {one.address: why for one in changes if one.address not in found and (why := _waits(one, found))}:
        found |= more
    return found


def _waits(change: Change, because: Mapping[Address, str]) -> str:
    needed = next((one for one in change.depends if one in because), None)
    return f"it needs a change that isn't approved: {needed}" if needed else ""


def _gone(changes: Iterable[Change], reviewed: Mapping[str, str]) -> tuple[str, ...]:
    planned = {lower(change.address) for change in changes}
    return tuple(sorted(one for one in reviewed if one not in planned))
