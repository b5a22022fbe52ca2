"""The plan as a whole: questions, --only, ignore, capacity, marks, checksum, and the same bytes for the same input."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from plan_builders import (
    NAME,
    NOW,
    SHORTER,
    USER,
    VAULT,
    D,
    S,
    addresses,
    answered,
    at,
    codes,
    deleted,
    disk,
    disk_id,
    errors,
    estate,
    group,
    ignore,
    instance,
    lock,
    manifest,
    options,
    plan,
    policy,
    policy_spec,
    removed,
    role_at,
    roles_for,
    rule,
    selector,
    settled,
    steps,
    vault,
    vault_spec,
    without,
)

from reconciler.model.changes import Action
from reconciler.model.errors import UsageError
from reconciler.model.estate import Estate, Question
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, vault_id
from reconciler.model.known import Unsure
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan
from reconciler.model.resources import Disk, Instance, Policy, RoleAssignment
from reconciler.model.shard import Shard
from reconciler.planning import capacity
from reconciler.planning.planner import make
from reconciler.planning.scope import reach

OLD = policy(SHORTER)
OLD_ADDRESS = f"policy/V/{OLD.id.name}"
ELSEWHERE = vault_id(S, "vaultrg", "W")


def unprotected(*names: Any) -> Any:
    return estate(*without(settled(*names), Instance))


# --- questions --------------------------------------------------------------------------------------------------------


def test_questions_are_asked_until_none_is_left_and_each_only_once() -> None:
    world, asked = estate(disk()), []
    made = make(manifest(), world, options(), NOW)
    while made.questions:
        assert not set(asked) & set(made.questions)
        asked += made.questions
        world.answers.update({one: answered(one, {}) for one in made.questions})
        made = make(manifest(), world, options(), NOW)
    assert {one.kind for one in asked} == {"exists", "deleted-vault", "holders", "role-count"}
    assert Question("deleted-vault", VAULT, "westus") in asked


def test_questions_come_in_one_order() -> None:
    found = make(manifest(), estate(disk()), options(), NOW).questions
    assert list(found) == sorted(found, key=lambda one: (one.kind, one.subject.key))


def test_a_settled_world_raises_none() -> None:
    assert make(manifest(), estate(*settled()), options(), NOW).questions == ()


# --- reach ------------------------------------------------------------------------------------------------------------


def test_reach_is_what_the_manifest_names() -> None:
    other = "33333333-3333-3333-3333-333333333333"
    desire = manifest(
        rule(disk_id()),
        rule(select=selector(subscriptions=(other.upper(),)), number=1),
        rule(select=selector(names=("x",)), number=2),
        vaults=[vault_spec(identity=USER), vault_spec("W", identity="system")],
        removed=(removed(disk_id(subscription="44444444-4444-4444-4444-444444444444")),),
        subscriptions=("55555555-5555-5555-5555-555555555555",),
        formerly=("Old",),
    )
    found = reach(desire)
    assert found.disk_subscriptions == (D, other)
    assert set(found.disk_subscriptions) <= set(found.role_subscriptions)
    assert [one[0] for one in found.subscriptions] == ["1", "2", "3", "4", "5"]
    assert found.vaults == (VAULT.key, ELSEWHERE.key)
    assert found.by_id == (USER.key,)
    assert found.owners == ("old", NAME)


# --- only -------------------------------------------------------------------------------------------------------------


def rolling() -> Any:
    ids = [disk_id("a"), disk_id("b")]
    things = [vault(), group(), group(ArmId(f"/subscriptions/{S}/resourceGroups/vaultrg")), OLD]
    used = [instance(one, policy=OLD.id) for one in ids]
    return manifest(rule(*ids)), estate(*things, *map(disk, ids), *used, *roles_for(*ids))


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ((), ["policy/V/gold", at("a"), at("b"), OLD_ADDRESS]),
        ((at("a"),), ["policy/V/gold", at("a")]),
        ((at("a").upper(),), ["policy/V/gold", at("a")]),
        (("disk/*/B",), ["policy/V/gold", at("b")]),
        (("policy/V/gold",), ["policy/V/gold", at("a"), at("b")]),
        (("POLICY/v/*",), ["policy/V/gold", at("a"), at("b"), OLD_ADDRESS]),
        ((OLD_ADDRESS,), ["policy/V/gold", at("a"), at("b"), OLD_ADDRESS]),
        (("vault/V",), []),
    ],
)
def test_only_brings_what_it_needs_and_never_a_retirement_without_its_moves(only: Any, expected: Any) -> None:
    made = plan(*rolling(), only=only)
    assert addresses(made) == expected
    assert errors(made) == []


def test_a_policy_brings_its_disks_even_when_it_is_there_already() -> None:
    desire = manifest(
        rule(disk_id("a")),
        rule(disk_id("b"), policy="other", number=1),
        policies=[policy_spec(), policy_spec("other", SHORTER)],
    )
    made = plan(desire, unprotected("a", "b"), only=("policy/V/gold",))
    assert addresses(made) == [at("a")]
    assert made.expected == {at("a"): "ProtectionConfigured"}


def test_only_narrows_what_is_waited_for_and_expected() -> None:
    busy = [instance(one, state="UpdatingProtection") for one in ("a", "b")]
    made = plan(manifest(rule(disk_id("a"), disk_id("b"))), estate(*settled("a", "b"), *busy), only=(at("a"),))
    assert [one.address for one in made.waits] == list(made.expected) == [at("a")]


def test_a_vault_of_which_something_was_left_out_is_not_marked_as_applied() -> None:
    desire, world = rolling()
    assert plan(desire, world).marks
    assert plan(desire, world, only=(at("a"),)).marks == ()
    assert plan(desire, world, only=("policy/*", "disk/*")).marks


def test_only_from_nothing_brings_everything_below() -> None:
    made = plan(manifest(rule(disk_id("a"), disk_id("b"))), estate(disk("a"), disk("b")), only=(at("a"),))
    assert addresses(made)[-1] == at("a")
    assert {one.split("/")[0] for one in addresses(made)} == {"group", "vault", "policy", "role", "disk"}
    assert not any("disks/b" in one for one in addresses(made))


@pytest.mark.parametrize("only", ["disk/none", "vault/W", "policy/V/none"])
def test_an_address_that_is_nothing_is_an_error_and_not_no_changes(only: Any) -> None:
    made = plan(manifest(), estate(*settled()), only=(only,))
    assert errors(made) == ["only-unmatched"]
    assert only in made.errors[0].message


def test_an_empty_address_is_not_that_of_findings_that_have_none() -> None:
    """As of a CI's variable that nobody set."""
    made = plan(manifest(), estate(disk()), {"holders": Unsure("Resource Graph did not answer")}, only=("",))
    assert "unchecked" in codes(made)
    assert errors(made) == ["only-unmatched"]


