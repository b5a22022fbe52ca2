"""Listings: a verb's result as tables, with a list of problems; shown as text and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.base.escape import code, markdown, plain
from reconciler.model.findings import Finding, Place
from reconciler.model.short_names import ShortNames
from reconciler.report.bullets import finding_items
from reconciler.report.caret import location
from reconciler.report.causes import under_causes
from reconciler.report.columns import Table, View, empty
from reconciler.report.comment import cut
from reconciler.report.documents import Document, text
from reconciler.report.findings import finding_lines
from reconciler.report.lines import by_severity
from reconciler.report.plans.words import folded
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped


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
    summary (None: no colour); `names` are those of the findings' addresses.
    """

    title: str
    summary: str
    tables: tuple[Table, ...]
    sections: Mapping[str, Sequence[Item]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    is_well: bool | None = None
    names: ShortNames = field(default_factory=ShortNames)


def forms(
    listing: Listing, document: Callable[[], Document], *, style: Style, root: str = "", view: View | None = None
) -> dict[str, Callable[[], str]]:
    """The forms of `--format`, each made only when asked for; `root` is put before file names."""
    return {
        "text": lambda: listing_text(listing, style=style, root=root, view=view),
        "json": lambda: text(document()),
        "markdown": lambda: listing_markdown(listing, root=root, view=view),
    }


def listing_text(listing: Listing, *, style: Style | None = None, root: str = "", view: View | None = None) -> str:
    """The title, tables, problems, findings, and last the summary, where readers of a terminal look first."""
    from reconciler.report.grid import table_lines  # only text needs the widths of rich

    style = style or Style()
    lines = [style.bold(plain(listing.title)), ""] if listing.tables else []
    lines += table_lines(listing.tables, style, view or View())
    for title, items in listing.sections.items():
        lines += [style.bold(f"{title}:")] if title and items else []
        lines += _items(items, style, root, "  " if title else "")
        lines += [""] if items else []
    lines += finding_lines(listing.findings, style, root, listing.names)
    for one in listing.skipped:
        lines += wrapped("Not read: ", plain(one), style)
    paint = str if listing.is_well is None else style.good if listing.is_well else style.bold
    lines += wrapped("", plain(listing.summary), style, paint=paint)
    return "\n".join(lines) + "\n"


def listing_markdown(listing: Listing, *, root: str = "", view: View | None = None) -> str:
    """The summary first, then problems, then the tables; cut at the limit for comments on pull requests."""
    parts = [f"## {markdown(listing.title)}\n\n**{markdown(listing.summary)}**\n"]
    parts += [f"\nNot read: {markdown(one)}\n" for one in listing.skipped]
    for title, items in listing.sections.items():
        parts += [f"\n### {title} ({len(items)})\n\n" if title else "\n"] if items else []
        parts += [_bullet(item, root) for item in items]
    for heading, findings in by_severity(under_causes(listing.findings)):
        parts.append(f"\n### {heading} ({len(findings)})\n\n")
        parts += [f"{one}\n" for one in finding_items(findings, root, listing.names)]
    for table in listing.tables:
        parts += _cells(table, view or View())
    return cut(parts)


_ENOUGH = 3
"""How many items that say the same are worth folding."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{5,8}")


def _items(items: Sequence[Item], style: Style, root: str, indent: str) -> Iterator[str]:
    """The items, those that say the same, if at other times, together with the first of them."""
    kinds: dict[Item, list[Item]] = {}
    for item in items:
        kinds.setdefault(item._replace(subject="", said=_TIME.sub("", item.said)), []).append(item)
    for same in kinds.values():
        if style.whole or len(same) < _ENOUGH:
            for item in same:
                yield from _item(item, (), style, root, indent)
        else:
            yield from _item(same[0], same[1:], style, root, indent)


def _item(item: Item, same: Sequence[Item], style: Style, root: str, indent: str) -> Iterator[str]:
    paint = style.bad if item.is_bad else style.hint
    word, rule = f"{paint(item.word)} " if item.word else "", f" [{item.rule}]" if item.rule else ""
    yield from wrapped(f"{indent}{word}", f"{plain(item.subject)}{rule}: {plain(item.said)}", style)
    if item.place:
        yield f"{indent}  --> {location(item.place, root)}"
    if same:
        others = folded([plain(one.subject) for one in same])
        what = "the same" if all(one.said == item.said for one in same) else "the same, at other times,"
        yield from wrapped(f"{indent}  ", f"{what} of {len(same)} more: {others}", style)
    for label, said in item.details:
        yield from wrapped(f"{indent}  {label}: ", plain(said), style)


def _bullet(item: Item, root: str) -> str:
    word, rule = f"{item.word} " if item.word else "", f" {code(item.rule)}" if item.rule else ""
    place = f" ({code(location(item.place, root))})" if item.place else ""
    details = "".join(f"  - {label}: {markdown(said)}\n" for label, said in item.details)
    return f"- {word}{code(item.subject)}{rule}: {markdown(item.said)}{place}\n{details}"


def _cells(table: Table, view: View) -> Iterator[str]:
    """The table with all columns, or those that were asked for."""
    if table.title:
        yield f"\n### {markdown(table.title)}\n"
    if table.rows:
        own = view if table.is_asked else View()
        spare = empty(table.columns, table.rows)
        places = own.chosen(table.columns) or [at for at in range(len(table.columns)) if at not in spare]
        names = [table.columns[at].name for at in places]
        rows = ([markdown(row[at].text) for at in places] for row in own.ordered(table.columns, table.rows))
        yield "\n"
        yield from (f"| {' | '.join(row)} |\n" for row in (names, ["---"] * len(names), *rows))
    if table.note:
        yield f"\n{table.note}\n"
