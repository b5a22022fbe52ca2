"""Modules don't import each other in a circle, not even from within functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import reconciler

TOP = Path(reconciler.__file__).parent
MODULES = {
    ".".join((path.parent if path.name == "__init__.py" else path.with_suffix("")).relative_to(TOP.parent).parts): path
    for path in TOP.rglob("*.py")
}


def imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import but those for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from imports(child)


def imported(path: Path) -> set[str]:
    """The modules of ours that are named, a module of a package before its package."""
    found = set()
    for node in imports(ast.parse(path.read_text(encoding="utf-8"))):
        names = (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            names = (
                f"{node.module}.{name}" if f"{node.module}.{name}" in MODULES else str(node.module) for name in names
            )
        found |= {name for name in names if name in MODULES}
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: imported(path) for name, path in MODULES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)
