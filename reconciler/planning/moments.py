"""The moment at which all disks of a machine have recovery points: the newest one at which these are close together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple


class Moment(NamedTuple):
    """One recovery point of each disk, by the time that it was taken; `at` is the newest of these."""

    at: datetime
    taken: Mapping[str, datetime]

    @property
    def spread(self) -> timedelta:
        """How far apart the first and the last of them are."""
        return self.at - min(self.taken.values())


def moments(times: Mapping[str, Collection[datetime]]) -> Iterator[Moment]:
    """Every moment at which each disk has a recovery point, newest first, with the newest one of each disk up to then.

    `times` are when the recovery points of each disk were taken.
    """
    rows = {key: sorted(own) for key, own in times.items()}
    for at in sorted({time for own in rows.values() for time in own}, reverse=True):
        places = {key: bisect_right(own, at) for key, own in rows.items()}
        if not all(places.values()):
            return
        yield Moment(at, {key: rows[key][place - 1] for key, place in places.items()})


def newest(times: Mapping[str, Collection[datetime]], longest: timedelta) -> Moment | None:
    """The newest moment whose recovery points are at most so far apart; None when there is none."""
    return next((one for one in moments(times) if one.spread <= longest), None)


def closest(times: Mapping[str, Collection[datetime]]) -> Moment | None:
    """The moment whose recovery points are closest together, the newest of several; None when disks have none in common."""
    return min(moments(times), key=lambda one: one.spread, default=None)
