"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from reconciler.plurals import counted


@pytest.mark.parametrize(
    ("number", "nouns", "said"),
    [
        (0, ("disk",), "0 disks"),
        (1, ("disk",), "1 disk"),
        (2, ("disk",), "2 disks"),
        (1, ("policy", "policies"), "1 policy"),
        (3, ("policy", "policies"), "3 policies"),
    ],
)
def test_one_is_one_and_all_else_are_many(number: int, nouns: tuple[str, ...], said: str) -> None:
    assert counted(number, *nouns) == said
