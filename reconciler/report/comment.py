"""A comment in Markdown within the size limit of its host, which says where the rest is, and which run made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from reconciler.base.escape import code, fence, markdown

COMMENT_LIMIT = 65_000
"""The most characters; GitHub refuses comments above 65,535."""

_LIMIT_RESERVE = 600
_SECTIONS = 12
_URL = ":/?&=%#"


class Making(NamedTuple):
    """What made a page, as far as it is known: the commit, the run of a CI system with its address, and the report that
    has everything.
    """

    commit: str = ""
    run: str = ""
    url: str = ""
    whole: str = ""

    def more(self, number: int) -> str:
        """That `number` items are left out, and where they are."""
        there = f", see {code(self.whole)}{f' of {self._link}' if self.url else ''}" if self.whole else ""
        return f"… and {number} more{there or '; `--format json` has all'}"

    @property
    def footer(self) -> str:
        """The last line of a page; empty when neither commit nor run is known."""
        parts = [f"commit {code(self.commit)}" if self.commit else "", self._link]
        told = " · ".join(part for part in parts if part)
        return f"\n<sub>{told}</sub>\n" if told else ""

    @property
    def _link(self) -> str:
        run = markdown(self.run or "run")
        return f"[{run}]({quote(self.url, safe=_URL)})" if self.url else markdown(self.run)


NOBODY = Making()
"""Nothing is known of the run."""


def cut(parts: Sequence[str], limit: int = COMMENT_LIMIT) -> str:
    """As many whole parts as fit into `limit` characters, and how many are left."""
    used = 0
    for index, part in enumerate(parts):
        used += len(part)
        if used > limit - _LIMIT_RESERVE:
            return "".join([*parts[:index], f"\n{NOBODY.more(len(parts) - index)}\n"])
    return "".join(parts)


class Comment:
    """Text of at most `limit` characters, made of whole pieces; `end` comes last and is never cut."""

    def __init__(self, limit: int, making: Making, end: str = "") -> None:
        self._making = making
        self._end = f"{end}{making.footer}"
        self._limit = limit - len(self._end) - _SECTIONS * len(making.more(10**6)) - _LIMIT_RESERVE
        self._parts: list[str] = []
        self._used = 0

    def _has_room(self, size: int) -> bool:
        return self._used + size <= self._limit

    def add(self, text: str) -> bool:
        """Add `text` if it fits, and say whether it did."""
        if not self._has_room(len(text)):
            return False
        self._parts.append(text)
        self._used += len(text)
        return True

    def _more(self, number: int, before: str = "\n") -> None:
        self._parts.append(f"{before}{self._making.more(number)}\n")

    def items(self, heading: str, items: Sequence[str]) -> None:
        """Add a heading with as many items as fit, and the number of those that don't."""
        if not items:
            return
        self.add(f"\n### {heading}\n\n")
        for index, item in enumerate(items):
            if not self.add(f"{item}\n"):
                self._more(len(items) - index, "- ")
                return

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a table whose first column is text and whose others are numbers, with as many rows as fit."""
        if not rows:
            return
        line = ["---", *["--:"] * (len(heads) - 1)]
        self.add("".join(f"| {' | '.join(cells)} |\n" for cells in (heads, line)))
        for index, row in enumerate(rows):
            if not self.add(f"| {' | '.join(map(markdown, row))} |\n"):
                self._more(len(rows) - index)
                return

    def folded(self, title: str, items: Sequence[str]) -> None:
        """Add a list that is folded away, with as many items as fit, and the number of those that don't."""
        self._details(title, items, 1, lambda chosen: "\n".join(chosen) + "\n")

    def code(self, title: str, blocks: Sequence[str], language: str = "diff", most: int | None = None) -> None:
        """Add a code block that is folded away, with as many blocks as fit, and the number of those that don't.

        `most`: the page isn't to become longer than that by it.
        """
        limit, self._limit = self._limit, min(most or self._limit, self._limit)
        self._details(title, blocks, 2, lambda chosen: fence("\n\n".join(chosen), language))
        self._limit = limit

    def _details(self, title: str, pieces: Sequence[str], between: int, shown: Callable[[Sequence[str]], str]) -> None:
        if not pieces:
            return
        chosen: list[str] = []
        size = len(f"\n<details><summary>{title}</summary>\n\n\n</details>\n") + 80
        for piece in pieces:
            size += len(piece) + between
            if not self._has_room(size):
                break
            chosen.append(piece)
        self.add(f"\n<details><summary>{title}</summary>\n\n{shown(chosen) if chosen else ''}\n</details>\n")
        if len(chosen) < len(pieces):
            self._more(len(pieces) - len(chosen))

    def text(self) -> str:
        """The whole page."""
        return "".join([*self._parts, self._end])
