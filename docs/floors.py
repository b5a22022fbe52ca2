"""Draws the floors of `docs/architecture.md` from the contract in `pyproject.toml`: `python docs/floors.py`."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import pairwise
from pathlib import Path

DOCS = Path(__file__).parent
PAGE = DOCS / "architecture.md"
_PACKAGE = DOCS.parent / "reconciler"
_CONTRACT = "imports follow the flow"
_BEGIN, _END = (
    "<!-- Written by docs/floors.py from here; edit pyproject.toml and the docstrings. -->",
    "<!-- To here. -->",
)
_NOT_HERE = "Not here: "
_WIDTH = 72
_CROSSINGS = {(False, False): "─", (True, False): "┴", (False, True): "┬", (True, True): "┼"}


def floors() -> list[list[str]]:
    """The packages on each floor, the highest first, as the contract on imports has them."""
    settings = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [one for one in settings["tool"]["importlinter"]["contracts"] if one["name"] == _CONTRACT]
    return [re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"]]


def page(text: str) -> str:
    """The page with its drawing and its table written anew."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n\n```text\n{_drawing()}\n```\n\n{_table()}\n\n{_END}{after}"


def _drawing() -> str:
    """One box for each floor; packages that stand side by side share it."""
    rows = floors()
    walls = [[round(at * _WIDTH / len(row)) for at in range(len(row) + 1)] for row in rows]
    lines = [_line([], walls[0], "┌┐")]
    for row, own, below in zip(rows, walls, [*walls[1:], []], strict=True):
        cells = (f" {name}".ljust(right - left - 1) for name, (left, right) in zip(row, pairwise(own), strict=True))
        lines += [f"│{'│'.join(cells)}│", _line(own, below, "├┤" if below else "└┘")]
    return "\n".join(lines)


def _line(above: list[int], below: list[int], ends: str) -> str:
    middle = (_CROSSINGS[at in above, at in below] for at in range(1, _WIDTH))
    return f"{ends[0]}{''.join(middle)}{ends[1]}"


def _table() -> str:
    rows = (f"| `{name}` | {' | '.join(_said(name))} |" for row in floors() for name in row)
    return "\n".join(("| floor | what belongs there | what doesn't |", "|---|---|---|", *rows))


def _said(name: str) -> tuple[str, str]:
    """What the docstring of a package or module says belongs there, and what not; ValueError when it doesn't say."""
    module = _PACKAGE / f"{name}.py"
    source = module if module.exists() else _PACKAGE / name / "__init__.py"
    first, *others = (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").split("\n\n")
    for other in others:
        if other.startswith(_NOT_HERE):
            return _cell(first), _cell(other.removeprefix(_NOT_HERE))
    raise ValueError(f"the docstring of {name} doesn't say what isn't there: {_NOT_HERE}…")


def _cell(text: str) -> str:
    return " ".join(text.split()).removesuffix(".").replace("|", "\\|")


def main() -> None:
    """Write the page's drawing and table."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
