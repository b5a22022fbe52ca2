"""The picture of dependencies: subscriptions, the vaults that protect their disks, and the policies these follow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.base.plurals import counted
from reconciler.model.short_names import ShortNames
from reconciler.report.page.model import DiskRow
from reconciler.report.page.wording import text

WIDTH, LINE, PAD, GAP = 224, 17, 8, 14
_COLUMNS = (0, 308, 616)
_MOST = 40
_LETTERS = 25
"""How many letters a box has room for: longer names are broken, since a cut one names nothing."""
_WIDEST = 12
_PIECE = re.compile(r"[^-_. /]*[-_. /]?")


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its name, whole and in lines, a line of text below, and its position and height in pixels."""

    name: str
    text: str
    x: int
    y: int
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        """The height of all its lines."""
        return (len(self.lines) + 1) * LINE + 2 * PAD

    @property
    def middle(self) -> int:
        """Where lines begin and end."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one box to another, whose width is its share of the disks."""

    x1: int
    y1: int
    x2: int
    y2: int
    width: float


@dataclass(frozen=True, slots=True)
class Branch:
    """The same for narrow screens: a name, a line of text, and what is below it."""

    name: str
    text: str
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """Subscriptions on the left, vaults in the middle, policies on the right; `left` is the number of boxes not drawn."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    tree: tuple[Branch, ...]
    width: int
    height: int
    left: int = 0


_Key = tuple[str, ...]
_Node = tuple[int, _Key]


def graph(rows: Iterable[DiskRow], names: ShortNames | None = None) -> Graph:
    """The graph of the disks that have a vault; policies of one name in two vaults are two."""
    names = names or ShortNames()
    paths = [(names.subscription(row.subscription), row.vault, row.policy) for row in rows if row.vault]
    columns: list[Counter[_Key]] = [
        Counter((subscription,) for subscription, _, _ in paths),
        Counter((vault,) for _, vault, _ in paths),
        Counter((vault, policy) for _, vault, policy in paths),
    ]
    pairs = Counter(
        pair
        for subscription, vault, policy in paths
        for pair in (((0, (subscription,)), (1, (vault,))), ((1, (vault,)), (2, (vault, policy))))
    )
    boxes = _placed(columns, pairs)
    edges = tuple(
        _edge(boxes[start], boxes[end], count / len(paths))
        for (start, end), count in sorted(pairs.items())
        if start in boxes and end in boxes
    )
    height = max((box.y + box.height for box in boxes.values()), default=0)
    left = sum(map(len, columns)) - len(boxes)
    return Graph(tuple(boxes.values()), edges, tuple(_tree(paths)), _COLUMNS[-1] + WIDTH, height, left)


def _placed(columns: list[Counter[_Key]], pairs: Iterable[tuple[_Node, _Node]]) -> dict[_Node, Box]:
    """The boxes, column by column: each stands in the middle of those on its right, so that lines cross little."""
    boxes: dict[_Node, Box] = {}
    shown = [column.most_common(_MOST) for column in columns]
    vaults = {key for key, _ in shown[1]}
    shown[2] = [one for one in columns[2].most_common() if one[0][:1] in vaults][:_MOST]
    right: dict[_Node, list[_Node]] = {}
    for start, end in pairs:
        right.setdefault(start, []).append(end)
    for number in reversed(range(len(columns))):
        y, found = 0, []
        for key, count in shown[number]:
            middles = [boxes[end].middle for end in right.get((number, key), ()) if end in boxes]
            found.append((sum(middles) // len(middles) if middles else 0, key, count))
        for middle, key, count in sorted(found):
            name = text(key[-1]) or "(none)"
            box = Box(name, counted(count, "disk"), _COLUMNS[number], y, tuple(_broken(name)))
            box = replace(box, y=max(y, middle - box.height // 2))
            boxes[number, key] = box
            y = box.y + box.height + GAP
    return dict(sorted(boxes.items(), key=lambda one: (one[1].x, one[1].y)))


def _broken(name: str) -> Iterator[str]:
    """A name in lines, broken after its own separators where it has some."""
    line = ""
    for piece in filter(None, _PIECE.findall(name)):
        if line and len(line) + len(piece) > _LETTERS:
            yield line
            line = ""
        line += piece
        while len(line) > _LETTERS:
            yield line[:_LETTERS]
            line = line[_LETTERS:]
    if line:
        yield line


def _tree(paths: Iterable[_Key], depth: int = 0) -> Iterator[Branch]:
    """The branches of these paths from a depth on."""
    below: dict[str, list[_Key]] = {}
    for path in paths:
        below.setdefault(path[depth], []).append(path)
    for name, inner in sorted(below.items()):
        branches = tuple(_tree(inner, depth + 1)) if depth + 1 < len(inner[0]) else ()
        yield Branch(text(name) or "(none)", counted(len(inner), "disk"), branches)


def _edge(start: Box, end: Box, share: float) -> Edge:
    return Edge(start.x + WIDTH, start.middle, end.x, end.middle, round(1.5 + _WIDEST * share, 1))
