"""Changes as lines of text: in blocks of one shape, or each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.model.changes import Change
from reconciler.model.short_names import ShortNames
from reconciler.report.lines import Line, change_lines
from reconciler.report.plans.paragraphs import Paragraph, paragraphs
from reconciler.report.plans.words import short_change
from reconciler.report.style import Style
from reconciler.report.wrapping import items, wrapped

_MARGIN = 6
_ARROW = "--> "


def block_lines(changes: Sequence[Change], names: ShortNames, style: Style, root: str) -> Iterator[str]:
    """The changes in blocks of one shape, dangerous ones first; each by itself where nothing is to be folded."""
    if style.whole:
        for change in changes:
            yield from whole_lines(change, names, style, root)
    else:
        for one in paragraphs(changes, names, root):
            yield from (_danger if one.danger else _block)(one, style)


def danger_lines(changes: Sequence[Change], names: ShortNames, style: Style, root: str) -> Iterator[str]:
    """The changes that nobody should overlook, each by itself."""
    for one in paragraphs(changes, names, root):
        if one.danger:
            yield from _danger(one, style)


def _danger(one: Paragraph, style: Style) -> Iterator[str]:
    yield from _head(one, f"{one.heads[0]}{_after(one.reason)}", style)
    fields, place = list(one.fields), f"{_ARROW}{one.place}" if one.place else ""
    if fields and place and not one.said:
        fields[-1] = replace(fields[-1], text=f"{fields[-1].text}  {place}")
        place = ""
    for line in fields:
        yield from _indented(line, style)
    yield from _rest([*one.said, place], style)


def _block(one: Paragraph, style: Style) -> Iterator[str]:
    """The first line has as many names as fit, and the place if that fits too; else the place is what is left."""
    place = f"{_ARROW}{one.place}" if one.place else ""
    heads = [f"{head}{_after(one.reason)}" for head in one.heads]
    room = style.width - _MARGIN
    with_place = (f"{head}{_after(place)}" for head in heads if len(head) + len(place) + 2 <= room)
    found = next(with_place, "")
    yield from _head(one, found or next((head for head in heads if len(head) <= room), heads[-1]), style)
    for line in one.fields:
        yield from _indented(line, style)
    yield from _rest([*one.said, "" if found else place], style)


def _after(text: str) -> str:
    return f"  {text}" if text else ""


def _head(one: Paragraph, text: str, style: Style) -> Iterator[str]:
    return wrapped(f"  {style.symbol(one.symbol, one.symbol)} ", text, style, hang=_MARGIN, paint=style.bold)


def _rest(said: Sequence[str], style: Style) -> Iterator[str]:
    text = items(said, style.width - _MARGIN)
    return wrapped(" " * _MARGIN, text, style, hang=_MARGIN) if text else iter(())


def whole_lines(change: Change, names: ShortNames, style: Style, root: str) -> Iterator[str]:
    """A change with all its fields."""
    return (one for line in change_lines(short_change(change, names), root) for one in _indented(line, style))


def _indented(line: Line, style: Style) -> Iterator[str]:
    symbol = style.symbol(line.symbol, line.symbol) if line.symbol else " "
    paint = style.bold if line.depth == 0 else str if line.symbol else style.dim
    return wrapped(f"{'  ' + '    ' * line.depth}{symbol} ", line.text, style, paint=paint)
