"""What `removed` takes out, by which entry; what a hold forbids; and when recovery points may be deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from plan_builders import (
    CONTRIBUTOR,
    GONE,
    NOW,
    UNSURE,
    D,
    at,
    bare,
    change,
    codes,
    deleted,
    disk,
    disk_id,
    errors,
    estate,
    group_id,
    instance,
    manifest,
    place,
    plan,
    role,
    role_at,
    rule,
    selector,
    settled,
    steps,
    vault,
)

from reconciler.model.changes import Action
from reconciler.model.estate import KEPT_POINTS, OWN_SNAPSHOTS
from reconciler.model.known import Yes
from reconciler.model.manifest import Excluded, Removed
from reconciler.model.plan import Plan
from reconciler.model.resources import RecoveryPoint
from reconciler.model.selectors import Confirmation, Exclusion
from reconciler.model.shard import Shard

TODAY = NOW.date()
NAMES = ("a", "b")
LEGACY = {"tags": {"app": "legacy"}}


def entry(*names: str, line: int = 80, **said: Any) -> Removed:
    """Names these disks in a list, or selects."""
    data, reason = said.pop("data", "delete"), said.pop("reason", "ticket 1")
    ids = tuple((disk_id(name), place(line)) for name in names)
    confirm = said.pop("confirm", None)
    return Removed(place(line), None, data, reason, ids, confirm=Confirmation(*confirm) if confirm else None, **said)


def selecting(line: int = 81, exclude: Any = (), **said: Any) -> Removed:
    keys = {key: said.pop(key) for key in ("tags", "names", "resource_groups", "attached_tags") if key in said}
    return entry(
        line=line,
        select=selector(subscriptions=(D,), **keys),
        exclude=tuple(Exclusion(one, "no") for one in exclude),
        **said,
    )


def points(count: int) -> Yes[tuple[RecoveryPoint, ...]]:
    return Yes(tuple(RecoveryPoint(disk_id(f"p{day}"), NOW - timedelta(days=day)) for day in range(count)))


def world(*things: Any, state: str = "ProtectionStopped", clock: Any = NOW, **said: Any) -> Any:
    """The settled world and two disks with the tag `app: legacy`, each with three recovery points."""
    rows = {one.id.key: one for one in settled()}
    for name in NAMES:
        for one in (disk(name, size_gb=64, **LEGACY), instance(name, state=state)):
            rows[one.id.key] = one
    rows |= {one.id.key: one for one in things}
    return estate(*rows.values(), clock=clock, **said)


def made(*entries: Removed, of: Any = None, told: Any = None, **said: Any) -> Plan:
    return plan(manifest(removed=entries), of or world(), {KEPT_POINTS.word: told or points(3)}, **said)


def lost(found: Plan) -> list[str]:
    return [one.address for one in found.changes if one.action is Action.DESTROY]


def message(found: Plan, code: str) -> str:
    (one,) = (one for one in found.findings if one.code == code)
    return f"{one.message} | {one.hint}"


BOTH = [at("a"), at("b")]
FITS = {"confirm": (2, 6)}
PAST, AHEAD = date(2026, 5, 1), date(2026, 5, 20)


# --- which disks ------------------------------------------------------------------------------------------------------


def test_a_list_means_the_same_as_an_entry_for_each_disk() -> None:
    """Without a day, a confirmation or a selector it is deleted with the key alone, protected or not."""
    single = [Removed(place(80), disk_id(name), "delete", "ticket 1") for name in NAMES]
    for state in ("ProtectionConfigured", "ProtectionStopped"):
        for entries in ([entry(*NAMES)], single):
            assert lost(made(*entries, of=world(state=state), allow_delete=2)) == BOTH
            assert codes(made(*entries, of=world(state=state))).count("deletion-due") == 2


def test_a_selector_takes_disks_out_although_another_selector_protects_them() -> None:
    everything = rule(select=selector(subscriptions=(D,)))
    found = plan(
        manifest(everything, removed=(selecting(**LEGACY, data="retain"),)), world(state="ProtectionConfigured")
    )
    assert [steps(found, own) for own in BOTH] == [["instance.stop"]] * 2
    assert not [one for one in found.changes if one.address == at("d")]


@pytest.mark.parametrize("kept", ["named", "excluded", "unmarked", "left out"])
def test_a_selector_of_removed_leaves_alone(kept: str) -> None:
    one, said, of = selecting(**LEGACY, data="retain"), {}, world(state="ProtectionConfigured")
    rules = [rule(disk_id())]
    if kept == "named":
        rules = [rule(disk_id(), disk_id("a"))]
    elif kept == "excluded":
        said = {"excluded": (Excluded(place(90), disk_id("a"), "cache"),)}
    elif kept == "unmarked":
        of = world(instance("a", owner=None), state="ProtectionConfigured")
    else:
        one = selecting(**LEGACY, data="retain", exclude=[selector(names=("a",))])
    found = plan(manifest(*rules, removed=(one,), **said), of)
    assert [row.address for row in found.changes if row.weight == "stops"] == [at("b")]


def test_of_two_selectors_one_that_keeps_wins_and_two_that_delete_refuse() -> None:
    by_tag, by_name = selecting(**LEGACY, **FITS), selecting(82, names=("a",), data="retain")
    assert lost(made(by_tag, by_name, allow_delete=0)) == []
    both = made(by_tag, replace(by_name, data="delete", confirm=Confirmation(1, 3)), allow_delete=0)
    assert (lost(both), errors(both)) == ([], ["claimed-twice", "confirm-differs"])
    named = made(by_tag, entry("a", data="retain"))
    assert "claimed-twice" not in codes(named)


def test_a_disk_that_is_gone_is_taken_by_a_selector_that_needs_only_its_id() -> None:
    gone = world()
    del gone.disks[disk_id("a").key]
    assert lost(made(selecting(names=("a", "b"), **FITS), of=gone, allow_delete=2)) == BOTH
    unsure = made(selecting(**LEGACY, **FITS), of=gone, allow_delete=0)
    assert (lost(unsure), errors(unsure)) == ([], ["confirm-differs"])
    assert "1 disk that Azure no longer has" in message(unsure, "removal-unclear")


# --- holds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "held",
    [
        (entry(*NAMES, hold="case 12"),),
        (entry(*NAMES, hold="case 12", **FITS),),
        (entry(*NAMES, hold="case 12", after=PAST, **FITS),),
        (entry(*NAMES), selecting(**LEGACY, hold="case 12", data="retain")),
        (entry(*NAMES, after=PAST, **FITS), selecting(**LEGACY, hold="case 12")),
        (selecting(**LEGACY, **FITS), selecting(82, names=("*",), hold="case 12", data="retain")),
        (
            *(
                Removed(place(70 + number), disk_id(name), "delete", "t", hold="case 12")
                for number, name in enumerate(NAMES)
            ),
        ),
    ],
)
@pytest.mark.parametrize("key", [None, 0])
def test_a_hold_forbids_deletion_whatever_else_is_said(held: tuple[Removed, ...], key: int | None) -> None:
    found = made(*held, allow_delete=key)
    assert (lost(found), found.gates) == ([], ())
    assert set(codes(found)) & {"deletion-held", "retained"}
    assert [one.code for one in found.findings if one.drift] == []
    running = made(*held, of=world(state="ProtectionConfigured"))
    assert [steps(running, own) for own in BOTH] == [["instance.stop"]] * 2


def test_a_hold_by_a_selector_counts_for_a_disk_that_is_gone_if_it_may_have_matched() -> None:
    gone = world()
    del gone.disks[disk_id("a").key]
    found = made(entry(*NAMES), selecting(**LEGACY, hold="case 12"), of=gone)
    assert lost(found) == []
    assert any("the disk no longer exists, so it may not be meant" in one.message for one in found.findings)
    other = made(
        entry(*NAMES), selecting(names=("c*",), tags={"app": ("legacy",)}, hold="case 12"), of=gone, allow_delete=2
    )
    assert lost(other) == BOTH


def test_what_is_on_hold_and_was_deleted_comes_back() -> None:
    rows = {one.id.key: one for one in (*settled(), disk("a"), deleted("a"))}
    for said in ({"hold": "case 12"}, {"after": AHEAD}, {"data": "retain"}):
        found = made(entry("a", **said), of=estate(*rows.values(), clock=NOW))
        assert steps(found, at("a")) == ["instance.undelete"], said
    for said in ({"after": PAST}, {}, {"after": AHEAD, "clock": None}):
        clock = said.pop("clock", NOW)
        found = made(entry("a", **said), of=estate(*rows.values(), clock=clock))
        assert not [one for one in found.changes if one.address == at("a")]


def test_the_deletion_of_what_is_on_hold_is_told_at_once() -> None:
    going = world(*(instance(name, state="SoftDeleting") for name in NAMES))
    assert codes(made(entry(*NAMES, hold="case 12"), of=going)).count("instance-deleting") == 2
    assert "instance-deleting" not in codes(made(entry(*NAMES, after=PAST, **FITS), of=going))


# --- the day ----------------------------------------------------------------------------------------------------------


def test_before_the_day_protection_stops_and_nothing_is_deleted() -> None:
    for after in (AHEAD, date(2027, 1, 31)):
        running = made(entry(*NAMES, after=after), of=world(state="ProtectionConfigured"))
        assert [steps(running, own) for own in BOTH] == [["instance.stop"]] * 2
        stopped = made(entry(*NAMES, after=after))
        assert (stopped.changes, stopped.errors, stopped.gates) == ((), (), ())
        assert [one.code for one in stopped.findings if one.drift] == []


@pytest.mark.parametrize(("days", "told"), [(31, False), (30, True), (1, True), (0, False)])
def test_a_deletion_is_announced_thirty_days_ahead(days: int, told: bool) -> None:
    found = made(entry(*NAMES, after=TODAY + timedelta(days=days)))
    assert ("deletion-ahead" in codes(found)) is told
    if told:
        assert "2 backup instances with 6 recovery points from 2026-05-02 to 2026-05-04" in message(
            found, "deletion-ahead"
        )
        assert "(disks of 128 GiB in total)" in message(found, "deletion-ahead")


@pytest.mark.parametrize(("after", "told"), [(TODAY, False), (TODAY + timedelta(days=1), True)])
def test_what_is_kept_names_the_first_day_of_deletions_only_before_it(after: date, told: bool) -> None:
    found = made(entry(*NAMES, after=after))
    kept = [one.message for one in found.findings if one.code == "retained"]
    assert [f"none is deleted before {after}" in one for one in kept] == [told, told]


def test_recovery_points_of_one_day_are_announced_with_that_day() -> None:
    found = made(entry(*NAMES, after=TODAY + timedelta(days=1)), told=points(1))
    assert f"2 recovery points of {TODAY} (disks of" in message(found, "deletion-ahead")


def test_a_confirmation_before_the_day_is_refused() -> None:
    found = made(entry(*NAMES, after=TODAY + timedelta(days=1), **FITS), allow_delete=0)
    assert (errors(found), lost(found)) == (["confirm-early"], [])


def test_it_is_azures_day_that_counts() -> None:
    late = replace_clock(NOW + timedelta(days=1))
    assert "deletion-unconfirmed" in codes(made(entry(*NAMES, after=TODAY + timedelta(days=1)), of=late))
    early = replace_clock(NOW - timedelta(days=1))
    assert errors(made(entry(*NAMES, after=TODAY, **FITS), of=early, allow_delete=0)) == ["confirm-early"]


def replace_clock(clock: Any) -> Any:
    return world(clock=clock)


def test_a_day_that_nobody_knows_has_not_come() -> None:
    found = made(entry(*NAMES, after=PAST, **FITS), of=world(clock=None), allow_delete=0)
    assert (errors(found), lost(found)) == (["not-known"], [])


def test_from_the_day_on_nothing_is_deleted_without_a_confirmation() -> None:
    found = made(entry(*NAMES, after=PAST), allow_delete=0)
    assert lost(found) == []
    assert "2 backup instances with 6 recovery points" in message(found, "deletion-unconfirmed")
    assert "`confirm: {instances: 2, points: 6}`" in message(found, "deletion-unconfirmed")
    assert [one.drift for one in found.findings if one.code == "deletion-unconfirmed"] == ["not-yet-applied"]


def test_what_still_takes_backups_is_stopped_first() -> None:
    one = world(instance("a", state="ProtectionConfigured"))
    for said in ({"after": PAST}, {}):
        found = made(entry(*NAMES, **FITS, **said), of=one, allow_delete=0)
        assert (lost(found), steps(found, at("a"))) == ([], ["instance.stop"])


# --- the numbers ------------------------------------------------------------------------------------------------------


def test_what_was_confirmed_is_deleted_with_the_key_alone() -> None:
    for confirmed in (entry(*NAMES, after=PAST, **FITS), entry(*NAMES, **FITS), selecting(**LEGACY, **FITS)):
        due = made(confirmed)
        assert (lost(due), codes(due).count("deletion-due"), errors(due)) == ([], 2, [])
        found = made(confirmed, allow_delete=2)
        assert (lost(found), errors(found)) == (BOTH, [])
        (told,) = change(found, at("a")).detail
        assert "3 recovery points" in told
        assert "(of a disk of 64 GiB)" in told
        assert "until 2026-05-18 if it is deleted today" in told


def test_a_selector_never_deletes_without_a_confirmation() -> None:
    found = made(selecting(**LEGACY), allow_delete=0)
    assert (lost(found), "deletion-unconfirmed" in codes(found)) == ([], True)


@pytest.mark.parametrize("numbers", [(1, 6), (3, 6), (2, 5), (2, 7), (3, 9)])
def test_other_numbers_delete_nothing_and_both_are_told(numbers: tuple[int, int]) -> None:
    found = made(entry(*NAMES, after=PAST, confirm=numbers), allow_delete=0)
    assert (lost(found), errors(found)) == ([], ["confirm-differs"])
    told = message(found, "confirm-differs")
    assert f"{numbers[0]} backup instance" in told
    assert f"with {numbers[1]} recovery points, but Azure has 2 backup instances with 6 recovery points" in told


def test_points_that_cannot_be_counted_delete_nothing() -> None:
    found = made(entry(*NAMES, after=PAST, **FITS), told=UNSURE, allow_delete=0)
    assert (lost(found), errors(found)) == ([], ["confirm-uncounted"])
    assert "could not count" in message(found, "confirm-uncounted")
    unconfirmed = made(entry(*NAMES, after=PAST), told=UNSURE)
    assert "could not count" in message(unconfirmed, "deletion-unconfirmed")


def test_a_shard_cannot_count() -> None:
    found = made(entry(*NAMES, after=PAST, **FITS), shard=Shard.parse("1/2"))
    assert lost(found) == []
    assert set(errors(found)) <= {"confirm-uncounted"}


def test_a_deletion_that_was_cut_short_goes_on() -> None:
    """The recovery points of what is soft-deleted can't be counted any more."""

    def half() -> Any:
        rows = world()
        del rows.instances[instance("a").id.key]
        rows.deleted_instances[deleted("a").id.key] = deleted("a")
        return rows

    going = entry(*NAMES, after=PAST, **FITS)
    assert lost(made(going, of=half(), allow_delete=1)) == [at("b")]
    assert errors(made(going, of=half(), told=points(7), allow_delete=0)) == ["confirm-differs"]
    other = made(entry(*NAMES, after=PAST, confirm=(3, 6)), of=half(), allow_delete=0)
    assert "1 backup instance with 3 recovery points, and 1 deleted before" in message(other, "confirm-differs")


