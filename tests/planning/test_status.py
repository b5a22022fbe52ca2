"""What a disk's backups are called, by what is known of its jobs and recovery points; NOW is noon, backups every 4 h."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from plan_builders import (
    GOLD,
    NOW,
    UNSURE,
    D,
    body_for,
    disk_id,
    estate,
    instance,
    manifest,
    options,
    policy,
    rule,
    settled,
)

from reconciler.model.estate import Estate
from reconciler.model.known import Known, Yes
from reconciler.model.resources import RecoveryPoint, Snapshots
from reconciler.model.results.status import DiskStatus
from reconciler.planning.draft import Draft
from reconciler.planning.status import Evidence, contradicted, doubtful, protecting, statuses, suspected

OWN = instance().id.key
NO_SNAPSHOTS: Known[Any] = Yes({})
PROMISE = 6.0


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def told(points: Any = (), **jobs: float) -> Evidence:
    """Jobs of the one disk by status and age in hours; recovery points likewise, when they were read."""
    found = {status: ago(hours) for status, hours in jobs.items()}
    read = {OWN: max((ago(one) for one in points), default=None)} if points != () else {}
    return Evidence({OWN: Yes(found)} if found else {}, NO_SNAPSHOTS, NOW, points=dict(read))


def unclear(points: Any = ()) -> Evidence:
    """What nobody can tell of jobs."""
    return replace(told(points), jobs={OWN: UNSURE})


def draft(world: Estate | None = None, said: Any = None) -> Draft:
    return Draft.of(said or manifest(rule(disk_id())), world or estate(*settled("d")), options(), NOW)


def row(known: Evidence, world: Estate | None = None, said: Any = None) -> DiskStatus:
    (found,) = statuses(draft(world, said), known).rows
    return found


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (told(completed=1), "ok"),
        (told(completed=PROMISE), "ok"),
        (told(completed=PROMISE + 0.01), "late"),
        (told(completed=7, inprogress=1), "ok"),
        (told(completed=13, inprogress=7), "late"),
        (told(completed=1, failed=5), "ok"),
        (told(completed=5, failed=1), "failing"),
        (told(failed=1), "failing"),
        (told(failed=1, points=[0.5]), "ok"),
        (told(completed=30, points=[2]), "ok"),
        (told(completed=2, points=[30]), "ok"),
        (told(points=[7]), "late"),
        (told(), "unknown"),
        (told(points=[]), "unknown"),
        (unclear(points=[1]), "unknown"),
        (unclear(points=[7]), "late"),
        (unclear(), "unknown"),
    ],
)
def test_freshness(known: Evidence, state: str) -> None:
    assert row(known).state == state


def test_the_promise_is_that_of_the_policy_which_the_disk_has_now() -> None:
    other = policy(replace(GOLD, interval_hours=12), name="slow")
    world = estate(*settled("d"), other)
    world.instances[OWN].policy = other.id
    found = row(told(completed=13.9), world)
    assert (found.state, found.promise, found.policy) == ("ok", timedelta(hours=14), "slow")


@pytest.mark.parametrize(
    ("intervals", "hours", "state"),
    [
        (["R/2020-01-01T00:00:00+00:00/PT90M"], 1, "unknown"),
        ([], 1, "unknown"),
        (["R/2020-01-01T00:00:00+00:00/PT4H"] * 2, 1, "ok"),
        (["R/2020-01-01T09:00:00+00:00/P1D", "R/2020-01-01T21:00:00+00:00/P1D"], 13.9, "ok"),
        (["R/2020-01-01T09:00:00+00:00/P1D", "R/2020-01-01T21:00:00+00:00/P1D"], 14.9, "late"),
        (["R/2020-01-01T00:00:00+00:00/PT4H", "R/2020-01-01T00:00:00+00:00/PT90M"], 1, "unknown"),
        (["R/2020-01-01T00:00:00+00:00/PT4H", "R/2020-01-01T00:00:00+00:00/PT90M"], 7, "late"),
    ],
)
def test_what_is_understood_of_a_schedule_promises(intervals: list[str], hours: float, state: str) -> None:
    body = body_for(GOLD)
    body["policyRules"][0]["trigger"]["schedule"]["repeatingTimeIntervals"] = intervals
    odd = policy(name="odd", body=body)
    world = estate(*settled("d"), odd)
    world.instances[OWN].policy = odd.id
    assert row(told(completed=hours), world).state == state


def stamped(hours: float) -> str:
    return ago(hours).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("role", "mark", "created", "known", "state"),
    [
        (1, None, None, told(points=[]), "waiting"),
        (5.9, None, None, told(points=[]), "waiting"),
        (6.1, None, None, told(points=[]), "unknown"),
        (99, 1, None, told(points=[]), "waiting"),
        (99, 5.9, None, told(), "waiting"),
        (99, 6.1, None, told(points=[]), "late"),
        (1, 6.1, None, told(points=[]), "late"),
        (99, None, 1, told(points=[]), "waiting"),
        (99, None, 7, told(points=[]), "late"),
        (99, 7, 1, told(points=[]), "waiting"),
        (99, -1, None, told(points=[]), "unknown"),
        (99, -1, 7, told(points=[]), "late"),
        (99, 6.1, None, told(), "unknown"),
        (99, None, None, told(inprogress=1, points=[]), "waiting"),
        (99, None, None, told(inprogress=7, points=[]), "late"),
    ],
)
def test_the_first_backup_is_waited_for_from_when_the_disk_became_protected(
    role: float, mark: float | None, created: float | None, known: Evidence, state: str
) -> None:
    world = estate(*settled("d"))
    for one in world.roles.values():
        one.created = ago(role)
    world.instances[OWN].tags = {} if mark is None else {"Reconciler-Protected": stamped(mark)}
    world.instances[OWN].created = None if created is None else ago(created)
    assert row(known, world).state == state


def test_only_what_is_in_doubt_is_worth_a_read_the_late_ones_first() -> None:
    names = ("a", "b", "c", "e", "f")
    known = {
        instance(name).id.key: Yes(jobs)
        for name, jobs in zip(
            names, ({}, {"completed": ago(9)}, {"completed": ago(1)}, {}, {"failed": ago(1)}), strict=True
        )
    }
    made = draft(estate(*settled(*names)), manifest(rule(*map(disk_id, names))))
    asked = [
        one.disk.name
        for one in doubtful(made, Evidence(known, NO_SNAPSHOTS, NOW, points={instance("e").id.key: ago(1)}))
        if one.disk
    ]
    assert asked == ["b", "f", "a", "c"], "of c no snapshot is known"


def test_a_backup_that_ended_with_warnings_made_a_recovery_point() -> None:
    found = row(told(completedwithwarnings=1))
    assert (found.state, found.newest) == ("ok", ago(1))


def test_what_is_told_of_others_is_not_told_of_this() -> None:
    other = disk_id("other", subscription=D)
    assert row(Evidence({instance(other).id.key: Yes({"completed": ago(1)})}, NO_SNAPSHOTS, NOW)).state == "unknown"


def test_what_nobody_can_tell_of_jobs_is_a_finding_with_the_way_to_know() -> None:
    found = statuses(draft(), unclear(points=[1]))
    (finding,) = found.findings
    assert (finding.code, found.exit_code) == ("not-known", 1)
    assert "look at the proxy" in finding.hint
    assert UNSURE.because in finding.message


def test_a_disk_that_could_not_be_told_of_is_exit_1_whatever_the_others_are() -> None:
    known = told()
    known.jobs[instance("b").id.key] = Yes({"failed": ago(1)})
    made = draft(estate(*settled("d", "b")), manifest(rule(disk_id(), disk_id("b"))))
    found = statuses(made, known)
    assert ({one.state for one in found.rows}, found.exit_code) == ({"unknown", "failing"}, 1)


def test_snapshots_that_nobody_can_count_are_a_finding_and_no_number() -> None:
    found = statuses(draft(), replace(told(completed=1), snapshots=UNSURE))
    assert (found.rows[0].snapshots, [one.code for one in found.findings], found.exit_code) == (None, ["not-known"], 1)


@pytest.mark.parametrize(
    ("known", "is_asked"),
    [
        (told(completed=9, points=[1]), True),
        (told(points=[1]), True),
        (told(completed=1, points=[0.9]), False),
        (told(completed=1), False),
        (told(completed=9, points=[9]), False),
        (replace(told(completed=9, points=[1]), listed={instance().vault: Yes({})}), False),
        (unclear(points=[1]), False),
    ],
)
def test_a_recovery_point_newer_than_every_job_means_that_resource_graph_lags(known: Evidence, is_asked: bool) -> None:
    held, vaults = protecting(draft())
    assert contradicted(held, known) == (vaults if is_asked else set())


# --- snapshots --------------------------------------------------------------------------------------------------------

SNAPSHOT_GROUP = instance().snapshot_group
assert SNAPSHOT_GROUP


def point(hours: float, expires: float | None = -99, *, is_snapshot: bool = True) -> RecoveryPoint:
    """A recovery point of so many hours ago that goes so many hours ago (negative: later)."""
    address = instance().id.child("recoveryPoints", f"p{hours}")
    gone = None if expires is None else ago(expires)
    return RecoveryPoint(address, ago(hours), expires=gone, is_snapshot=is_snapshot)


def shown(snapshots: Any, points: Any = None, **jobs: float) -> Evidence:
    """What a look at the snapshots tells: their ages in hours, or why they aren't known; points None: not read."""
    known = told(**jobs)
    disk = instance().disk
    assert disk
    found = Yes({disk.key: tuple(map(ago, snapshots))}) if isinstance(snapshots, list) else snapshots
    known.there[SNAPSHOT_GROUP.key] = found
    if points is not None:
        known.kept[OWN] = tuple(points)
        known.points[OWN] = max((one.taken for one in points), default=None)
    return known


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (shown([1, 5], completed=1), "ok"),
        (shown([1.1, 5], completed=1), "ok"),
        (shown([], completed=1), "failing"),
        (shown([5], completed=1), "failing"),
        (shown([1, 5], [point(1), point(5)]), "ok"),
        (shown([1.02, 5.02], [point(1), point(5)]), "ok"),
        (shown([1], [point(1), point(5)]), "failing"),
        (shown([5], [point(1), point(5)]), "failing"),
        (shown([], [point(1)]), "failing"),
        (shown([1], [point(1), point(5, expires=1)]), "ok"),
        (shown([1], [point(1), point(5, expires=None)]), "failing"),
        (shown([1], [point(1), point(5, is_snapshot=False)]), "ok"),
        (shown([0.5, 1, 3], [point(1), point(5)]), "failing"),
        (shown([1.01, 1.02], [point(1), point(1.01), point(1.02)]), "failing"),
        (shown([7], [point(7)]), "late"),
        (shown([], [point(7, expires=1)]), "failing"),
        (shown([], completed=5, failed=1), "failing"),
        (shown([], []), "unknown"),
        (shown(UNSURE, completed=1), "unknown"),
        (shown(UNSURE, completed=7), "late"),
    ],
)
def test_a_recovery_point_without_its_snapshot_is_none(known: Evidence, state: str) -> None:
    assert row(known).state == state


@pytest.mark.parametrize(
    ("count", "newest", "hours", "is_asked"),
    [
        (12, 1, 48, False),
        (11, 1, 48, False),
        (3, 1, 48, True),
        (12, 5, 48, True),
        (12, None, 48, True),
        (41, 1, 999, False),
        (12, 1, 999, True),
        (1, 1, 4, False),
    ],
)
def test_points_are_read_where_the_snapshots_are_too_few_or_too_old(
    count: int, newest: float | None, hours: float, is_asked: bool
) -> None:
    world = estate(*settled("d"))
    world.instances[OWN].tags = {"reconciler-protected": stamped(hours)}
    disk = instance().disk
    assert disk
    counted = {disk.key: {SNAPSHOT_GROUP.key: Snapshots(count, None if newest is None else ago(newest))}}
    known = replace(told(completed=1), snapshots=Yes(counted))
    made = draft(world)
    assert bool(doubtful(made, known)) is is_asked
    assert suspected(made, known) == ({SNAPSHOT_GROUP} if is_asked else set())
