"""Lines that end before the edge of a terminal, and never within a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap

from reconciler.base.escape import commands
from reconciler.report.style import Style

_STAYS = "\0"
"""Stands for a space where no line may end: foreign text never holds it, since it is made visible before."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def items(parts: Iterable[str], width: int = 60) -> str:
    """Parts in a row, each of which stays whole on its line, unless it is longer than `width`."""
    return "; ".join(part.replace(" ", _STAYS) if len(part) <= width else part for part in parts if part)


def wrapped(
    head: str, text: str, style: Style, *, hang: int | None = None, paint: Callable[[str], str] = str
) -> Iterator[str]:
    """`head` and then the text, in `paint`; further lines begin `hang` columns in, by default where the first one did.

    A word that is longer than a line, such as an id, stays whole. A head that leaves no room for the first word has its
    line for itself.
    """
    width = len(_COLOUR.sub("", head))
    further = " " * (len(head) - len(head.lstrip(" ")) + 4 if hang is None else hang)
    starts = text.partition(" ")[0]
    if len(further) < width and width + len(starts) > style.width:
        yield head.rstrip()
        head, width = further, len(further)
    first, *rest = wrap(
        text,
        style.width,
        initial_indent=" " * width,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [" " * width]
    yield f"{head}{paint(first[width:].replace(_STAYS, ' '))}".rstrip()
    for line in rest:  # what was in the middle of a line may now begin one, where a CI system takes it for a command
        yield f"{further}{paint(commands(line[len(further) :]).replace(_STAYS, ' '))}"
