"""Whether drills have proved that restoring works, and how long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from plan_builders import NOW, codes, disk_id, estate, instance, manifest, place, plan, rule, selector, settled, without

from reconciler.base.durations import age, stamp
from reconciler.model.findings import Severity
from reconciler.model.manifest import DrillSpec
from reconciler.model.resources import Instance
from reconciler.model.selectors import Exclusion
from reconciler.planning.proofs import proven_at


def drill(**said: Any) -> DrillSpec:
    return DrillSpec(place(70), "monthly", "drillrg", **{"max_age_hours": 30 * 24, **said})


def told(*proofs: str | None, failed: str = "", **said: Any) -> list[tuple[str, str]]:
    """What a plan says of the drill when disks `a`, `b`, … bear these proofs, and `a` also tells of a failure."""
    names = [chr(ord("a") + number) for number in range(len(proofs))]
    world = without(settled(*names), Instance)
    for name, proof in zip(names, proofs, strict=True):
        tags = {"reconciler-owner": "team"} | ({"Reconciler-Proven": proof} if proof else {})
        tags |= {"reconciler-drill-failed": failed} if failed and name == "a" else {}
        world.append(instance(name, tags=tags))
    made = plan(manifest(rule(*map(disk_id, names)), drills=(drill(**said),)), estate(*world))
    assert not made.changes
    return [(row.code, row.message) for row in made.findings if row.address == "drill/monthly"]


def ago(**length: float) -> str:
    return stamp(NOW - timedelta(**length))


def test_the_newest_success_counts() -> None:
    assert told(ago(days=12), ago(days=80), None) == []
    assert told(ago(days=30)) == [], "the age that is allowed is allowed"
    assert told(ago(days=31), ago(days=80)) == [
        ("drill-late", "the drill last proved a restore 31 days ago; `maxAge` allows 30 days")
    ]


def test_never_is_told_apart_from_late() -> None:
    assert told(None, None) == [("never-proven", "the drill has never restored a disk; it has 2 disks to choose from")]
    assert told("yesterday") == told(None), "what nobody can read proves nothing"


def test_only_disks_that_the_drill_selects_count() -> None:
    only_b = {"select": selector(names=("b",))}
    assert told(ago(days=1), None, **only_b)[0][0] == "never-proven"
    without_a = {"exclude": (Exclusion(selector(names=("a",)), "cache"),)}
    assert told(ago(days=1), None, **without_a)[0][0] == "never-proven"
    assert told(ago(days=1), select=selector(names=("z",))) == [
        ("never-proven", "the drill matches no disk, so it proves nothing")
    ]


def test_any_age_will_do_when_none_is_said() -> None:
    assert told(None, max_age_hours=None) == []


def test_it_counts_as_unhealthy_drift_and_is_no_error() -> None:
    made = plan(manifest(drills=(drill(),)), estate(*settled()))
    assert codes(made) == ["never-proven"]
    (finding,) = made.findings
    assert (finding.drift, finding.severity, finding.place) == ("unhealthy", Severity.WARNING, place(70))


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=59), "0 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=12, hours=23), "12 days"),
    ],
)
def test_ages_for_people(length: timedelta, text: str) -> None:
    assert age(length) == text


def test_a_proof_is_read_as_it_is_written() -> None:
    assert proven_at({"reconciler-proven": stamp(NOW)}, NOW) == NOW
    assert proven_at({}, NOW) is None
    assert proven_at({"reconciler-proven": "2026-05-04T12:00:00"}, NOW) == NOW, "UTC unless said"


@pytest.mark.parametrize(
    "text",
    [
        stamp(NOW + timedelta(hours=1)),
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "soon",
        "2026-13-45",
        "",
    ],
)
def test_a_proof_that_cannot_be_proves_nothing(text: str) -> None:
    assert proven_at({"reconciler-proven": text}, NOW) is None
    assert told(text) == told(None)


def test_clocks_may_be_a_little_apart() -> None:
    assert proven_at({"reconciler-proven": stamp(NOW + timedelta(minutes=2))}, NOW)


def test_where_every_run_takes_every_disk_each_has_to_be_proven() -> None:
    assert told(ago(days=1), ago(days=29), sample=2) == []
    assert told(ago(days=1), ago(days=31), sample=2) == [
        ("drill-late", "the drill last restored b more than 30 days ago")
    ]
    assert told(ago(days=1), None, sample=3) == [("never-proven", "the drill has never restored b")]


def test_where_a_run_takes_a_part_of_the_disks_each_waits_for_its_turn() -> None:
    assert told(ago(days=1), ago(days=31), ago(days=61)) == []
    assert told(ago(days=1), ago(days=31), ago(days=91)) == [
        ("drill-late", "the drill last restored c more than 90 days ago")
    ]
    assert told(ago(days=1), ago(days=31), None) == [], "its turn may not have come yet"


FAILED = ("drill-failed", "the drill found that a can't be restored correctly, last on 2026-05-03 12:00 UTC")


def test_a_failed_drill_is_no_proof_and_undoes_an_earlier_one() -> None:
    assert told(ago(days=2), failed=ago(days=1)) == [FAILED]
    assert told(None, failed=ago(days=1)) == [FAILED]
    assert told(ago(days=1), failed=ago(days=1)) == [FAILED], "at the same time the failure counts"
    assert told(ago(hours=1), failed=ago(days=1)) == [], "it has been restored since"
    assert told(ago(days=2), failed=ago(days=1), max_age_hours=None) == [FAILED], "however old a proof may be"
    assert told(ago(days=2), ago(days=1), failed=ago(days=1), sample=2) == [FAILED], "the other disk is proven"
    assert told(None, ago(days=31), failed=ago(days=1))[1][0] == "drill-late"


@pytest.mark.parametrize("text", ["soon", stamp(NOW + timedelta(hours=1)), "0001-01-01T00:00:00Z"])
def test_a_failure_of_a_time_that_cannot_be_is_none(text: str) -> None:
    assert told(ago(days=2), failed=text) == []


@pytest.mark.parametrize(
    ("percent", "disks", "size"),
    [(5, 100, 5), (5, 101, 6), (1, 1, 1), (1, 0, 1), (100, 7, 7), (50, 3, 2), (None, 100, 1)],
)
def test_a_percentage_is_rounded_up(percent: int | None, disks: int, size: int) -> None:
    assert drill(percent=percent).size(disks) == size


def test_with_a_percentage_each_disk_waits_for_its_turn() -> None:
    assert told(ago(days=1), ago(days=31), ago(days=59), percent=50) == [], "two of three disks a run: two runs"
    assert told(ago(days=1), ago(days=31), ago(days=61), percent=50)[0][0] == "drill-late"
