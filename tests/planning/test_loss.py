"""What a deletion costs is said before it is done: how many recovery points, and until when it can be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from plan_builders import NOW, UNSURE, at, disk, disk_id, estate, instance, manifest, plan, removed, settled, vault

from reconciler.model.estate import KEPT_POINTS
from reconciler.model.known import Known, Yes
from reconciler.model.resources import RecoveryPoint


def world(found: Known[Any], **said: Any) -> Any:
    """A disk `x` to be removed whose instance has these points, in a vault of which something is said."""
    own = instance("x")
    others = [one for one in settled() if not isinstance(one, type(vault()))]
    return estate(*others, vault(**said), disk("x"), own, answers={KEPT_POINTS(own.id): found})


def points(*days: int) -> Known[Any]:
    """Recovery points that many days old, newest first."""
    return Yes(tuple(RecoveryPoint(disk_id(f"p{age}"), NOW - timedelta(days=age)) for age in days))


NEWEST = f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M} UTC"
BACK = "it can be undeleted for 14 days, until 2026-05-18 if it is deleted today"
OLDEST = f"{NOW - timedelta(days=3):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("found", "said", "cost"),
    [
        (points(1, 2, 3), {}, f"3 recovery points from {OLDEST} to {NEWEST} are lost; {BACK}"),
        (points(1), {}, f"its only recovery point, of {NEWEST}, is lost; {BACK}"),
        (points(), {}, f"Azure lists no recovery points for it; {BACK}"),
        (
            points(1, 3),
            {"soft_delete_state": "Off"},
            f"2 recovery points from {OLDEST} to {NEWEST} are lost; it can't be undeleted, since soft delete is off in its vault",
        ),
        (
            UNSURE,
            {"soft_delete_retention_days": None},
            (
                f"could not tell how many recovery points it has: {UNSURE.because}; "
                "its vault doesn't say for how long it can be undeleted"
            ),
        ),
    ],
    ids=["several", "one", "none", "for good", "nobody knows"],
)
def test_a_deletion_says_what_is_lost(found: Known[Any], said: dict[str, Any], cost: str) -> None:
    desire = manifest(removed=(removed(disk_id("x"), "delete"),))
    planned = plan(desire, world(found, **said), allow_delete=1)
    assert [one.detail for one in planned.changes if one.address == at("x")] == [(cost,)]
    told = plan(desire, world(found, **said))
    assert [cost in one.message for one in told.findings if one.code == "deletion-due"] == [True]
