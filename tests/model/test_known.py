"""Who may say what is known: only the part that reads Azure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import reconciler

PACKAGE = Path(reconciler.__file__).parent
READERS = {"azure", "model/known.py"}
MADE = {"Yes", "No", "Unsure"}


def makers(tree: ast.AST) -> Iterator[int]:
    """The lines where a `Known` is made: its classes called, or `NO` used. A pattern of `match` is no call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE:
            yield node.lineno
        if isinstance(node, ast.Name) and node.id == "NO":
            yield node.lineno


def test_only_what_reads_azure_says_what_is_known() -> None:
    found = [
        f"{name}:{line}"
        for path in PACKAGE.rglob("*.py")
        if not READERS & {name := path.relative_to(PACKAGE).as_posix(), name.partition("/")[0]}
        for line in makers(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_a_maker_is_recognised_and_a_pattern_is_none() -> None:
    said = "match known:\n    case Yes(found):\n        a = Yes(found)\n    case No():\n        a = NO\n"
    assert list(makers(ast.parse(said))) == [3, 5]
