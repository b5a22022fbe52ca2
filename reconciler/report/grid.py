"""Tables as lines of a terminal: which columns fit, how wide they are, how cells look.

Widths are those of rich, which knows that some characters take two columns. Its own tables take a second for a
thousand rows, and break words where there is little room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest
from typing import NamedTuple

from rich.cells import cell_len

from reconciler.base.escape import plain
from reconciler.report.columns import Cell, Heading, Table, View, empty, needed
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped

_GAP = 2
_COMFORT = 40
"""How narrow a column of sentences may become before others drop."""
_Texts = Sequence[Sequence[str]]


class Grid(NamedTuple):
    """How tables of the same columns are shown: the places of these, how wide each is, and the names of those left out."""

    places: tuple[int, ...]
    widths: tuple[int, ...]
    left_out: tuple[str, ...] = ()


def table_lines(tables: Sequence[Table], style: Style, view: View) -> Iterator[str]:
    """Each table with its title and note, and an empty line after it; those of the same columns stand in line."""
    for (columns, is_asked), alike in groupby(tables, key=lambda one: (one.columns, one.is_asked)):
        own = view if is_asked else View()
        same = [one._replace(rows=tuple(own.ordered(columns, one.rows))) for one in alike]
        shown = [[_texts(columns, row, style) for row in one.rows] for one in same]
        spare = empty(columns, [row for one in same for row in one.rows])
        grid = _grid(columns, shown, spare, style.width, own)
        for table, rows in zip(same, shown, strict=True):
            yield from _lines(table, rows, grid, style)
            is_told = is_asked and grid.left_out and table is same[-1]
            more = f"More with --columns: {', '.join(grid.left_out)}." if is_told else ""
            yield from ("",) if rows and (table.note or more) else ()
            for note in filter(None, (table.note, more)):
                yield from wrapped("  ", note, style, hang=2, paint=style.dim)
            yield ""


def _texts(columns: Sequence[Heading], row: Sequence[Cell], style: Style) -> list[str]:
    return [
        f"{style.mark(cell.tone)} {plain(cell.text)}" if one.is_state else plain(cell.text)
        for one, cell in zip(columns, row, strict=True)
    ]


def _grid(columns: Sequence[Heading], tables: Sequence[_Texts], spare: set[int], width: int, view: View) -> Grid:
    """The columns that were asked for, else those that fit, without those that are spare.

    They drop in their order, but not those that tell rows apart.
    """
    rows = [row for table in tables for row in table]
    by_column: list[Sequence[str]] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    natural = [max(map(cell_len, (_head(one), *texts))) for one, texts in zip(columns, by_column, strict=True)]
    least = [
        max(_least(one, texts), min(full, _COMFORT)) if one.is_text else full
        for one, texts, full in zip(columns, by_column, natural, strict=True)
    ]
    places, left_out = view.chosen(columns), list[str]()
    if not places:
        stay = {at for table in tables for at in needed(columns, table)}
        places, left_out = _fitting(columns, least, width, stay, spare)
    for kind in ("is_text", "is_name"):
        if _total(columns, places, least) > width:
            least = [
                _least(one, texts) if getattr(one, kind) else known
                for one, texts, known in zip(columns, by_column, least, strict=True)
            ]
    return Grid(tuple(places), tuple(_widths(columns, places, natural, least, width)), tuple(left_out))


def _fitting(
    columns: Sequence[Heading], least: Sequence[int], width: int, stay: set[int], spare: set[int]
) -> tuple[list[int], list[str]]:
    """The places of the columns that fit, and the names of the others."""
    places = [at for at in range(len(columns)) if at not in spare]
    may_drop = sorted((at for at in places if columns[at].drops and at not in stay), key=lambda at: columns[at].drops)
    left_out: list[str] = []
    while may_drop and _total(columns, places, least) > width:
        at = may_drop.pop()
        places.remove(at)
        left_out.insert(0, columns[at].option)
    return places, left_out


def _widths(
    columns: Sequence[Heading], places: Sequence[int], natural: Sequence[int], least: Sequence[int], width: int
) -> Iterator[int]:
    """How wide each column is: what it needs, and as much of the room that is left as it can use."""
    room = max(width - _total(columns, places, least), 0)
    for at in places:
        more = min(natural[at] - least[at], room)
        yield least[at] + more
        room -= more


def _least(column: Heading, texts: Iterable[str]) -> int:
    """How wide a column has to be that may go over several lines."""
    return max(cell_len(part.rstrip()) for text in (column.name, *texts) for part in _parts(column, text))


def _head(column: Heading) -> str:
    """The name above a column; above states, it stands where their words do, after the marks."""
    return f"  {column.name}" if column.is_state else column.name


def _indent(columns: Sequence[Heading], places: Sequence[int]) -> int:
    """How far a table is indented; marks of states stand at the margin."""
    return 0 if columns[places[0]].is_state else _GAP


def _total(columns: Sequence[Heading], places: Sequence[int], widths: Sequence[int]) -> int:
    return _indent(columns, places) + sum(widths[at] for at in places) + _GAP * (len(places) - 1)


def _lines(table: Table, rows: _Texts, grid: Grid, style: Style) -> Iterator[str]:
    if table.title:
        yield from wrapped("", f"{plain(table.title)}:", style, paint=style.bold)
    if rows:
        yield from _row(table.columns, list(map(_head, table.columns)), ["bold"] * len(table.columns), grid, style)
    for cells, texts in zip(table.rows, rows, strict=True):
        yield from _row(table.columns, texts, [cell.tone for cell in cells], grid, style)


def _row(
    columns: Sequence[Heading], texts: Sequence[str], tones: Sequence[str], grid: Grid, style: Style
) -> Iterator[str]:
    """The lines of a row: one, unless sentences or names go over several."""
    split = [_folded(columns[at], texts[at], width) for at, width in zip(grid.places, grid.widths, strict=True)]
    for line in zip_longest(*split, fillvalue=""):
        cells = []
        for at, width, text in zip(grid.places, grid.widths, line, strict=True):
            pad, shown = " " * (width - cell_len(text)), style.tone(tones[at], text) if text else ""
            cells.append(f"{pad}{shown}" if columns[at].is_number else f"{shown}{pad}")
        yield f"{' ' * _indent(columns, grid.places)}{(' ' * _GAP).join(cells)}".rstrip()


def _folded(column: Heading, text: str, width: int) -> list[str]:
    """The text in lines that end between words, or in a name after a slash."""
    if cell_len(text) <= width:
        return [text]
    lines = [""]
    for part in _parts(column, text):
        if lines[-1] and cell_len(lines[-1]) + cell_len(part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return [line.rstrip() for line in lines]


def _parts(column: Heading, text: str) -> list[str]:
    """What stays in one line."""
    return re.split(r"(?<= )" if column.is_text else r"(?<=/)" if column.is_name else "$^", text)
