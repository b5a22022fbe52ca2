"""What is told of a block of changes, or of a dangerous change, in parts that each form of a report lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.base.escape import plain
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.short_names import ShortNames
from reconciler.report.caret import location
from reconciler.report.lines import SYMBOLS, Line, change_lines
from reconciler.report.plans.shapes import Block, blocks, told
from reconciler.report.plans.words import compact, granted, heads, short_change


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One block or dangerous change, in text that is safe for a terminal.

    `heads` are what it is of, with several names first and then with fewer; `reason` in parentheses, or empty; `place`
    its first place in the manifest and how many others there are; `fields` what differs; `said` all else.
    """

    symbol: str
    heads: tuple[str, ...]
    reason: str
    place: str
    fields: tuple[Line, ...]
    said: tuple[str, ...]
    danger: str = ""
    is_single: bool = True


def paragraphs(changes: Iterable[Change], names: ShortNames, root: str) -> Iterator[Paragraph]:
    """The dangerous changes, each by itself, then the others in blocks of one shape."""
    changes = list(changes)
    yield from (danger(change, names, root) for change in changes if change.danger)
    yield from (block(one, names, root) for one in blocks(changes))


def danger(change: Change, names: ShortNames, root: str) -> Paragraph:
    """A change that nobody should overlook: what happens and why, each field of it, and details."""
    said, fields = [plain(text) for text in told(change)], _fields(change, names, root)
    if change.action is not Action.CHANGE and change.kind is not Kind.DISK:
        fields, said = [], compact(Block((change,)), names)
    return Paragraph(
        SYMBOLS[change.action],
        (plain(names.shown(change.address)),),
        _reason(change),
        location(change.place, root) if change.place else "",
        tuple(fields),
        tuple(said),
        change.danger,
    )


def block(found: Block, names: ShortNames, root: str) -> Paragraph:
    """What a block is of, what is done, and the role assignments for it."""
    first = found.first
    if first.action is Action.CHANGE:
        fields, said = _fields(first, names, root), [plain(text) for text in told(first)]
    else:
        fields, said = [], compact(found, names)
    grants = granted(found, names)
    said += [f"grants {grants[0]}", *grants[1:]] if grants else []
    return Paragraph(
        SYMBOLS[first.action],
        heads(found, names),
        "" if first.action is Action.ADD else _reason(first),
        _place(found, root),
        tuple(fields),
        tuple(said),
        is_single=len(found.changes) == 1,
    )


def _reason(change: Change) -> str:
    return f"({plain(change.reason)})" if change.reason else ""


def _fields(change: Change, names: ShortNames, root: str) -> list[Line]:
    return [line for line in change_lines(short_change(change, names), root) if line.depth and line.symbol]


def _place(found: Block, root: str) -> str:
    places = [location(place, root) for place in dict.fromkeys(one.place for one in found.changes) if place]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{places[0]}{more}" if places else ""
