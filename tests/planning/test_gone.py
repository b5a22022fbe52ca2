"""Disks that Azure no longer has: what is asked, what is told, and when `whenGone` acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    NOW,
    D,
    S,
    addresses,
    codes,
    disk,
    disk_id,
    estate,
    group,
    instance,
    manifest,
    plan,
    policy,
    rule,
    selector,
    settled,
    steps,
    there,
)

from reconciler.model.estate import Estate
from reconciler.model.findings import Severity
from reconciler.model.ids import group_id
from reconciler.model.known import Yes
from reconciler.model.manifest import DiskRule, Manifest, PolicyContent
from reconciler.model.plan import Plan
from reconciler.model.resources import RecoveryPoint
from reconciler.model.selectors import Exclusion

DAY = timedelta(days=1)


def points(*ages: timedelta) -> tuple[RecoveryPoint, ...]:
    """Recovery points of these ages, newest first, each kept for a week."""
    taken = [NOW - age for age in ages]
    return tuple(RecoveryPoint(disk_id(f"p{at}"), at, expires=at + 7 * DAY) for at in taken)


OLD = points(8 * DAY, 9 * DAY)


def selecting(**said: Any) -> DiskRule:
    where = {"subscriptions": (D,), "tags": {"backup": ("gold",)}, **said.pop("select", {})}
    return rule(select=selector(**where), **said)


def world(*more: Any, state: str = "ProtectionConfigured") -> Estate:
    """The walkthrough's with nine more disks, and an instance of `x`, which is gone."""
    names = [f"d{number}" for number in range(9)]
    return estate(*settled("d", *names), instance("x", state=state), *more)


def wanting(*rules: DiskRule) -> Manifest:
    named = rule(disk_id(), *(disk_id(f"d{number}") for number in range(9)))
    return manifest(named, *rules)


def asked(at: Estate) -> list[str]:
    """The names of what was asked for by id."""
    return sorted(question.subject.name for question in at.answers if question.kind == "exists")


def planned(*rules: DiskRule, told: tuple[RecoveryPoint, ...] = OLD, at: Estate | None = None, **said: Any) -> Plan:
    return plan(wanting(*rules), at or world(), {"kept-points": Yes(told)}, **said)


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ((), "it has no known recovery point"),
        (points(DAY), "its only recovery point, of 2026-05-03 12:00 UTC, is kept"),
        (points(DAY, 3 * DAY), "of its 2 recovery points the second newest expires at 2026-05-08 12:00 UTC"),
        ((*points(DAY), replace(points(2 * DAY)[0], expires=None)), "expires at an unknown time"),
    ],
)
def test_a_disk_that_is_gone_is_told_with_what_is_left_of_its_backups(
    told: tuple[RecoveryPoint, ...], says: str
) -> None:
    (finding,) = planned(selecting(), told=told).findings[:1]
    assert (finding.code, finding.severity, finding.drift) == ("disk-gone", Severity.WARNING, "gone")
    assert says in finding.message


def test_the_finding_says_from_when_on_when_gone_acts() -> None:
    (finding,) = planned(selecting(when_gone="retain"), told=points(DAY)).findings[:1]
    assert "`whenGone: retain` acts from 2026-05-10 12:00 UTC on" in finding.message


def test_a_mass_of_disks_is_read_in_part_and_told_whole() -> None:
    left = [instance(f"x{number:03}") for number in range(300)]
    at = estate(*settled(), *left)
    made = plan(manifest(rule(disk_id()), selecting(when_gone="retain")), at, {"kept-points": Yes(OLD)})
    assert codes(made).count("disk-gone") + len(addresses(made)) == 300
    assert len(asked(at)) == 100
    assert [gate.name for gate in made.closed_gates] == ["mass-gone"]


def test_what_was_not_read_of_a_mass_is_not_believed_once_the_list_is_contradicted() -> None:
    left = [instance(f"x{number:03}") for number in range(120)]
    answers = {("exists", disk_id("x050")): there(disk("x050"))}
    made = plan(manifest(rule(disk_id()), selecting()), estate(*settled(), *left), answers)
    assert codes(made).count("list-incomplete") == 21
    assert codes(made).count("disk-gone") == 99


def test_all_of_a_mass_is_read_that_is_acted_upon() -> None:
    left = [instance(f"x{number:03}") for number in range(120)]
    at = estate(*settled(), *left)
    desire = manifest(rule(disk_id()), selecting(when_gone="retain"))
    made = plan(desire, at, {"kept-points": Yes(OLD)}, force=frozenset({"mass-gone"}))
    assert (len(addresses(made)), len(asked(at)), made.closed_gates) == (120, 120, ())


def test_many_disks_of_a_subscription_that_nothing_else_is_read_in_are_listed_first() -> None:
    far = [disk_id(f"x{number}", subscription=S) for number in range(8)]
    at = estate(*settled(), *map(instance, far), group(group_id(S, "snaprg")))
    listed = frozenset(one.key for one in far[:6])
    made = plan(manifest(), at, {"disks": Yes(listed)})
    assert (codes(made).count("orphan"), codes(made).count("disk-gone")) == (6, 2)
    assert asked(at) == ["x6", "x7"]


def test_many_disks_that_are_named_and_gone_are_read_in_part() -> None:
    ids = [disk_id(f"x{number:03}") for number in range(150)]
    at = estate(*settled())
    made = plan(manifest(rule(disk_id(), *ids)), at)
    assert (codes(made), len(asked(at))) == (["disk-gone"] * 150, 100)
    assert {one.severity for one in made.findings} == {Severity.ERROR}


