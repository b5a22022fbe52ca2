"""The worst day, on fleets small enough for every day, and on 1,000 disks where one doesn't wait for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from recovery import Day, Recovered  # noqa: E402

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
KILLS = 25 if LONG else 5
A_MINUTE = 60.0
"""What a second run may lose beside the oracle on a small fleet: its own look, and what the first run noticed last."""


def is_whole(found: Recovered, disks: int) -> None:
    assert (found.back, found.failed) == (disks, 0)
    assert found.most_restores == 1, "no disk is restored twice"


def test_all_disks_come_back_with_few_reads() -> None:
    with Day(20) as day:
        found = day.recovered()
    is_whole(found, 20)
    assert found.refused == 0
    assert found.writes == 3 * 20
    assert found.reads <= 18 * 20
    assert found.seconds <= found.oracle + A_MINUTE


def test_a_run_that_is_killed_half_way_is_ended_by_the_next() -> None:
    with Day(12) as day:
        found = day.killed_and_recovered(100)
    is_whole(found, 12)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2] if LONG else [1])
def test_a_thousand_disks_come_back_within_a_tenth_of_the_least_time(seed: int) -> None:
    with Day(1000, seed=seed) as day:
        found = day.recovered()
    is_whole(found, 1000)
    assert found.refused == 0
    assert found.writes == 3 * 1000
    assert found.reads <= 8 * 1000
    assert found.seconds <= 1.1 * found.oracle


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_recovery_killed_anywhere_is_ended_by_the_next_run_and_restores_nothing_twice() -> None:
    """The next run can't know which requests of the first one still count against the limit, so some may be refused."""
    with Day(200) as day:
        day.recovered()
        calls = len(day.calls)
    for number in range(KILLS):
        with Day(200) as day:
            found = day.killed_and_recovered(calls * (2 * number + 1) // (2 * KILLS))
        is_whole(found, 200)
        assert found.seconds <= found.oracle + A_MINUTE, number


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("at", [884, 2500, 4424, 6000, 7900, 9000, 9800] if LONG else [4424, 7900])
def test_a_thousand_disks_come_back_within_a_tenth_of_the_least_time_though_a_run_is_killed(at: int) -> None:
    """What the killed run has begun is looked for, proved and marked by the next one: while it is still being copied, when a
    part is back, and when nearly all are.
    """
    with Day(1000) as day:
        found = day.killed_and_recovered(at)
    is_whole(found, 1000)
    assert found.seconds <= 1.1 * found.oracle
