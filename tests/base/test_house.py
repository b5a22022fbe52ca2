"""The house's limits: short functions and modules, few exceptions, imports without circles, one name for one class."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import reconciler

PACKAGE = Path(reconciler.__file__).parent
LONGEST_FUNCTION = 50
LONGEST_MODULE = 350
MOST_TYPE_IGNORES = 5
MOST_LATE_IMPORTS = 62
"""Import statements inside functions: lower it whenever one goes."""

CIRCLES: tuple[tuple[str, str], ...] = ()
"""Imports that close a circle, as importer and imported; none is added."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[str, tuple[str, ast.Module]]:
    """The text and the tree of every module, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = text, ast.parse(text)
    return found


def functions() -> Iterator[tuple[str, Function]]:
    """Every function, with the name of its module."""
    for name, (_, tree) in modules().items():
        yield from ((name, node) for node in ast.walk(tree) if isinstance(node, Function))


def test_no_function_is_too_long() -> None:
    long = [f"{name}.{one.name}" for name, one in functions() if (one.end_lineno or 0) - one.lineno >= LONGEST_FUNCTION]
    assert not long


def test_no_module_is_too_long() -> None:
    assert not [name for name, (text, _) in modules().items() if len(text.splitlines()) > LONGEST_MODULE]


def test_types_are_ignored_hardly_anywhere() -> None:
    assert sum(len(re.findall(r"# type: ignore", text)) for text, _ in modules().values()) <= MOST_TYPE_IGNORES


def test_imports_stand_at_the_top() -> None:
    late = {node for _, one in functions() for node in ast.walk(one) if isinstance(node, ast.Import | ast.ImportFrom)}
    assert len(late) <= MOST_LATE_IMPORTS


def test_no_imports_go_round_in_a_circle() -> None:
    graph = {name: imported(name, tree.body) for name, (_, tree) in modules().items()}
    for importer, target in CIRCLES:
        assert target in graph[importer], f"{importer} doesn't import {target} any more: take it out of CIRCLES"
        graph[importer].discard(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' → '.join(reversed(error.args[1]))}") from None


def imported(name: str, body: Iterable[ast.stmt]) -> set[str]:
    """The modules of ours that run when a module is imported; what only a type checker reads doesn't count."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found |= imported(name, node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            found |= imported(name, [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)])
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{one.name}" for one in node.names}
            found |= (inner & modules().keys()) or {node.module}
    return (found & modules().keys()) - {name}


def test_no_two_public_classes_share_a_name() -> None:
    places: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for name, (_, tree) in modules().items():
        is_apart = name.startswith("reconciler.sandbox")
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name, is_apart].append(name)
    assert not {name: found for name, found in places.items() if len(found) > 1}
