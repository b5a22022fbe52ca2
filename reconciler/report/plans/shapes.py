"""Changes by shape: those that differ only by what they are of are one block, with the role assignments that they need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.base.plurals import counted
from reconciler.model.changes import Action, Change, Kind

_NOUNS = {
    Kind.GROUP: ("resource group",),
    Kind.POLICY: ("policy", "policies"),
    Kind.ROLE: ("role assignment",),
}
"""What kinds are called where their own name won't do; the rest are called as they are, with an `s` for several."""


def counted_noun(kind: Kind, count: int) -> str:
    """How many there are of a kind: `6 disks`."""
    return counted(count, *_NOUNS.get(kind, (kind.value,)))


@dataclass(frozen=True, slots=True)
class Block:
    """Changes of one shape, in the plan's order, and the role assignments that are first needed by one of them."""

    changes: tuple[Change, ...]
    grants: tuple[Change, ...] = ()

    @property
    def first(self) -> Change:
        """The one that stands for all."""
        return self.changes[0]

    @property
    def noun(self) -> str:
        """What they are of: `6 disks`."""
        return counted_noun(self.first.kind, len(self.changes))


def blocks(changes: Iterable[Change]) -> list[Block]:
    """The blocks of a plan without its dangerous changes, in the order of their first ones.

    A role assignment stands with the disks that need it; one that no planned disk needs is in a block of its own.
    """
    found = [change for change in changes if not change.danger]
    roles = {one.address: one for one in found if one.kind is Kind.ROLE and one.action is Action.ADD}
    needed = {address for one in found if one.kind is not Kind.ROLE for address in one.depends if address in roles}
    shapes: defaultdict[tuple[object, ...], list[Change]] = defaultdict(list)
    for change in found:
        if change.address not in needed:
            shapes[_shape(change)].append(change)
    return list(_with_grants(shapes.values(), roles))


def _with_grants(groups: Iterable[list[Change]], roles: dict[Any, Change]) -> Iterator[Block]:
    told: set[str] = set()
    for group in groups:
        named = dict.fromkeys(address for one in group for address in one.depends if address in roles)
        yield Block(tuple(group), tuple(roles[address] for address in named if address not in told))
        told.update(named)


def _shape(change: Change) -> tuple[object, ...]:
    """What is the same for changes that differ only by what they are of."""
    if change.kind is Kind.GROUP and change.action is Action.ADD:
        return (change.kind,)  # what is dull is told at once, whatever their places and tags
    parts = (
        change.address.head if change.kind is Kind.ROLE else "",
        change.reason,
        [(one.path, one.before, one.after) for one in change.fields],
        _without_own(change.before if change.action is Action.DESTROY else change.after),
        told(change),
    )
    text, own = repr(parts), change.address.arm_id
    if own is not None and own.name in text:
        text = text.replace(own.text, "").replace(own.key, "")
    return (change.kind, change.action, text)


def told(change: Change) -> list[str]:
    """The details without the one that only says which entry of the manifest chose the disk: its place does, too."""
    return [text for text in change.detail if not (change.place and text.endswith(str(change.place)))]


def _without_own(fields: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """The fields that tell what is done, without the names of what it is done to."""
    return [(key, value) for key, value in (fields or {}).items() if key not in _OWN]


_OWN = frozenset({"instance", "scope", "principal"})
