"""One cause, one block: what waits for a thing stands under what is wrong with that thing, and what is alike is told once.

Findings and results are folded in the same way, for the terminal, Markdown, the page and notices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Generic, TypeVar

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.model.addresses import Address
from reconciler.model.findings import Finding
from reconciler.model.ids import ArmId, lower
from reconciler.model.results.outcome import Result
from reconciler.model.short_names import ShortNames
from reconciler.report.plans.words import common, folded

Remark = TypeVar("Remark", Finding, Result)
"""Something that is told of an address, maybe with what it waits for."""

_ENOUGH = 3
"""How many alike are worth folding."""
_KINDS = {"disk": "disk", "group": "resource group", "policy": "policy", "role": "role assignment", "vault": "vault"}
_SEVERAL = {"policy": "policies"}
_ID = re.compile(r"/subscriptions/[\w-]+/resourceGroups/[\w/.()-]*\w", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fold(Generic[Remark]):
    """What is told in one: the first of some that are alike, the others, and the hint, which may be told elsewhere."""

    first: Remark
    same: Sequence[Remark] = ()
    hint: str = ""

    @property
    def waiting(self) -> list[Address]:
        """What waits for any of them."""
        return [*self.first.waiting, *(address for one in self.same for address in one.waiting)]

    def others(self, names: ShortNames, escaped: Callable[[str], str] = str) -> list[str]:
        """Lines that count and name what it is about besides the first: its like, and what waits."""
        told: list[str] = []
        if self.same:
            shown = folded([plain(names.shown(one.address)) for one in self.same])
            told.append(f"the same of {len(self.same)} more: {escaped(shown)}")
        if self.waiting:
            told.append(escaped(waiting_line(self.waiting, names, self.first.effect)))
        return told


def under_causes(remarks: Sequence[Remark], *, whole: bool = False) -> tuple[Remark, ...]:
    """The remarks without those whose cause has one that is as serious, which gets them as `waiting`.

    The cause is the last one: of a disk that waits for a role, which waits for a group, it is the group. `whole`: nothing
    is folded.
    """
    if whole or not any(one.cause for one in remarks):
        return tuple(remarks)
    heads = _heads(remarks)
    waiting: dict[int, list[Address]] = {}
    folded_in: set[int] = set()
    for one in remarks:
        head = _last(one, heads)
        if head is not one and head.rank <= one.rank:
            waiting.setdefault(id(head), []).append(one.address)
            folded_in.add(id(one))
    return tuple(
        replace(one, waiting=tuple(dict.fromkeys(waiting[id(one)]))) if id(one) in waiting else one
        for one in remarks
        if id(one) not in folded_in
    )


def _heads(remarks: Iterable[Remark]) -> dict[str, Remark]:
    """What is told of each address: the most serious, and what is wrong rather than that it waits."""
    heads: dict[str, Remark] = {}
    for one in sorted(remarks, key=lambda one: (bool(one.cause), one.rank)):
        if one.address:
            heads.setdefault(lower(one.address), one)
    return heads


def _last(remark: Remark, heads: Mapping[str, Remark]) -> Remark:
    """The remark at the end of the causes; one that no other follows is its own."""
    seen: set[int] = set()
    while remark.cause and id(remark) not in seen:
        seen.add(id(remark))
        remark = heads.get(lower(remark.cause), remark)
    return remark


def folds(remarks: Sequence[Remark], names: ShortNames, *, whole: bool = False) -> Iterator[Fold[Remark]]:
    """The remarks in their order, those of one kind together if they are many.

    A hint that repeats is told once, with the last block that has it.
    """
    kinds = [[one] for one in remarks] if whole else alike(remarks, names)
    heads = [one for same in kinds for one in (same if len(same) < _ENOUGH else same[:1])]
    rest = {id(same[0]): same[1:] for same in kinds if len(same) >= _ENOUGH}
    for one, following in zip_longest(heads, heads[1:]):
        is_repeated = following is not None and (following.code, following.hint) == (one.code, one.hint)
        yield Fold(one, rest.get(id(one), ()), "" if is_repeated else one.hint)


def alike(remarks: Iterable[Remark], names: ShortNames) -> list[list[Remark]]:
    """The remarks by kind, in the order of their first ones; one that is about nothing is a kind of its own."""
    kinds: dict[tuple[str, ...], list[Remark]] = {}
    for number, one in enumerate(remarks):
        kinds.setdefault(_kind(one, names) if one.address else (str(number),), []).append(one)
    return list(kinds.values())


def _kind(remark: Remark, names: ShortNames) -> tuple[str, ...]:
    """What remarks have in common that differ only by what they are about."""
    return (*remark.traits, *_without_own(remark, names, remark.said, remark.hint))


def without_name(remark: Remark, names: ShortNames) -> str:
    """What a remark says, with an ellipsis in place of what it is about."""
    return _without_own(remark, names, remark.said)[0]


def _without_own(remark: Remark, names: ShortNames, *texts: str) -> list[str]:
    address, own = remark.address, remark.address.arm_id
    shown = names.shown(address)
    short = shown[len(address.head) + 1 :] if address.kind else shown
    known: tuple[str, ...] = (own.text, own.key, short, own.name) if own else ()
    said = [one for one in (address, shown, *known, *remark.incidental) if one]
    return [_without(_ID.sub(lambda found: _below(found[0], own), text) if own else text, said) for text in texts]


def _below(text: str, own: ArmId) -> str:
    """An ellipsis for an id of something below the id `own`, such as a role assignment there; else the id."""
    return "…" if lower(text).startswith(f"{own.key}/") else text


def _without(text: str, said: Iterable[str]) -> str:
    for one in said:
        text = text.replace(one, "…")
    return text


def waiting_line(waiting: Sequence[Address], names: ShortNames, effect: tuple[str, str, str] = Finding.effect) -> str:
    """`30 disks wait for this: a, b, c … and 27 more`, with how many other objects wait as well; disks first."""
    kinds: dict[str, list[Address]] = {}
    for address in sorted(waiting, key=lambda one: one.kind != "disk"):
        kinds.setdefault(address.kind, []).append(address)
    (kind, first), *others = kinds.items()
    inside, own = common([plain(names.shown(address)).removeprefix(f"{kind}/") for address in first])
    counts = [_counted(kind, first), *(_counted(*other) for other in others)]
    what = f"{', '.join(counts[:-1])} and {counts[-1]}" if others else counts[0]
    place = f" (in {inside})" if inside else ""
    one, several, ending = effect
    return f"{what} {one if len(waiting) == 1 else several} {ending}: {folded(own)}{place}"


def _counted(kind: str, found: Sequence[Address]) -> str:
    return counted(len(found), _KINDS.get(kind, "object"), _SEVERAL.get(kind, ""))
