"""Every sentence of the security model is held by a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from promises import SENTENCES


def quoted() -> Iterator[str]:
    """The sentences that `@promise` quotes in the tests beside this one."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "promise":
                yield ast.literal_eval(node.args[0])


def test_every_sentence_is_held_by_a_test() -> None:
    held = list(quoted())
    assert len(SENTENCES) > 10
    assert sorted(set(held)) == sorted(SENTENCES)
    assert len(SENTENCES) == len(set(SENTENCES))
