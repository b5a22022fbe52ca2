"""The oracle's answers to cases that were worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from leasttime import DOCUMENTED, HALVED, Restored, Way, makespan, recovery


def test_what_fits_into_the_burst_takes_no_longer_than_azure_itself() -> None:
    assert makespan({"a": 200}, [Way(120, 35)], DOCUMENTED) == 155


def test_beyond_the_burst_the_rate_counts() -> None:
    assert makespan({"a": 1023}, [Way(0, 0)], DOCUMENTED) == pytest.approx(82.3)  # (1023 - 200) / 10
    assert makespan({"a": 1023}, [Way(0, 0)], HALVED) == pytest.approx(184.6)  # (1023 - 100) / 5


def test_subscriptions_go_side_by_side_so_the_fullest_counts() -> None:
    assert makespan({"a": 300, "b": 700, "c": 0}, [Way(0, 0)], DOCUMENTED) == 50


def test_waits_are_one_disks_own_not_the_slowest_of_each_kind() -> None:
    assert makespan({}, [Way(600, 10), Way(5, 100)], DOCUMENTED) == 610


def test_the_bucket_of_microsoft_authorization_counts_where_it_is_slower() -> None:
    assert makespan({"a": 10}, [Way(0, 0)], DOCUMENTED, assignments=240) == 60  # (240 - 120) / 2
    assert makespan({"a": 1200}, [Way(0, 0)], DOCUMENTED, assignments=240) == 100


def test_nothing_to_do_takes_no_time() -> None:
    assert makespan({}, [], DOCUMENTED) == 0


def test_a_recovery_waits_for_the_last_restore_that_azure_lets_it_begin() -> None:
    disks = [Restored(42, 215)] * 1000
    assert recovery({"a": disks}, DOCUMENTED) == 30 + 180 + 215  # 1,000 lists of points; 2,000 writes; one disk
    assert recovery({"a": disks, "b": disks[:1]}, DOCUMENTED) == 425


def test_a_few_disks_take_as_long_as_one() -> None:
    assert recovery({"a": [Restored(42, 215), Restored(40, 210)]}, DOCUMENTED) == 42 + 215


def test_what_was_begun_already_is_looked_at_and_waited_for() -> None:
    begun = [Restored(0, 100)] * 1000
    assert recovery({"a": begun}, DOCUMENTED) == 70 + 100  # points and jobs of each
    assert recovery({"a": [Restored(0, 0)] * 10}, DOCUMENTED) == 0
