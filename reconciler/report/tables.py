"""Tables of text, for a terminal and as Markdown; every cell is foreign text and made harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.base.escape import markdown, plain


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `title` stands above them."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table_text(table: Table) -> str:
    """Columns as wide as their widest cell; numbers to the right."""
    cells = [table.headings, *([plain(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    return "\n".join([f"{table.title}:", *lines, ""])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.rjust(width) if cell.isdigit() else cell.ljust(width) for cell, width in zip(row, widths, strict=True)
    )
    return ("  " + "  ".join(cells)).rstrip()


def table_markdown(table: Table) -> str:
    """A Markdown table under a heading."""
    lines = [f"\n### {markdown(table.title)}\n", _row(table.headings), _row(("---",) * len(table.headings))]
    return "\n".join([*lines, *(_row(tuple(map(markdown, row))) for row in table.rows), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