@pytest.mark.parametrize("only", [at(), "vault/v", "policy/V/gold", f"group/{D}/snaprg", role_at(disk_id()), "*"])
def test_an_address_that_needs_nothing_is_fine(only: Any) -> None:
    assert codes(plan(manifest(), estate(*settled()), only=(only,))) == []


def test_an_orphan_can_be_named() -> None:
    assert errors(plan(manifest(), estate(*settled(), disk("x"), instance("x")), only=(at("x"),))) == []


@pytest.mark.parametrize(
    ("said", "is_partial"), [({}, False), ({"only": ("*",)}, True), ({"shard": Shard(1, 2)}, True)]
)
def test_a_plan_knows_that_it_tells_of_a_part_only(said: dict[str, Any], is_partial: bool) -> None:
    assert plan(manifest(), estate(*settled()), **said).is_partial is is_partial


def test_only_and_prune_do_not_go_together() -> None:
    with pytest.raises(UsageError, match="--only and --prune"):
        plan(manifest(), estate(), only=("*",), prune=True)


# --- ignore -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires", "is_ignored"),
    [(None, True), (NOW.date(), True), (date(2026, 12, 31), True), (NOW.date() - timedelta(days=1), False)],
)
def test_an_entry_holds_to_the_end_of_its_day(expires: date | None, is_ignored: bool) -> None:
    desire = manifest(ignore=(ignore(at(), expires=expires),))
    made = plan(desire, unprotected())
    assert (at() not in addresses(made)) is is_ignored
    assert ("ignore-expired" in codes(made)) is not is_ignored


