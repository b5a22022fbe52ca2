"""Which disk is wanted, by which entry, and what becomes of those that can't be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import (
    FORBIDDEN,
    UNSURE,
    D,
    S,
    addresses,
    at,
    change,
    codes,
    disk,
    disk_id,
    errors,
    estate,
    instance,
    manifest,
    place,
    plan,
    removed,
    rule,
    selector,
    settled,
    steps,
    there,
    vault_spec,
    without,
)

from reconciler.model.findings import Severity
from reconciler.model.manifest import DiskRule, Excluded
from reconciler.model.plan import Plan
from reconciler.model.resources import Disk, Instance
from reconciler.model.selectors import Exclusion
from reconciler.model.shard import Shard
from reconciler.model.tags import RESTORED_TAG

EVERY = selector(subscriptions=(D,))


def selecting(*more: Any, **said: Any) -> Any:
    return manifest(rule(select=replace(EVERY, **said)), *more)


def expected(made: Plan) -> Any:
    return sorted(made.expected)


def world(*disks: Any) -> Any:
    return estate(*without(settled(), Disk, Instance), *disks)


def test_a_selector_finds_every_disk_in_its_subscriptions() -> None:
    made = plan(selecting(), world(disk("a"), disk("b"), disk(disk_id("c", subscription=S))))
    assert expected(made) == [at("a"), at("b")]
    assert "chosen by selector at backup.yaml:10:1" in change(made, at("a")).detail


def test_a_selector_that_takes_no_disk_is_told_by_one_shard() -> None:
    nothing = selecting(names=("b",))
    found = [one for one in plan(nothing, world(disk("a"))).findings if one.code == "selects-nothing"]
    assert [(str(one.place), one.severity, one.drift) for one in found] == [("backup.yaml:10:1", Severity.INFO, "")]
    shards = [plan(nothing, world(disk("a")), shard=Shard(number, 2)) for number in (1, 2)]
    assert sum(codes(one).count("selects-nothing") for one in shards) == 1


def test_a_selector_without_subscriptions_takes_all_that_were_read() -> None:
    made = plan(manifest(rule(select=selector(names=("a",)))), world(disk("a"), disk("b")))
    assert expected(made) == [at("a")]


def test_a_subscription_that_is_named_twice_claims_once() -> None:
    made = plan(selecting(subscriptions=(D, D.upper())), world(disk("a")))
    assert expected(made) == [at("a")]


def test_exclusions_hold_for_their_own_entry_only() -> None:
    leaves = rule(
        select=replace(EVERY, names=("a*",)), exclude=(Exclusion(selector(names=("a2",)), "nightly"),), number=1
    )
    takes = rule(select=replace(EVERY, names=("*2",)), number=2)
    assert expected(plan(manifest(leaves, takes), world(disk("a1"), disk("a2")))) == [at("a1"), at("a2")]


@pytest.mark.parametrize(
    "said",
    [
        {"excluded": (Excluded(place(), disk_id("A"), "cache"),)},
        {"removed": (removed(disk_id("A")),)},
    ],
)
def test_excluded_and_removed_beat_every_selector(said: dict[str, Any]) -> None:
    made = plan(replace(selecting(), **said), world(disk("a"), disk("b")))
    assert expected(made) == [at("b")]


def test_a_disk_that_the_tool_restored_is_skipped_unless_it_is_named() -> None:
    restored = disk("a", tags={RESTORED_TAG.title(): "yes"})
    assert expected(plan(selecting(), world(restored, disk("b")))) == [at("b")]
    assert expected(plan(manifest(rule(disk_id("a"))), world(restored))) == [at("a")]


def test_two_selectors_may_not_claim_one_disk() -> None:
    twice = manifest(rule(select=EVERY, number=1), rule(select=EVERY, number=2))
    made = plan(twice, world(disk("a")))
    assert errors(made) == ["claimed-twice"]
    assert "backup.yaml:11:1 and backup.yaml:12:1" in made.errors[0].message
    assert not any(one.kind == "disk" for one in made.changes)


def test_the_id_wins_over_a_selector() -> None:
    named = rule(disk_id("A"), protection="stopped", number=2)
    made = plan(manifest(rule(select=EVERY, number=1), named), world(disk("a")))
    assert made.expected == {at("a"): "ProtectionStopped"}


def test_an_id_in_odd_case_is_the_same_disk() -> None:
    odd = disk_id("D", group="DISKRG")
    assert addresses(plan(manifest(rule(odd)), estate(*settled()))) == []


def test_names_per_region() -> None:
    per_region = rule(select=EVERY, vault={"westus": "V", "eastus": "E"}, policy={"westus": "gold", "eastus": "gold"})
    east = vault_spec("E", location="eastus")
    made = plan(manifest(per_region, vaults=[vault_spec(), east]), world(disk("a"), disk("b", location="eastus")))
    assert change(made, at("a")).after["vault"] == "V"
    assert change(made, at("b")).after["vault"] == "E"


@pytest.mark.parametrize(
    ("entry", "code", "severity", "drift"),
    [
        (rule(disk_id("a"), vault={"eastus": "V"}), "region-unnamed", Severity.ERROR, ""),
        (rule(select=EVERY, vault={"eastus": "V"}), "uncovered", Severity.WARNING, "uncovered"),
    ],
)
def test_a_region_without_an_entry(entry: DiskRule, code: str, severity: Severity, drift: str) -> None:
    (found,) = [one for one in plan(manifest(entry), world(disk("a"))).findings if one.address == at("a")]
    assert (found.code, found.severity, found.drift) == (code, severity, drift)
    assert "westus" in found.message


def test_an_unsupported_disk_fails_alone() -> None:
    made = plan(selecting(), world(disk("a", ade=True), disk("b")))
    assert codes(made) == ["uncovered"]
    assert steps(made, at("b")) == ["instance.put"]


def test_an_unsupported_disk_that_is_protected_is_no_orphan() -> None:
    made = plan(selecting(), estate(*settled("a"), disk("b", ade=True), instance("b")))
    assert codes(made) == ["uncovered"]
    assert addresses(made) == []


def test_stopping_a_disk_needs_no_support() -> None:
    stop = manifest(rule(disk_id("a"), protection="stopped"))
    made = plan(stop, world(disk("a", ade=True), instance("a")))
    assert steps(made, at("a")) == ["instance.stop"]


@pytest.mark.parametrize("named", [False, True])
def test_a_kubernetes_volume_is_taken_by_its_id_alone_and_a_warning_then(named: bool) -> None:
    entry = manifest(rule(disk_id("a"))) if named else selecting()
    made = plan(entry, world(disk("a", tags={"k8s-azure-created-by": "kubernetes-azure-dd"})))
    assert ("aks-volume" in codes(made), at("a") in addresses(made)) == (named, named)
    assert ("passed-over" in codes(made)) is not named


def test_a_named_disk_that_is_gone_is_an_error_with_the_way_out() -> None:
    made = plan(manifest(), world())
    (found,) = made.errors
    assert (found.code, found.address) == ("disk-gone", at())
    assert "removed" in found.hint


def test_a_named_disk_that_the_list_lacks_is_read_by_its_id() -> None:
    made = plan(manifest(), world(), {("exists", disk_id()): there(disk())})
    assert steps(made, at()) == ["instance.put"]


def test_planning_leaves_the_estate_as_it_was_read() -> None:
    read = world()
    plan(manifest(), read, {("exists", disk_id()): there(disk())})
    assert read.disks == {}


@pytest.mark.parametrize(("answer", "code"), [(FORBIDDEN, "out-of-reach"), (UNSURE, "not-known")])
def test_a_named_disk_that_nobody_can_tell_of_is_an_error_and_nothing_follows(answer: Any, code: str) -> None:
    made = plan(manifest(), estate(*without(settled(), Disk)), {("exists", disk_id()): answer})
    assert errors(made) == [code]
    assert addresses(made) == []
    assert made.findings[0].drift == "out-of-reach"
