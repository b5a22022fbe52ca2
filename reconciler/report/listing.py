"""Listings: a verb's result as tables, with a list of problems; shown as text and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.base.escape import code, markdown, plain
from reconciler.model.findings import Finding, Place
from reconciler.report.caret import location
from reconciler.report.documents import Document, text
from reconciler.report.lines import by_severity
from reconciler.report.markdown import cut, finding_items
from reconciler.report.style import Style
from reconciler.report.terminal import finding_lines


class Table(NamedTuple):
    """Rows under headings, or none, with `title` above and `note` below."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Item(NamedTuple):
    """A statement about a subject: `word` is its state, `rule` a code beside it, `details` are labelled lines below."""

    subject: str
    said: str
    word: str = ""
    rule: str = ""
    place: Place | None = None
    details: tuple[tuple[str, str], ...] = ()
    is_bad: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """A report; foreign text in it is made safe when it is shown.

    `sections` are items under their heading, which may be empty; `skipped` says what was not read; `is_well` colours the
    summary (None: no colour).
    """

    title: str
    summary: str
    tables: tuple[Table, ...]
    sections: Mapping[str, Sequence[Item]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    is_well: bool | None = None


def forms(
    listing: Listing, document: Callable[[], Document], *, style: Style, root: str = ""
) -> dict[str, Callable[[], str]]:
    """The forms of `--format`, each made only when asked for; `root` is put before file names."""
    return {
        "text": lambda: listing_text(listing, style=style, root=root),
        "json": lambda: text(document()),
        "markdown": lambda: listing_markdown(listing, root=root),
    }


def listing_text(listing: Listing, *, style: Style | None = None, root: str = "") -> str:
    """Tables, problems, findings, and last the summary, where readers of a terminal look first."""
    style = style or Style()
    lines: list[str] = []
    for table in listing.tables:
        lines += _columns(table)
    for title, items in listing.sections.items():
        lines += [style.bold(f"{title}:")] if title and items else []
        lines += [f"{'  ' if title else ''}{line}" for item in items for line in _item(item, style, root)]
        lines += [""] if items else []
    lines += finding_lines(listing.findings, style, root)
    lines += [f"Not read: {plain(one)}" for one in listing.skipped]
    told = plain(listing.summary)
    lines.append(told if listing.is_well is None else style.good(told) if listing.is_well else style.bold(told))
    return "\n".join(lines) + "\n"


def listing_markdown(listing: Listing, *, root: str = "") -> str:
    """The summary first, then problems, then the tables; cut at the limit for comments on pull requests."""
    parts = [f"## {markdown(listing.title)}\n\n**{markdown(listing.summary)}**\n"]
    parts += [f"\nNot read: {markdown(one)}\n" for one in listing.skipped]
    for title, items in listing.sections.items():
        parts += [f"\n### {title} ({len(items)})\n\n" if title else "\n"] if items else []
        parts += [_bullet(item, root) for item in items]
    for heading, findings in by_severity(listing.findings):
        parts.append(f"\n### {heading} ({len(findings)})\n\n")
        parts += [f"{one}\n" for one in finding_items(findings, root)]
    for table in listing.tables:
        parts += _cells(table)
    return cut(parts)


def _item(item: Item, style: Style, root: str) -> Iterator[str]:
    paint = style.bad if item.is_bad else style.hint
    word, rule = f"{paint(item.word)} " if item.word else "", f" [{item.rule}]" if item.rule else ""
    yield f"{word}{plain(item.subject)}{rule}: {plain(item.said)}"
    if item.place:
        yield f"  --> {location(item.place, root)}"
    for label, said in item.details:
        yield f"  {label}: {plain(said)}"


def _bullet(item: Item, root: str) -> str:
    word, rule = f"{item.word} " if item.word else "", f" {code(item.rule)}" if item.rule else ""
    place = f" ({code(location(item.place, root))})" if item.place else ""
    details = "".join(f"  - {label}: {markdown(said)}\n" for label, said in item.details)
    return f"- {word}{code(item.subject)}{rule}: {markdown(item.said)}{place}\n{details}"


def _columns(table: Table) -> Iterator[str]:
    """The lines of a table, with columns as wide as their widest cell, numbers to the right."""
    yield f"{plain(table.title)}:"
    if table.rows:
        cells = [table.headings, *([plain(cell) for cell in row] for row in table.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        yield from (_line(row, widths) for row in cells)
    if table.note:
        yield f"  {table.note}"
    yield ""


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.rjust(width) if cell.isdigit() else cell.ljust(width) for cell, width in zip(row, widths, strict=True)
    )
    return ("  " + "  ".join(cells)).rstrip()


def _cells(table: Table) -> Iterator[str]:
    yield f"\n### {markdown(table.title)}\n"
    if table.rows:
        rows = (table.headings, ("---",) * len(table.headings), *(map(markdown, row) for row in table.rows))
        yield "\n"
        yield from (f"| {' | '.join(row)} |\n" for row in rows)
    if table.note:
        yield f"\n{table.note}\n"