def test_what_was_deleted_for_good_needs_new_numbers() -> None:
    rows = world(vault(soft_delete_state="Off"))
    del rows.instances[instance("a").id.key]
    going = entry(*NAMES, after=PAST, **FITS)
    assert errors(made(going, of=rows, allow_delete=0)) == ["confirm-differs"]
    renewed = replace(going, confirm=Confirmation(1, 3))
    assert lost(made(renewed, of=rows, allow_delete=1, accept_irreversible=True)) == [at("b")]


def test_a_decommissioning_that_is_done_is_quiet() -> None:
    rows = world()
    for name in NAMES:
        del rows.instances[instance(name).id.key]
        rows.deleted_instances[deleted(name).id.key] = deleted(name)
    found = made(entry(*NAMES, after=PAST, **FITS), of=rows)
    assert (found.changes, found.errors, found.gates) == ((), (), ())
    assert [one.code for one in found.findings if one.drift] == []


def test_another_look_of_the_same_run_lets_less_pass_and_never_more() -> None:
    rows = world()
    del rows.instances[instance("a").id.key]
    going = entry(*NAMES, after=PAST, **FITS)
    assert lost(made(going, of=rows, allow_delete=2, is_again=True)) == [at("b")]
    more = made(going, of=world(), told=points(4), allow_delete=2, is_again=True)
    assert (lost(more), errors(more)) == ([], ["confirm-differs"])


@pytest.mark.parametrize(("told", "stays"), [(Yes((NOW,)), True), (UNSURE, True), (Yes(()), False), (GONE, False)])
def test_a_grant_stays_until_the_snapshots_are_gone(told: Any, stays: bool) -> None:
    """The backup instance itself is purged already."""
    old = group_id(D, "oldsnaps")
    rows = world(role(old, CONTRIBUTOR))
    for name in NAMES:
        del rows.instances[instance(name).id.key]
    found = plan(manifest(removed=(entry(*NAMES, after=PAST, **FITS),)), rows, {OWN_SNAPSHOTS.word: told})
    assert (role_at(old, CONTRIBUTOR) not in lost(found)) is stays


def test_nothing_else_is_needed_to_take_disks_out() -> None:
    found = plan(bare(removed=(entry(*NAMES, data="retain"),)), world(state="ProtectionConfigured"))
    assert [steps(found, own) for own in BOTH] == [["instance.stop"]] * 2
