"""The dependency graph of the page: which disks depend on which vault and policy, as boxes and lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.base.plurals import counted
from reconciler.report.page.model import DiskRow

WIDTH, HEIGHT, GAP = 200, 40, 14
_COLUMNS = (0, 270, 540)
_MOST = 40
_WIDEST = 10


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its name, a line of text below, and the position of its upper left corner in pixels."""

    name: str
    text: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one box to another, whose width is its share of the disks."""

    x1: int
    y1: int
    x2: int
    y2: int
    width: float


@dataclass(frozen=True, slots=True)
class Graph:
    """Subscriptions on the left, vaults in the middle, policies on the right; `left` is the number of boxes not drawn."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    left: int = 0


def graph(rows: Iterable[DiskRow]) -> Graph:
    """The graph of the disks that have a vault."""
    rows = [row for row in rows if row.vault]
    columns = [Counter(getattr(row, part) for row in rows) for part in ("subscription", "vault", "policy")]
    shown = [dict(sorted(column.most_common(_MOST))) for column in columns]
    boxes = {
        (number, name): Box(name or "(none)", counted(count, "disk"), _COLUMNS[number], place * (HEIGHT + GAP))
        for number, column in enumerate(shown)
        for place, (name, count) in enumerate(column.items())
    }
    pairs = Counter(
        pair for row in rows for pair in (((0, row.subscription), (1, row.vault)), ((1, row.vault), (2, row.policy)))
    )
    edges = tuple(
        _edge(boxes[start], boxes[end], count / max(len(rows), 1))
        for (start, end), count in sorted(pairs.items())
        if start in boxes and end in boxes
    )
    tallest = max(map(len, shown), default=0)
    left = sum(len(column) - len(some) for column, some in zip(columns, shown, strict=True))
    return Graph(tuple(boxes.values()), edges, _COLUMNS[-1] + WIDTH, max(tallest * (HEIGHT + GAP) - GAP, 0), left)


def _edge(start: Box, end: Box, share: float) -> Edge:
    middle = HEIGHT // 2
    return Edge(start.x + WIDTH, start.y + middle, end.x, end.y + middle, round(1 + _WIDEST * share, 1))
