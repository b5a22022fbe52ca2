"""The oracle's answers to cases that were worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from leasttime import DOCUMENTED, HALVED, Way, makespan


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
