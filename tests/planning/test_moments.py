"""The moment to which a machine goes back: the newest at which all of its disks have points that are close together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.planning.moments import closest, moments, newest

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(*minutes: float) -> list[datetime]:
    return [MIDNIGHT + number * MINUTE for number in minutes]


@pytest.mark.parametrize(
    ("disks", "longest", "chosen", "spread"),
    [
        pytest.param([(0, 60)], 0, (60,), 0, id="one disk has its newest point"),
        pytest.param([(0, 60), (1, 61)], 30, (60, 61), 1, id="two rounds, both whole"),
        pytest.param([(0, 60), (1,)], 30, (0, 1), 1, id="the last round is not whole yet"),
        pytest.param([(3, 63), (1,), (2, 62)], 30, (3, 1, 2), 2, id="the disk that lags is not the last of its round"),
        pytest.param([(0, 60), (59,)], 30, (60, 59), 1, id="close across what were two rounds"),
        pytest.param([(0,), (30,)], 30, (0, 30), 30, id="exactly as far apart as allowed"),
        pytest.param([(0,), (31,)], 30, None, None, id="a minute more"),
        pytest.param([(0, 60), ()], 30, None, None, id="a disk without points"),
        pytest.param([(60, 0), (61, 1)], 30, (60, 61), 1, id="in any order"),
        pytest.param([(5,), (5,), (5,)], 0, (5, 5, 5), 0, id="at once"),
        pytest.param([(10, 20), (50, 60), (100,)], 90, (20, 60, 100), 80, id="none together, but near enough"),
        pytest.param([(1,), (100, 2)], 30, (1, 2), 1, id="a newer point of one disk is passed over"),
        pytest.param([(0, 100), (0, 70), (0, 100)], 60, (100, 70, 100), 30, id="newer before closer"),
    ],
)
def test_the_newest_moment_that_is_close_enough(
    disks: list[tuple[float, ...]], longest: float, chosen: tuple[float, ...] | None, spread: float | None
) -> None:
    found = newest({str(key): at(*own) for key, own in enumerate(disks)}, longest * MINUTE)
    if chosen is None or spread is None:
        assert found is None
    else:
        assert found is not None
        assert [found.taken[str(key)] for key in range(len(disks))] == at(*chosen)
        assert (found.at, found.spread) == (at(max(chosen))[0], spread * MINUTE)


def test_the_closest_is_the_newest_of_those_that_are_alike() -> None:
    found = closest({"a": at(0, 60, 120), "b": at(5, 65, 130)})
    assert found is not None
    assert (found.at, found.spread) == (at(65)[0], 5 * MINUTE)
    assert closest({"a": at(0), "b": []}) is None


def test_no_moment_is_older_than_the_first_point_of_any_disk() -> None:
    found = [one.at for one in moments({"a": at(0, 1, 2, 3), "b": at(2)})]
    assert found == at(3, 2)
