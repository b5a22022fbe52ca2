"""One place lets writes through: nobody else imports what sends the steps of changes, or makes such a request."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "reconciler"
GUARD = "applying/guard.py"
IMPORTERS = {
    "reconciler.applying.sending": {GUARD},
    "reconciler.azure.writing": {GUARD},
    "reconciler.azure.sdk": {"azure/writing.py", "azure/requesting.py"},
}
METHODS = {"PUT", "PATCH", "DELETE"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("sandbox/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports when it runs: what it names for type checkers only can't be called there."""
    typed = {one for node in ast.walk(tree) if is_for_types(node) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if node in typed:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_guard_alone_imports_what_writes_the_steps_of_changes() -> None:
    found: dict[str, set[str]] = {module: set() for module in IMPORTERS}
    for name, tree in sources():
        for module in set(imported(tree)) & set(IMPORTERS):
            found[module].add(name)
    assert found == IMPORTERS


def test_only_the_sdk_s_place_names_a_method_that_writes() -> None:
    naming = {
        name
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in METHODS
    }
    assert naming == {"azure/sdk.py", "azure/pace.py"}, "pace.py counts requests by method"


def test_import_linter_holds_the_same() -> None:
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    held = {
        module: {
            f"{importer.removeprefix('reconciler.').replace('.', '/')}.py" for importer in one["allowed_importers"]
        }
        for one in contracts
        if one["type"] == "protected"
        for module in one["protected_modules"]
    }
    assert held == IMPORTERS


def test_the_guard_is_short_enough_to_be_read_whole() -> None:
    assert len((PACKAGE / GUARD).read_text(encoding="utf-8").splitlines()) < 150
