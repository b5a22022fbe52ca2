"""The sentences of the README's security model, and how a test says which one it holds the tool to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
_SECTION = _README.partition("## Security model\n")[2].partition("\n## ")[0]
SENTENCES = tuple(line.removeprefix("- ") for line in _SECTION.splitlines() if line.startswith("- "))

_Test = TypeVar("_Test", bound=Callable[..., object])


def promise(sentence: str) -> Callable[[_Test], _Test]:
    """Marks the test that holds the tool to a sentence; AssertionError unless it stands in the README's section."""
    assert sentence in SENTENCES, f"not in the README: {sentence}"
    return lambda test: test
