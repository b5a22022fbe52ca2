"""What `removed` leaves alone: what is on hold, of others, not read, or told by nobody; and what a stop or a deletion needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from plan_builders import (
    NOW,
    UNSURE,
    D,
    S,
    addresses,
    at,
    closed,
    codes,
    deleted,
    disk,
    disk_id,
    errors,
    estate,
    instance,
    manifest,
    place,
    plan,
    rule,
    selector,
    settled,
    steps,
    vault,
)

from reconciler.model.changes import Action
from reconciler.model.codes import disks as disk_codes
from reconciler.model.estate import KEPT_POINTS
from reconciler.model.ids import ArmId, vault_id
from reconciler.model.known import Yes
from reconciler.model.manifest import Removed
from reconciler.model.plan import Plan
from reconciler.model.resources import RecoveryPoint
from reconciler.model.selectors import Confirmation
from reconciler.model.shard import Shard

NAMES = ("a", "b")
STOPPED = {"state": "ProtectionStopped"}
POINTS = Yes(tuple(RecoveryPoint(disk_id(f"p{day}"), NOW - timedelta(days=day)) for day in range(3)))
MACHINE = ArmId(f"/subscriptions/{D}/resourceGroups/diskrg/providers/Microsoft.Compute/virtualMachines/sql")
OTHER = vault_id(S, "vaultrg", "W")
SHARDS = ("1/2", "2/2")


def entry(*names: str, line: int = 80, **said: Any) -> Removed:
    """Deletes these disks, or selects."""
    confirm = said.pop("confirm", None)
    ids = tuple((disk_id(name), place(line)) for name in names)
    more = Confirmation(*confirm) if confirm else None
    return Removed(place(line), None, said.pop("data", "delete"), "ticket 1", ids, confirm=more, **said)


def world(*things: Any, **said: Any) -> Any:
    """The settled world, and two disks with a stopped instance each."""
    rows = {one.id.key: one for one in (*settled(), *map(disk, NAMES))}
    rows |= {one.id.key: one for one in (instance(name, **{**STOPPED, **said}) for name in NAMES)}
    rows |= {one.id.key: one for one in things}
    return estate(*rows.values(), clock=NOW)


def made(*entries: Removed, of: Any = None, answers: Any = None, **said: Any) -> Plan:
    return plan(manifest(removed=entries), of or world(), {KEPT_POINTS.word: POINTS, **(answers or {})}, **said)


def lost(found: Plan) -> list[str]:
    return [one.address for one in found.changes if one.action is Action.DESTROY]


HELD = entry(line=81, select=selector(subscriptions=(D,), names=("a",)), hold="case 12", data="retain")


def test_a_hold_keeps_one_disk_of_an_entry_and_not_the_others() -> None:
    found = made(entry(*NAMES), HELD, allow_delete=1)
    assert (lost(found), "deletion-held" in codes(found)) == ([at("b")], True)


def test_what_is_on_hold_is_not_among_what_is_confirmed() -> None:
    assert lost(made(entry(*NAMES, confirm=(1, 3)), HELD, allow_delete=1)) == [at("b")]
    found = made(entry(*NAMES, confirm=(2, 6)), HELD, allow_delete=0)
    assert (lost(found), errors(found)) == ([], ["confirm-differs"])


def test_what_another_manifest_owns_is_neither_deleted_nor_counted() -> None:
    rows = world(instance("a", owner="other", **STOPPED))
    found = made(entry(*NAMES), of=rows, allow_delete=1)
    assert (lost(found), errors(found)) == ([at("b")], ["managed-elsewhere"])
    assert lost(made(entry(*NAMES, confirm=(1, 3)), of=rows, allow_delete=1)) == [at("b")]


def test_a_disk_whose_machine_cannot_be_read_may_be_on_hold() -> None:
    held = entry(line=81, select=selector(subscriptions=(D,), attached_tags={"role": ("db",)}), hold="case 12")
    rows = world(disk("a", managed_by=MACHINE))
    found = made(entry(*NAMES), held, of=rows, answers={("exists", MACHINE): UNSURE}, allow_delete=1)
    assert (lost(found), "not-known" in errors(found)) == ([at("b")], True)


@pytest.mark.parametrize("shard", SHARDS)
def test_no_shard_deletes_what_only_all_of_them_can_count(shard: str) -> None:
    for key in (0, 2):
        found = made(entry(*NAMES, confirm=(2, 6)), shard=Shard.parse(shard), allow_delete=key)
        assert lost(found) == []


def test_an_instance_that_both_lists_show_counts_once() -> None:
    rows = world(deleted("a"))
    found = made(entry(*NAMES, confirm=(2, 6)), of=rows, allow_delete=2, is_again=True)
    assert lost(found) == [at("a"), at("b")]


@pytest.mark.parametrize(("key", "is_open"), [(1, False), (2, True), (3, False)])
def test_a_key_opens_for_exactly_its_number(key: int, is_open: bool) -> None:
    assert closed(made(entry(*NAMES), allow_delete=key)) == ([] if is_open else ["allow-delete"])


# --- the steps --------------------------------------------------------------------------------------------------------


def test_nothing_ends_under_a_guard_that_was_not_asked() -> None:
    guarded = {"of": world(vault(guarded=True))}
    found = made(entry(*NAMES), **guarded, allow_delete=0)
    assert (addresses(found), errors(found)) == ([], ["resource-guard"] * 2)
    found = made(entry(*NAMES), of=world(vault(guarded=True), state="ProtectionConfigured"))
    assert addresses(found) == []


def test_each_instance_of_a_disk_ends_under_an_address_of_its_own() -> None:
    second = replace(instance("a", of=OTHER), tags=instance("a").tags)
    rows = world(vault(OTHER), second, state="ProtectionConfigured")
    found = made(entry("a", data="retain"), of=rows)
    assert sorted(len(steps(found, one)) for one in addresses(found)) == [1, 1]
    assert {step.target for one in found.changes for step in one.steps} == {second.id, instance("a").id}


# --- halts with a date ------------------------------------------------------------------------------------------------

LAST = NOW.date()


def halted(clock: Any, until: date = LAST, **said: Any) -> list[str]:
    desire = manifest(rule(disk_id(), protection="suspended", until=until, reason="freeze"))
    rows = {one.id.key: one for one in (*settled(), instance(state="BackupsSuspended"))}
    return codes(plan(desire, estate(*rows.values(), clock=clock), **said))


@pytest.mark.parametrize(
    ("days", "now", "is_over"),
    [(0, 0, False), (1, 0, True), (-1, 9, False), (9, -1, True), (None, 0, False), (None, 1, True)],
    ids=["its last day", "the day after", "ours is ahead", "ours is behind", "only ours", "only ours, after"],
)
def test_a_halt_ends_after_its_last_day_by_azures_clock(days: int | None, now: int, is_over: bool) -> None:
    clock = None if days is None else NOW + timedelta(days=days)
    assert (disk_codes.HALT_OVER.code in halted(clock, now=NOW + timedelta(days=now))) is is_over


def test_one_shard_of_all_tells_of_a_halt() -> None:
    told = [disk_codes.HALT_OVER.code in halted(NOW + timedelta(days=1), shard=Shard.parse(one)) for one in SHARDS]
    assert sorted(told) == [False, True]