# --- when it acts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "hours", "acts"),
    [
        (timedelta(days=7), 168, True),
        (timedelta(days=7) - timedelta(seconds=1), 168, False),
        (timedelta(hours=6), 1, True),
        (timedelta(hours=5, minutes=59), 1, False),
        (timedelta(days=-1), 1, False),
    ],
)
def test_when_gone_waits_for_the_newest_point_and_at_least_for_the_next_one(
    age: timedelta, hours: int, acts: bool
) -> None:
    made = planned(selecting(when_gone="retain", gone_after_hours=hours), told=points(age, 20 * DAY))
    assert bool(addresses(made)) is acts


@pytest.mark.parametrize(("hours", "acts"), [(25, False), (26, True)])
@pytest.mark.parametrize("name", ["daily", "strange"])
def test_a_daily_schedule_is_waited_for_and_so_is_one_that_cannot_be_told(name: str, hours: int, acts: bool) -> None:
    body = None if name == "daily" else {"datasourceTypes": ["Microsoft.Compute/disks"], "policyRules": []}
    followed = policy(PolicyContent(24, 0, "UTC", 7), name, body=body)
    at = world(followed)
    at.instances[instance("x").id.key].policy = followed.id
    entry = selecting(when_gone="retain", gone_after_hours=1)
    assert bool(addresses(planned(entry, told=points(timedelta(hours=hours)), at=at))) is acts


@pytest.mark.parametrize(
    ("when_gone", "state", "writes"),
    [
        ("retain", "ProtectionConfigured", ["instance.stop"]),
        ("retain", "ProtectionError", ["instance.stop"]),
        ("retain", "BackupsSuspended", ["instance.stop"]),
        ("expire", "ProtectionConfigured", ["instance.suspend"]),
        ("expire", "BackupsSuspended", []),
        ("expire", "ProtectionStopped", []),
        ("retain", "ProtectionStopped", []),
        ("retain", "UpdatingProtection", []),
        ("report", "ProtectionConfigured", []),
    ],
)
def test_when_gone_stops_or_suspends_what_is_not_so_yet(when_gone: str, state: str, writes: list[str]) -> None:
    made = planned(selecting(when_gone=when_gone), at=world(state=state))
    assert [step for address in addresses(made) for step in steps(made, address)] == writes


@pytest.mark.parametrize(
    ("rules", "acts"),
    [
        ([selecting(when_gone="retain"), selecting(when_gone="retain")], True),
        ([selecting(when_gone="retain"), selecting()], False),
        ([selecting(when_gone="retain"), selecting(when_gone="expire")], False),
        ([selecting(when_gone="retain"), selecting(select={"names": ("y*",)})], True),
        ([selecting(when_gone="retain"), selecting(select={"resource_groups": ("other",)})], True),
        ([selecting(when_gone="retain"), selecting(select={"subscriptions": (S,)})], True),
        ([selecting(when_gone="retain"), selecting(select={"locations": ("eastus",)})], False),
        (
            [
                selecting(when_gone="retain"),
                selecting(exclude=(Exclusion(selector(names=("x",)), "rebuilt nightly"),)),
            ],
            True,
        ),
        (
            [
                selecting(when_gone="retain"),
                selecting(exclude=(Exclusion(selector(names=("x",), tags={"a": ("b",)}), "rebuilt"),)),
            ],
            False,
        ),
        ([selecting(when_gone="retain", select={"names": ("y*",)})], False),
        ([selecting(when_gone="retain"), rule(disk_id("x"))], False),
        ([selecting(), rule(disk_id("x"), when_gone="retain")], True),
    ],
)
def test_all_entries_that_could_have_taken_the_disk_have_a_say(rules: list[DiskRule], acts: bool) -> None:
    assert bool(addresses(planned(*rules))) is acts


@pytest.mark.parametrize("owner", [None, "somebody"])
def test_what_is_not_ours_is_left_alone(owner: str | None) -> None:
    at = world()
    at.instances[instance("x").id.key] = instance("x", owner=owner)
    made = planned(selecting(when_gone="retain"), at=at)
    assert (addresses(made), "disk-gone" in codes(made)) == ([], owner is None)


def test_nothing_is_done_while_the_manifest_hands_over() -> None:
    desire = replace(wanting(selecting(when_gone="retain")), hands_over_to=("heirs",))
    made = plan(desire, world(), {"kept-points": Yes(OLD)})
    assert (addresses(made), codes(made)[0]) == ([], "disk-gone")


@pytest.mark.parametrize(
    ("left", "others", "name"),
    [(4, 10, ""), (5, 45, ""), (5, 44, "mass-gone")],
)
def test_more_than_a_tenth_and_at_least_five_of_a_vault_need_a_word(left: int, others: int, name: str) -> None:
    kept = [disk_id(f"d{number}") for number in range(others)]
    gone = [instance(f"x{number}") for number in range(left)]
    done = [instance(f"y{number}", state="ProtectionStopped") for number in range(9)]
    desire = manifest(rule(*kept), selecting(when_gone="retain"))
    made = plan(desire, estate(*settled(*kept), *gone, *done), {"kept-points": Yes(OLD)})
    assert len(addresses(made)) == left
    assert [gate.name for gate in made.closed_gates] == [name] * bool(name)


def test_the_word_for_many_that_are_gone_is_enough() -> None:
    """Six of ten stops would close the gate of mass changes, too, which asks the same question once more."""
    gone = [instance(f"x{number}") for number in range(6)]
    at = estate(*settled("d", "e", "f", "g"), *gone)
    desire = manifest(rule(*(disk_id(name) for name in "defg")), selecting(when_gone="retain"))
    made = plan(desire, at, {"kept-points": Yes(OLD)}, force=frozenset({"mass-gone"}))
    assert (len(addresses(made)), made.closed_gates) == (6, ())