@pytest.mark.parametrize(
    ("address", "is_ignored"),
    [
        ("disk/*", True),
        (at().upper(), True),
        ("disk/*/disks/d", True),
        ("disk/*/disks/e", False),
        ("disk", False),
        ("vault/*", False),
    ],
)
def test_addresses_take_wildcards_and_no_case(address: str, is_ignored: bool) -> None:
    made = plan(manifest(ignore=(ignore(address),)), unprotected())
    assert (at() not in addresses(made)) is is_ignored


def test_what_is_ignored_is_told_once_with_its_reason() -> None:
    desire = manifest(rule(disk_id("a"), disk_id("b")), ignore=(ignore("disk/*"), ignore("disk/*")))
    made = plan(desire, unprotected("a", "b"))
    found = [one for one in made.findings if one.code == "ignored"]
    assert [one.address for one in found] == [at("a"), at("b")]
    assert "agreed" in found[0].message


def test_an_entry_for_fields_leaves_the_rest() -> None:
    made = plan(manifest(ignore=(ignore(at(), "policy"),)), estate(*settled(), instance(state="ProtectionStopped")))
    assert steps(made, at()) == ["instance.resume"]


# --- capacity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "code", "added"),
    [
        (2, [], 2),
        (3, ["vault-nearly-full"], 2),
        (4, ["vault-nearly-full"], 2),
        (5, ["vault-full"], 1),
        (6, ["vault-full"], 0),
    ],
)
def test_a_vault_that_fills_up(monkeypatch: pytest.MonkeyPatch, held: Any, code: str, added: int) -> None:
    monkeypatch.setattr(capacity, "LIMIT", 6)
    monkeypatch.setattr(capacity, "NEARLY", 5)
    others = [instance(f"o{number}", disk=None, owner=None, policy=None) for number in range(held)]
    made = plan(manifest(rule(disk_id("a"), disk_id("b"))), estate(*without(settled("a", "b"), Instance), *others))
    assert [one for one in codes(made) if one.startswith("vault")] == code
    assert [one for one in addresses(made) if one.startswith("disk/")] == [at("a"), at("b")][:added]


def test_azures_limits() -> None:
    assert (capacity.LIMIT, capacity.NEARLY) == (5000, 4500)


def test_what_needs_a_policy_that_does_not_fit_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither re-pointed to a policy that isn't made, nor the old one retired under its users."""
    monkeypatch.setattr(capacity, "LIMIT", 1)
    made = plan(*rolling())
    assert addresses(made) == []
    assert errors(made) == ["vault-full"]
    assert codes(made).count("waits-for") == 3


# --- stability --------------------------------------------------------------------------------------------------------


def busy() -> Any:
    """A world in which much happens at once."""
    names = [f"d{number}" for number in range(6)]
    things = [
        vault(tags={"z": "1", "a": "2"}),
        OLD,
        policy(name="by-hand"),
        *map(disk, [*names, "x", "y"]),
        instance("d0", policy=OLD.id),
        instance("d1", state="ProtectionStopped"),
        instance("d2", state="ProtectionError"),
        instance("d3", owner="other"),
        instance("x"),
        instance("y", owner=None),
        deleted("d4"),
        *roles_for(disk_id("d0"), disk_id("old1"), disk_id("old2")),
        lock(disk_id("d5"), name="one"),
        lock(disk_id("d5"), name="two"),
    ]
    desire = manifest(
        rule(select=selector(subscriptions=(D,), names=("d*",))),
        rule(select=selector(subscriptions=(D,), names=("d2",)), number=1),
        removed=(removed(disk_id("z")),),
        vaults=[vault_spec(tags={"team": "pay", "b": "c"}), vault_spec("W")],
        policies=[policy_spec(), policy_spec("silver", SHORTER)],
    )
    return desire, things


def told(made: Plan) -> str:
    """Everything that a plan says, as text."""
    return repr((made.changes, made.findings, made.gates, made.waits, made.checksum, made.marks, made.expected))


def test_the_order_of_azures_answers_does_not_matter() -> None:
    desire, things = busy()
    first = told(plan(desire, estate(*things)))
    for seed in range(10):
        shuffled = Random(seed).sample(things, len(things))
        assert told(plan(desire, estate(*shuffled))) == first


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_seed_of_hashes_does_not_matter(seed: str) -> None:
    desire, things = busy()
    here = Path(__file__).parent
    code = "import test_planner as t; d, w = t.busy(); print(t.told(t.plan(d, t.estate(*w))))"
    paths = os.pathsep.join([str(here), str(here.parents[1])])
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == told(plan(desire, estate(*things)))


