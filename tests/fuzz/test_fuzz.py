"""Hostile input, a little of each kind; `python -m tests.fuzz` tries more. A fault found prints how to try it again."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing import tried
from targets import Targets

COUNTS = {"bytes": 100, "yaml": 100, "structure": 120, "plans": 30, "estates": 40, "answers": 20}


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    """Quiet: what is logged is not what is asked for."""
    logging.disable(logging.CRITICAL)
    made = Targets(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.runner.close()
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", COUNTS)
def test_whatever_comes_is_refused_with_a_place_or_a_code(targets: Targets, name: str) -> None:
    tally = tried(name, targets.all[name], range(COUNTS[name]), seed=0)
    again = [f"python -m tests.fuzz --target {name} --number {number}: {why}" for number, why in tally.broken.items()]
    assert not again, again[0]
    assert tally.count == COUNTS[name]


def test_enough_of_it_gets_far(targets: Targets) -> None:
    """Input that no parser lets through would try nothing but the parser."""
    ends: Counter[str] = Counter()
    for name, count in (("bytes", 40), ("yaml", 30), ("structure", 80)):
        ends += tried(name, targets.all[name], range(count), seed=1).ends
    assert ends["read"] + ends["planned"] >= ends.total() / 4
    assert ends["planned"] >= ends.total() / 10, ends
