"""Numbers with their nouns and units."""

from __future__ import annotations

import pytest

from reconciler.base.plurals import counted, duration


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


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (12, "12 s"), (200, "3 min 20 s"), (59.7, "1 min 0 s"), (3900, "1 h 5 min")]
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