def test_nothing_is_planned_before_what_it_needs() -> None:
    desire, things = busy()
    found = addresses(plan(desire, estate(*things)))
    for one in plan(desire, estate(*things)).changes:
        assert all(found.index(needed) < found.index(one.address) for needed in one.depends)


def test_planning_changes_neither_manifest_nor_estate() -> None:
    desire, things = busy()
    world = estate(*things)
    plan(desire, world)
    before = repr([world.vaults, world.instances, world.policies, world.roles, world.groups])
    plan(desire, world)
    assert repr([world.vaults, world.instances, world.policies, world.roles, world.groups]) == before


# --- checksum ---------------------------------------------------------------------------------------------------------


def checksum(desire: Manifest = None, world: Any = None, **said: Any) -> Any:
    return plan(desire or manifest(), world or unprotected(), **said).checksum


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("the tool", {"tool_version": "2.0"}),
        ("the manifest", {"desire": manifest(policies=[policy_spec(), policy_spec("more", SHORTER)])}),
        ("a reason in it", {"desire": manifest(ignore=(ignore("vault/*"),))}),
        ("a change", {"world": estate(*without(settled(), Instance, RoleAssignment))}),
        (
            "what a change writes",
            {"world": estate(*without(settled(), Instance, Policy), policy(name="by-hand"))},
        ),
        ("what a change starts from", {"world": estate(*settled(), OLD, instance(policy=OLD.id))}),
        ("an option that changes changes", {"world": estate(*settled(), instance(owner=None)), "adopt": True}),
    ],
)
def test_what_moves_the_checksum(what: str, other: Any) -> None:
    assert checksum(**other) != checksum(), what


def spelled(thing: Any, **said: Any) -> Any:
    return replace(thing, id=ArmId(thing.id.text.upper()), **said)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("time", {"now": NOW + timedelta(days=2)}),
        ("findings", {"world": estate(*without(settled(), Instance), instance("x", owner=None), disk("x"))}),
        ("places", {"desire": replace(manifest(), place=Place("other.yaml", 7, 7))}),
        ("the text of its files", {"desire": replace(manifest(), sources={"a": "b"})}),
        (
            "the case of ids",
            {"world": estate(*without(settled(), Instance, Disk, Policy), spelled(disk()), policy())},
        ),
        ("options that change nothing", {"adopt": True, "preflight": True}),
    ],
)
def test_what_does_not_move_the_checksum(what: str, other: Any) -> None:
    assert checksum(**other) == checksum(), what


def test_the_error_of_a_failing_instance_is_not_in_the_checksum() -> None:
    found = [
        checksum(world=estate(*settled(), instance(state=state, error=error)))
        for state, error in (("ProtectionError", None), ("ConfiguringProtectionFailed", {"code": "X"}))
    ]
    assert found[0] == found[1]


# --- the document -----------------------------------------------------------------------------------------------------


def test_counts_of_the_summary() -> None:
    desire, things = busy()
    made = plan(desire, estate(*things))
    found = made.summary
    assert found.add + found.change + found.destroy == len(made.changes)
    assert found.destroy == sum(one.action is Action.DESTROY for one in made.changes)


def test_findings_come_errors_first() -> None:
    desire, things = busy()
    order = [one.severity.value for one in plan(desire, estate(*things)).findings]
    assert order == sorted(order, key=["error", "warning", "info"].index)


def test_every_error_has_a_hint_and_every_change_a_reason() -> None:
    desire, things = busy()
    made = plan(desire, estate(*things))
    assert all(one.hint and one.message for one in made.findings)
    assert all(one.reason and one.steps and one.drift for one in made.changes)


def test_warnings_of_validation_are_passed_on() -> None:
    from reconciler.model.findings import Finding, Severity

    warning = Finding("near-limit", Severity.WARNING, "almost too much")
    assert warning in plan(replace(manifest(), warnings=(warning,)), estate(*settled())).findings


def test_an_empty_estate_is_nothing_special() -> None:
    assert plan(manifest(), Estate(), now=datetime(2026, 1, 1, tzinfo=NOW.tzinfo)).errors[0].code == "disk-gone"
