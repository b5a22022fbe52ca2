"""The sentences of the security model, and how a test says which one it holds the tool to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
SENTENCES = tuple(line.removeprefix("- ") for line in _PAGE.splitlines() if line.startswith("- "))

_Test = TypeVar("_Test", bound=Callable[..., object])


def promise(sentence: str) -> Callable[[_Test], _Test]:
    """Marks the test that holds the tool to a sentence; AssertionError unless it is in `docs/security.md`."""
    assert sentence in SENTENCES, f"not in docs/security.md: {sentence}"
    return lambda test: test
