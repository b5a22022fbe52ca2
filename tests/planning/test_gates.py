"""Gates: each closed, opened by its own word alone, and exact at its boundary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import (
    GOLD,
    SHORTER,
    D,
    S,
    bare,
    closed,
    disk,
    disk_id,
    estate,
    instance,
    manifest,
    plan,
    policy,
    policy_spec,
    removed,
    roles_for,
    rule,
    selector,
    settled,
    soft,
    vault,
    vault_spec,
)

from reconciler.model.ids import vault_id
from reconciler.planning.gates import _listed

OTHER = vault_id(S, "vaultrg", "W")
MASS = {"force": frozenset({"mass-change"})}


def ids(count: int, letter: str = "d") -> Any:
    return [disk_id(f"{letter}{number:03}") for number in range(count)]


def halting(stopped: int, total: int, word: str = "stopped", **said: Any) -> Any:
    """A manifest that stops the first so many of all, in the settled world."""
    own = ids(total)
    rules = [rule(*own[:stopped], protection=word)] if stopped else []
    rest = [rule(*own[stopped:], number=1)] if stopped < total else []
    return plan(manifest(*rules, *rest), estate(*settled(*own)), **said)


@pytest.mark.parametrize(
    ("stopped", "total", "is_closed"),
    [
        (0, 10, False),
        (3, 10, False),
        (4, 10, True),
        (9, 9, False),
        (10, 10, True),
        (6, 20, False),
        (7, 20, True),
        (9, 30, False),
        (10, 30, True),
        (21, 70, False),
        (22, 70, True),
        (27, 90, False),
    ],
)
@pytest.mark.parametrize("word", ["stopped", "suspended"])
def test_more_than_thirty_percent_of_ten_or_more(stopped: int, total: int, word: str, is_closed: bool) -> None:
    assert closed(halting(stopped, total, word)) == (["mass-change"] if is_closed else [])
    assert closed(halting(stopped, total, word, **MASS)) == []


def test_pruning_counts() -> None:
    own = ids(10)
    made = plan(manifest(rule(*own[:6])), estate(*settled(*own)), prune=True)
    assert closed(made) == ["mass-change"]
    assert len(made.closed_gates[0].addresses) == 4
    assert "4 of 10 instances of all vaults" in made.closed_gates[0].message


def test_what_is_retained_already_does_not_make_the_rest_look_few() -> None:
    own, kept = ids(10), ids(90, "kept")
    retained = [instance(one, state="ProtectionStopped") for one in kept]
    made = plan(manifest(rule(*own[:6])), estate(*settled(*own), *retained), prune=True)
    assert closed(made) == ["mass-change"]
    assert "4 of 10 instances" in made.closed_gates[0].message
    cleaned = tuple(removed(one, "delete") for one in kept[:4])
    made = plan(manifest(rule(*own), removed=cleaned), estate(*settled(*own), *retained), allow_delete=4)
    assert closed(made) == [], "4 of the 14 that have something to lose"


def test_what_is_retained_makes_the_whole_no_smaller() -> None:
    """Nine protected disks beside twenty stopped ones are many instances, though few have protection to lose."""
    own, kept = ids(9), ids(20, "kept")
    retained = [instance(one, state="ProtectionStopped") for one in kept]
    made = plan(manifest(rule(*own[:6])), estate(*settled(*own), *retained), prune=True)
    assert closed(made) == ["mass-change"]
    assert "3 of 9 instances" in made.closed_gates[0].message


def test_removals_and_deletions_count_together() -> None:
    own = ids(10)
    gone = tuple(removed(one, data) for one, data in zip(own, ["retain", "retain", "delete", "delete"], strict=False))
    made = plan(manifest(rule(*own[4:]), removed=gone), estate(*settled(*own)), allow_delete=2)
    assert closed(made) == ["mass-change"]


def test_one_vault_alone_closes_the_gate() -> None:
    own, others = ids(10), ids(30, "e")
    desire = manifest(
        rule(*own[:4], protection="stopped"),
        rule(*own[4:], number=1),
        rule(*others, vault="W", number=2),
        vaults=[vault_spec(), vault_spec("W")],
    )
    elsewhere = [vault(OTHER), policy(of=OTHER), *map(disk, others), *(instance(one, of=OTHER) for one in others)]
    made = plan(desire, estate(*settled(*own), *elsewhere, *roles_for(*others)))
    assert closed(made) == ["mass-change"]
    assert "4 of 10 instances of the vault v" in made.closed_gates[0].message


@pytest.mark.parametrize(("content", "is_closed"), [(SHORTER, True), (replace(GOLD, default_days=9), False)])
def test_re_pointing_counts_only_when_retention_shortens(content: Any, is_closed: bool) -> None:
    own = ids(10)
    made = plan(manifest(rule(*own), policies=[policy_spec(content=content)]), estate(*settled(*own)))
    assert sum(one.kind == "disk" for one in made.changes) == 10
    assert closed(made) == (["mass-change"] if is_closed else [])


@pytest.mark.parametrize(("content", "is_closed"), [(SHORTER, True), (GOLD, False)])
def test_a_policy_that_is_not_managed_keeps_what_it_really_keeps(content: Any, is_closed: bool) -> None:
    own = ids(10)
    theirs = policy_spec("theirs", None, manage=False, azure_name="theirs")
    desire = manifest(rule(*own, policy="theirs"), policies=[theirs])
    made = plan(desire, estate(*settled(*own), policy(content, "theirs")))
    assert sum(one.kind == "disk" for one in made.changes) == 10
    assert closed(made) == (["mass-change"] if is_closed else [])


def test_other_kinds_of_data_are_not_counted() -> None:
    own = ids(10)
    blobs = [instance(f"blob{number}", disk=None, owner=None) for number in range(30)]
    made = plan(manifest(rule(*own[:6])), estate(*settled(*own), *blobs), prune=True)
    assert closed(made) == ["mass-change"]


@pytest.mark.parametrize("said", [{"vaults": True}, {"removed": True}, {}])
def test_an_empty_manifest(said: dict[str, Any]) -> None:
    empty = replace(
        bare(),
        vaults=bare().vaults if "vaults" in said else {},
        removed=(removed(disk_id()),) if "removed" in said else (),
    )
    assert closed(plan(empty, estate())) == ([] if said else ["empty"])
    assert closed(plan(empty, estate(), force=frozenset({"empty"}))) == []


def test_entries_that_find_nothing_while_there_is_something_to_lose() -> None:
    nothing = manifest(rule(select=selector(subscriptions=(D,), names=("no-*",))))
    assert closed(plan(nothing, estate(*settled()))) == ["empty"]
    assert closed(plan(nothing, estate(*settled()), prune=True)) == ["empty"]
    assert closed(plan(nothing, estate(*settled(), instance(owner=None)))) == []
    assert closed(plan(nothing, estate(vault()))) == []


def test_a_manifest_that_lost_its_disks_prunes_nothing() -> None:
    lost = replace(bare(), vaults=manifest().vaults)
    assert closed(plan(lost, estate(*settled()))) == []
    assert closed(plan(lost, estate(*settled()), prune=True)) == ["empty"]
    assert closed(plan(replace(lost, removed=(removed(disk_id()),)), estate(*settled()), prune=True)) == []


def test_gates_count_only_what_only_leaves() -> None:
    own = ids(10)
    desire = manifest(rule(*own, protection="stopped"))
    assert closed(plan(desire, estate(*settled(*own)), only=("disk/*/d000",))) == []


def test_every_closed_gate_is_told_at_once_in_order_of_names() -> None:
    own = ids(10)
    desire = manifest(rule(*own, protection="stopped"), vaults=[vault_spec(**soft("Off"), immutability="Locked")])
    made = plan(desire, estate(*settled(*own)), allow_delete=3)
    assert closed(made) == ["allow-delete", "irreversible", "mass-change", "weakens-protection"]
    assert all(gate.hint and gate.message and "--" in gate.hint + gate.opener for gate in made.gates)


@pytest.mark.parametrize("name", ["mass-change", "irreversible", "weakens-protection"])
def test_a_word_opens_its_own_gate_alone(name: str) -> None:
    own = ids(10)
    desire = manifest(rule(*own, protection="stopped"), vaults=[vault_spec(**soft("Off"), immutability="Locked")])
    left = {"mass-change", "irreversible", "weakens-protection"} - {name}
    assert set(closed(plan(desire, estate(*settled(*own)), force=frozenset({name})))) == left


def test_long_lists_are_cut_and_counted() -> None:
    assert _listed([str(number) for number in range(12)]) == "0; 1; 2; 3; 4; 5; 6; 7; 8; 9; and 2 more"
    assert _listed(["a", "b"]) == "a; b"
