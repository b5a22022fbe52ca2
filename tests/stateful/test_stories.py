"""A few stories, always the same; `python -m tests.stateful --seeds 2000` tells more. A failing one says how to tell it again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
sys.path.insert(0, str(Path(__file__).parent))

from telling import command, told

pytestmark = pytest.mark.long

SEEDS = st.integers(0, 100_000)


@pytest.mark.timeout(600)
@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a story is made shorter by leaving steps out, not by another seed
    suppress_health_check=[HealthCheck.too_slow],
)
@given(SEEDS)
def test_whatever_happens_it_ends_as_declared_and_stays_so(seed: int) -> None:
    one = told(seed)
    assert not one.error, f"{command(seed)}\n{chr(10).join(one.lines)}\n{one.trace}"
    assert one.runs > 2
    assert one.lines[-1].strip() == "the end" or "attempt" in one.lines[-1]


def test_a_seed_tells_one_story() -> None:
    assert told(1, steps=4).lines == told(1, steps=4).lines
