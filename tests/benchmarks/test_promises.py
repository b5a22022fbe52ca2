"""The benchmark itself, on fleets small enough for every day: it runs, and its promises hold at this size."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from baselines import CLIENTS, measured  # noqa: E402
from fleet import Fleet  # noqa: E402
from running import Case, Measured, Simulation  # noqa: E402


def run(case: Case) -> Measured:
    with Simulation(case) as simulation:
        return simulation.measured()


@pytest.mark.parametrize("form", ["selectors", "listed"])
def test_a_check_of_what_is_in_order_writes_nothing_and_reads_lists_alone(form: str) -> None:
    found = run(Case("no-change", Fleet(400), form=form))
    assert (found.writes, found.refused, found.failed) == (0, 0, 0)
    assert found.reads <= 10


@pytest.mark.parametrize(("limits", "disks"), [("documented", 250), ("halved", 150)])
def test_a_first_apply_is_refused_nothing_that_it_could_know(limits: str, disks: int) -> None:
    found = run(Case("first-apply", Fleet(disks), limits))
    assert found.failed == 0
    assert found.refused <= (0 if limits == "documented" else 0.01 * (found.reads + found.writes + found.probes))
    assert found.reads <= 0.4 * disks


def test_what_a_run_cut_half_way_left_is_done_by_the_next() -> None:
    found = run(Case("resume", Fleet(60)))
    assert found.failed == 0
    assert 0 < found.writes < 60


def test_other_clients_meet_the_same_azure() -> None:
    found = measured(CLIENTS[0], Case("first-apply", Fleet(20)))
    assert (found.failed, found.refused) == (0, 0)
    assert found.reads >= 20 * 4
