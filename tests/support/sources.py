"""The package as its source: every module, and every hint that stands in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import reconciler

PACKAGE = Path(reconciler.__file__).parent


@cache
def modules() -> dict[str, tuple[str, ast.Module]]:
    """The text and the tree of every module, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = text, ast.parse(text)
    return found


def literals(node: ast.expr) -> Iterator[str]:
    """The literal texts that an expression may give, with `{}` in place of what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    elif isinstance(node, ast.IfExp | ast.BoolOp):
        for one in node.values if isinstance(node, ast.BoolOp) else (node.body, node.orelse):
            yield from literals(one)


HINTS = {"Unsure": 1, "Gate": 2, "NotSignedIn": 1, "PermanentFailure": 2}
"""Which argument is the hint of what is made with a hint in almost every call."""


def hints(tree: ast.Module) -> Iterator[str]:
    """The literal texts that are given as a `hint`, or bound to a name that ends so, or returned by a function of that name."""
    for node in ast.walk(tree):
        found: list[ast.expr | None] = []
        match node:
            case ast.keyword(arg="hint", value=value):
                found = [value]
            case ast.Assign(targets=[target, *_], value=value) if ast.unparse(target).lower().endswith("hint"):
                found = [value]
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in HINTS:
                found = [*arguments[HINTS[name] : HINTS[name] + 1]]
            case ast.FunctionDef(name=name) if name.endswith("hint"):
                found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
        for one in filter(None, found):
            yield from filter(None, literals(one))
