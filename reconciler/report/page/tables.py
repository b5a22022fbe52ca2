"""The page's long tables: columns of plain text; the template shows the first rows, the script the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from reconciler.model.ids import lower
from reconciler.model.results.outcome import Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.caret import location
from reconciler.report.causes import Fold, Remark, alike, under_causes, without_name
from reconciler.report.page.model import ATTENTION, GOOD, LEFT_OUT, NEW, STATES, DiskRow, Page
from reconciler.report.page.wording import hours, instant, text
from reconciler.report.plans.words import folded

Cell = str | list[str]


@dataclass(frozen=True, slots=True)
class Head:
    """A column as it is shown: its title, the style of its cells, and the numbers of the data's columns in it."""

    title: str
    kind: str
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter: its title, the number of the data's column, and the values to choose from."""

    title: str
    field: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LongTable:
    """A table with its id, its title, what one row is, its columns, and the text of every cell, column by column.

    `state` is the number of the column that says how things are, `calm` its values that need no attention.
    """

    name: str
    title: str
    noun: str
    heads: tuple[Head, ...]
    columns: tuple[list[Cell], ...]
    state: int
    calm: tuple[str, ...]
    choices: tuple[Choice, ...] = ()

    def __len__(self) -> int:
        return len(self.columns[0])

    def rows(self, most: int) -> list[tuple[Cell, ...]]:
        """The first rows."""
        return list(zip(*(column[:most] for column in self.columns), strict=True))

    def weight(self, most: int | None = None) -> int:
        """How many things its first rows, or all, are about: a row with several names is about as many."""
        names = next((self.columns[head.fields[0]] for head in self.heads if head.kind == "names"), [""] * len(self))
        return sum(max(1, len(one)) if isinstance(one, list) else 1 for one in names[:most])

    @property
    def data(self) -> list[dict[str, Any]]:
        """All columns; what repeats is there once, as `words` that `at` counts from 0."""
        return [_packed(column) for column in self.columns]


def _packed(column: Sequence[Cell]) -> dict[str, Any]:
    words = {cell: 0 for cell in column if isinstance(cell, str)}
    if len(words) * 2 > len(column) or not all(isinstance(cell, str) for cell in column):
        return {"all": column}
    numbers = {word: number for number, word in enumerate(words)}
    return {"words": list(words), "at": [numbers[str(cell)] for cell in column]}


def _columns(rows: Iterable[Sequence[Cell]], width: int) -> tuple[list[Cell], ...]:
    found = list(rows)
    return tuple([row[number] for row in found] for number in range(width))


def finding_table(page: Page) -> LongTable:
    """The table of findings, those of one kind in one row: severity, code, message and hint, what they are about."""
    kinds = sorted(alike(under_causes(page.findings), page.names), key=lambda same: same[0].rank)
    waits = {lower(one.address): one for one in page.findings if one.cause}
    rows: list[list[Cell]] = []
    for same in kinds:
        first, own = same[0], _Row(same, page.names)
        place = location(first.place, page.root) if first.place else ""
        hint = " · ".join(filter(None, (first.hint, place)))
        rows.append([str(first.severity), first.code, text(own.said), text(hint), own.about])
        if own.waiting:
            wait = waits[lower(own.waiting[0])]
            rows.append([str(wait.severity), wait.code, text(f"waits for {own.which}"), "", own.waiters])
    heads = (
        Head("severity", "badge", (0,)),
        Head("finding", "said", (1, 2, 3)),
        Head("about", "names", (4,)),
    )
    return LongTable("finding-rows", "All findings", "findings", heads, _columns(rows, 5), 0, ("info",))


_ORDER = (Status.FAILED, Status.SKIPPED, Status.IN_PROGRESS, Status.DONE)


def result_table(page: Page) -> LongTable:
    """The table of an apply's results, failed ones first, those of one cause in one row."""
    results = page.outcome.results if page.outcome else ()
    skipped = {lower(one.address): one for one in results if one.status is Status.SKIPPED}
    rows: list[list[Cell]] = []
    for same in alike(sorted(under_causes(results), key=lambda one: _ORDER.index(one.status)), page.names):
        first, own = same[0], _Row(same, page.names)
        said = f"because {own.said}" if first.because else own.said
        rows.append([*_ending(first), text(first.code), text(said), text(first.hint), own.about])
        if own.waiting:
            rows.append(
                [*_ending(skipped[lower(own.waiting[0])]), "", text(f"because of {own.which}"), "", own.waiters]
            )
    heads = (
        Head("result", "badge", (0, 1)),
        Head("about", "names", (5,)),
        Head("reason and hint", "said", (2, 3, 4)),
    )
    return LongTable("result-rows", "Results", "results", heads, _columns(rows, 6), 0, (str(Status.DONE),))


def _ending(result: Result) -> tuple[str, str]:
    return str(result.status), str(result.action) if result.action else "wait"


class _Row(Generic[Remark]):
    """Some remarks that are alike: what they say, what they are about, what waits for them, and their first names."""

    def __init__(self, same: Sequence[Remark], names: ShortNames) -> None:
        self.said = names.of_message(same[0].said if len(same) == 1 else without_name(same[0], names))
        self.about: Cell = [text(names.shown(one.address)) for one in same if one.address]
        self.waiting = Fold(same[0], same[1:]).waiting
        self.waiters: Cell = [text(names.shown(one)) for one in self.waiting]
        self.which = folded([names.shown(one.address) for one in same])


_WORST_FIRST = (*ATTENTION, NEW, GOOD, LEFT_OUT)


def disk_table(page: Page) -> LongTable:
    """The table of disks, worst first, with their state, vault and policy, newest recovery point and last restore."""
    disks = sorted(page.disks or (), key=lambda row: _WORST_FIRST.index(row.state))
    columns = _columns((_disk(row, page) for row in disks), 11)
    heads = (
        Head("disk", "disk", (0, 1)),
        Head("state", "badge", (2, 3)),
        Head("vault and policy", "pair", (4, 5)),
        Head("newest recovery point", "time", (7, 8)),
        Head("last proven", "time", (9,)),
    )
    choices = (
        Choice("state", 2, tuple(state for state in STATES if state in columns[2])),
        *(Choice(title, number, _values(columns[number])) for title, number in (("place", 1), ("vault", 4))),
    )
    calm = tuple(state for state in STATES if state not in ATTENTION)
    return LongTable("disk-rows", "Every disk", "disks", heads, columns, 2, calm, choices)


_MOST_CHOICES = 200


def _values(column: Iterable[Cell]) -> tuple[str, ...]:
    """What to choose from, unless that is too little or too much for a choice."""
    found = sorted({str(cell) for cell in column if cell})
    return tuple(found) if 1 < len(found) <= _MOST_CHOICES else ()


def _disk(row: DiskRow, page: Page) -> list[Cell]:
    place, _, name = page.names.of(row.id).rpartition("/")
    promise = f", {hours(row.promise_hours)} promised" if row.promise_hours else ""
    return [
        text(name),
        text(place),
        row.state,
        text(row.note),
        text(row.vault),
        text(row.policy),
        text(row.protection),
        instant(row.newest) if row.newest else "",
        f"{hours(row.age_hours)} old{promise}" if row.newest else "",
        instant(row.proven) if row.proven else "",
        text(row.id.text.rpartition("/")[0]),
    ]
