"""Columns of tables: what they are called, what they show, in which order they give way, and which ones a person asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from operator import itemgetter
from typing import Any, NamedTuple

from reconciler.model.errors import UsageError

ALL = "all"
"""The value of `--columns` that shows every column."""

NAMED = "with its resource group and subscription as far as other rows have the same name"
"""How tables name disks."""

_NUMBER = re.compile(r"([0-9]+)")


class Heading(NamedTuple):
    """A column: its name, and what it shows, as the reference says it.

    `drops`: where the width doesn't suffice, the column with the highest number drops first (0: it stays).
    `tells_apart`: it stays where rows would look the same without it, the lowest number first (0: it never does).
    `is_state`: it bears a mark besides its colour. `is_text`: it may go over several lines; `is_name`: after slashes, where
    the width suffices for nothing else.
    """

    name: str
    meaning: str = ""
    drops: int = 0
    tells_apart: int = 0
    is_number: bool = False
    is_state: bool = False
    is_text: bool = False
    is_name: bool = False

    @property
    def option(self) -> str:
        """Its name in `--columns` and `--sort`."""
        return self.name.lower().replace(" ", "-")


class Cell(NamedTuple):
    """What a table says in one place: `order` is what it sorts by (None: its text), `tone` one of `Style.tone`."""

    text: str
    order: Any = None
    tone: str = ""
    is_absent: bool = False


def cells(*values: str | Cell) -> tuple[Cell, ...]:
    """Cells of texts."""
    return tuple(value if isinstance(value, Cell) else Cell(value) for value in values)


NOTHING = "-"
"""The text of what there is none of."""


def none(text: str = NOTHING) -> Cell:
    """The cell of what there is none of; it sorts last."""
    return Cell(text, tone="dim", is_absent=True)


def unknown() -> Cell:
    """The cell of what could not be told; it sorts last."""
    return Cell("unknown", tone="doubt", is_absent=True)


def headings(*names: str) -> tuple[Heading, ...]:
    """Columns that always stay."""
    return tuple(map(Heading, names))


class Table(NamedTuple):
    """Rows under headings, or none, with `title` above and `note` below; `is_asked`: it has the columns of `--columns`."""

    title: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    is_asked: bool = False


class View(NamedTuple):
    """What a person asked for: columns by their option's name (none: those that fit), and a column to sort by, downward or up."""

    columns: tuple[str, ...] = ()
    sort: str = ""
    is_reversed: bool = False

    def ordered(self, columns: Sequence[Heading], rows: Sequence[tuple[Cell, ...]]) -> Sequence[tuple[Cell, ...]]:
        """The rows in the order that was asked for; those without a value are last in either direction."""
        place = next((at for at, one in enumerate(columns) if one.option == self.sort), None)
        if place is None:
            return rows
        there = [(_order(one[place]), one) for one in rows if not one[place].is_absent]
        there.sort(key=itemgetter(0), reverse=self.is_reversed)
        return [*(one for _, one in there), *(one for one in rows if one[place].is_absent)]

    def chosen(self, columns: Sequence[Heading]) -> list[int]:
        """The places of the columns that were asked for, in that order; none: as many as fit."""
        known = {one.option: at for at, one in enumerate(columns)}
        return [known[name] for name in self.columns if name in known]


def _order(cell: Cell) -> Any:
    """By value, and texts as people count: `disk-2` before `disk-10`."""
    if cell.order is not None:
        return cell.order
    return [int(part) if part.isdecimal() else part for part in _NUMBER.split(cell.text.casefold())]


def named(text: str, columns: Iterable[Heading], option: str) -> str:
    """The column of that name, without case, `_` and blanks for `-`; UsageError for any other, with similar ones."""
    known = [one.option for one in columns]
    wanted = re.sub(r"[\s_]+", "-", text.strip().lower())
    if wanted in known:
        return wanted
    near = get_close_matches(wanted, known, n=2)
    hint = f"did you mean {' or '.join(near)}? The" if near else "the"
    raise UsageError(f"Unknown column for `{option}`: '{text.strip()}'", hint=f"{hint} columns are {', '.join(known)}")


def empty(columns: Sequence[Heading], rows: Sequence[Sequence[Cell]]) -> set[int]:
    """The places of the columns that no row has anything to say in, of those that may drop."""
    return {at for at, one in enumerate(columns) if one.drops and all(cells[at].text == NOTHING for cells in rows)}


def needed(columns: Sequence[Heading], rows: Sequence[Sequence[str]]) -> set[int]:
    """The places of the columns that tell rows apart, of those that may drop: no more than it takes."""
    telling = sorted((one.tells_apart, at) for at, one in enumerate(columns) if one.tells_apart)
    places = [at for _, at in telling if not columns[at].drops]
    stay = len(places)
    seen = _distinct(places, rows)
    for _, at in telling:
        if at not in places and seen < len(rows) and (more := _distinct([*places, at], rows)) > seen:
            places.append(at)
            seen = more
    return set(places[stay:])


def _distinct(places: Sequence[int], rows: Sequence[Sequence[str]]) -> int:
    return len({tuple(one[at] for at in places) for one in rows})
