"""The sandbox judges the rest, so that it shares no code with it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import reconciler.sandbox

TOP = Path(reconciler.sandbox.__file__).parent


def imported(source: str) -> set[str]:
    """Every module that is named by an import, also by one inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


@pytest.mark.parametrize("folder", sorted({path.parent for path in TOP.rglob("*.py")}), ids=lambda path: path.name)
def test_the_sandbox_imports_nothing_else_of_ours(folder: Path) -> None:
    names = {name for path in folder.glob("*.py") for name in imported(path.read_text(encoding="utf-8"))}
    ours = {name for name in names if name.split(".")[0] in {"reconciler", "azure", ""}}
    assert [name for name in sorted(ours) if not f"{name}.".startswith("reconciler.sandbox.")] == []


def test_imports_of_any_form_are_found() -> None:
    source = "import a.b\nfrom c import d\ndef f():\n    from ..e import g\n    from . import h\n"
    assert imported(source) == {"a.b", "c", "..e", "."}
