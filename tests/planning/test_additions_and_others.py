"""Additions beside what others have or share: what may concern anything but the new disk is left for a review."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    CONTRIBUTOR,
    NOW,
    PRINCIPAL,
    VAULT,
    D,
    S,
    addresses,
    at,
    closed,
    deleted,
    disk,
    disk_id,
    errors,
    estate,
    group,
    group_spec,
    instance,
    manifest,
    plan,
    policy,
    role_at,
    rule,
    settled,
    vault,
    vault_spec,
)

from reconciler.model import builtin_roles
from reconciler.model.addresses import disk as address_of
from reconciler.model.addresses import vault as address_of_vault
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, group_id, vault_id
from reconciler.model.known import Unsure
from reconciler.model.plan import ADDITIONS, Options, Plan
from reconciler.model.resources import Instance, UserIdentity
from reconciler.model.shard import Shard
from reconciler.planning.additions import Additions
from reconciler.planning.draft import Draft

OLD, NEW, FAR = disk_id("old"), disk_id("new"), disk_id("far")
KEYS = ArmId(f"/subscriptions/{D}/resourceGroups/keys/providers/Microsoft.Compute/diskEncryptionSets/k")
PERSON = ArmId(f"/subscriptions/{S}/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u")
FRESH = group_id(D, "fresh")
BOTH = manifest(rule(OLD), rule(NEW, number=1))
INTO_FRESH = manifest(
    rule(OLD), rule(NEW, number=1, snapshot_group="fresh"), groups=[group_spec(), group_spec("fresh")]
)


def world(*more: Any) -> Estate:
    """The settled world with one protected disk, and a new disk beside it."""
    return estate(*settled(OLD), disk(OLD, unique_id="u0", created=NOW - timedelta(days=365)), disk(NEW), *more)


def added(desire: Any = BOTH, held: Estate | None = None, answers: Any = None, **said: Any) -> Plan:
    return plan(desire, held or world(), answers, approve=ADDITIONS, **said)


def why(made: Plan, address: str) -> str:
    return next(made.rest.because[one.address] for one in made.rest.changes if one.address == address)


def of_another_kind(**said: Any) -> Instance:
    """A backup instance of a cluster or a database, whose parameters may name a resource group, too."""
    return replace(instance(disk_id("cluster"), owner=None, disk=None), **said)


# --- a name or a place that somebody else has -------------------------------------------------------------------------


@pytest.mark.parametrize("is_there", [False, True])
def test_a_group_that_any_kind_of_instance_names_is_neither_made_nor_granted(is_there: bool) -> None:
    more = [group(FRESH)] if is_there else []
    made = added(INTO_FRESH, world(*more, of_another_kind(snapshot_group=None)))
    assert at(NEW) in addresses(made)
    made = added(INTO_FRESH, world(*more, of_another_kind(snapshot_group=FRESH)))
    assert (addresses(made), errors(made)) == ([], [])
    assert role_at(FRESH, CONTRIBUTOR) in [one.address for one in made.rest.changes]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_the_name_of_an_instance_is_taken_whatever_that_protects(is_deleted: bool) -> None:
    other = (deleted if is_deleted else instance)(NEW, owner=None)
    made = added(held=world(replace(other, disk=None)))
    assert at(NEW) not in addresses(made)


@pytest.mark.parametrize(("scope", "is_left"), [("disk", False), ("group", True), ("keys", True)])
def test_an_identity_that_other_vaults_may_have_gets_only_the_role_at_the_disk(scope: str, is_left: bool) -> None:
    desire = manifest(
        rule(OLD),
        rule(NEW, number=1, snapshot_group="fresh" if scope == "group" else "snaprg"),
        groups=[group_spec(), group_spec("fresh")],
        vaults=[vault_spec(identity=PERSON)],
    )
    mine = disk(NEW, encryption_set=KEYS) if scope == "keys" else disk(NEW)
    own = [vault(principal_id=None, user_identities={PERSON.key: None}), UserIdentity(PERSON, PRINCIPAL), group(FRESH)]
    made = added(desire, world(*own, instance(OLD, identity=PERSON), mine))
    assert (at(NEW) in addresses(made)) is not is_left
    assert at(NEW) in addresses(plan(desire, world(*own, instance(OLD, identity=PERSON), mine)))
    if is_left:
        place, role = (FRESH, CONTRIBUTOR) if scope == "group" else (KEYS, builtin_roles.READER)
        assert "other vaults" in why(made, role_at(place, role))


# --- whose backups these are ------------------------------------------------------------------------------------------

FAILING = instance(OLD, state="ProtectionError", created=NOW - timedelta(days=90))


@pytest.mark.parametrize(
    ("said", "answers", "is_repaired"),
    [
        ({"unique_id": "u1", "created": NOW - timedelta(days=91)}, {}, True),
        ({"unique_id": "u1", "created": NOW - timedelta(days=89)}, {("source", OLD): "u1"}, True),
        ({"unique_id": "u1", "created": NOW - timedelta(days=89)}, {("source", OLD): "u0"}, False),
        ({"unique_id": "u1", "created": NOW - timedelta(days=89)}, {}, False),
        ({"unique_id": "u1", "created": None}, {}, False),
        ({"unique_id": "u1", "created": NOW}, {("source", OLD): Unsure("Resource Graph is away")}, False),
        ({"unique_id": "", "created": NOW - timedelta(days=91)}, {}, False),
    ],
    ids=["older", "the same", "replaced", "no snapshot tells", "no time", "unsure", "no id"],
)
def test_what_fails_is_repaired_only_for_the_disk_that_was_backed_up(
    said: dict[str, Any], answers: dict[Any, Any], is_repaired: bool
) -> None:
    held = estate(*settled(OLD), disk(OLD, **said), FAILING)
    made = added(manifest(rule(OLD)), held, answers)
    assert addresses(made) == ([at(OLD)] if is_repaired else [])


def test_backups_of_a_subscription_that_nobody_listed_block_no_addition() -> None:
    far = instance(ArmId(str(FAR).replace(D, "99999999-9999-9999-9999-999999999999")), state="ProtectionStopped")
    held = estate(*settled(OLD), disk(NEW, unique_id="u1"), far)
    assert at(NEW) in addresses(added(held=held, answers={"source": Unsure("no rights there")}))


# --- more than one look -----------------------------------------------------------------------------------------------


def test_what_is_made_is_asked_for_by_id_however_fresh_the_look_is() -> None:
    made = added(INTO_FRESH)
    assert {one.kind: one.unasked for one in made.changes} == {Kind.GROUP: True, Kind.ROLE: False, Kind.DISK: True}
    assert not any(one.unasked for one in plan(INTO_FRESH, world()).changes)


def test_an_addition_that_the_whole_manifest_leaves_is_left() -> None:
    made = added(chosen=frozenset({address_of(OLD)}))
    assert (addresses(made), "without `--shard`" in why(made, at(NEW))) == ([], True)
    every = frozenset(one.address for one in added().changes)
    assert addresses(added(chosen=every)) == [role_at(NEW), at(NEW)]
    assert addresses(added(chosen=every - {role_at(NEW)})) == []


@pytest.mark.parametrize(("before", "is_closed"), [(18, False), (19, True), (20, True)])
def test_what_a_watch_added_within_a_day_counts_towards_the_gate(before: int, is_closed: bool) -> None:
    earlier = [disk_id(f"e{one}") for one in range(before)]
    own = [NEW, disk_id("more")]
    held = estate(*settled(OLD, *earlier), *map(disk, own))
    made = added(manifest(rule(OLD, *earlier, *own)), held, added=frozenset(map(address_of, earlier)))
    assert closed(made) == (["mass-addition"] if is_closed else [])
    again = added(manifest(rule(OLD, *earlier)), held, added=frozenset(map(address_of, earlier)))
    assert closed(again) == []


def test_a_disk_that_is_tried_again_counts_once() -> None:
    own = [disk_id(f"n{one}") for one in range(20)]
    held = estate(*settled(OLD), *map(disk, own))
    made = added(manifest(rule(OLD, *own)), held, added=frozenset(map(address_of, own)))
    assert closed(made) == []


# --- each guard alone: what another one would have found first --------------------------------------------------------


def taken(change: Change, held: Estate | None = None, *beside: Change, **said: Any) -> bool:
    """Whether a change would be an addition in this world, beside these changes."""
    draft = Draft.of(BOTH, held or world(), Options(approve=ADDITIONS, **said), NOW)
    every = {one.address: one for one in plan(INTO_FRESH, world()).changes}
    draft.decisions.changes.update(every | {one.address: one for one in (*beside, change)})
    return change.address not in Additions(draft, draft.decisions.changes.values()).left


def planned(kind: Kind, desire: Any = INTO_FRESH, **said: Any) -> Change:
    found = next(one for one in plan(desire, world(*said.pop("more", ()))).changes if one.kind is kind)
    return replace(found, **said)


OTHER = vault_id(S, "vaultrg", "W")


@pytest.mark.parametrize(
    "more",
    [instance(NEW, of=OTHER), deleted(NEW, of=OTHER), instance(NEW, of=OTHER, owner="other"), instance(NEW)],
    ids=["elsewhere", "soft-deleted", "of others", "here"],
)
def test_whatever_else_is_planned_a_disk_with_an_instance_is_no_addition(more: Instance) -> None:
    assert taken(planned(Kind.DISK))
    assert not taken(planned(Kind.DISK), world(more))


def test_a_disk_that_no_list_shows_is_no_addition() -> None:
    own = planned(Kind.DISK, depends=())
    assert taken(own)
    assert not taken(own, estate(*settled(OLD)))


def test_an_addition_waits_for_its_vault_and_its_policy_even_if_it_does_not_depend_on_them() -> None:
    own = planned(Kind.DISK, depends=())
    kept = replace(own, action=Action.CHANGE, kind=Kind.VAULT, address=address_of_vault("V"), depends=())
    for op, target in ((Op.VAULT_PATCH, VAULT), (Op.POLICY_DELETE, policy().id)):
        assert not taken(own, None, replace(kept, steps=(Step(op, target),)))
    assert taken(own, None, replace(kept, steps=(Step(Op.VAULT_PATCH, OTHER),)))


@pytest.mark.parametrize("owner", [None, "other"])
def test_what_this_manifest_does_not_own_is_not_repaired(owner: str | None) -> None:
    failing = instance(OLD, state="ProtectionError")
    repair = planned(Kind.DISK, manifest(rule(OLD)), more=(failing,))
    assert taken(repair, world(failing))
    theirs = replace(failing, tags=instance(OLD, owner=owner).tags)
    assert not taken(replace(repair, found=theirs), world(theirs))


def test_a_disk_with_an_error_is_no_addition() -> None:
    draft = Draft.of(BOTH, world(), Options(approve=ADDITIONS), NOW)
    draft.decisions.changes.update({one.address: one for one in plan(BOTH, world()).changes})
    draft.decisions.note(codes.LOCKED, "it is locked", address=address_of(NEW))
    assert address_of(NEW) in Additions(draft, draft.decisions.changes.values()).left


def test_a_group_that_instances_name_or_that_is_there_is_not_made() -> None:
    own = planned(Kind.GROUP)
    assert taken(own)
    assert not taken(own, world(group(FRESH)))
    assert not taken(own, world(of_another_kind(snapshot_group=FRESH)))
    assert not taken(own, world(instance(FAR, of=OTHER, snapshot_group=None)))
    assert not taken(own, None, shard=Shard.parse("1/2"))


def test_another_look_of_a_run_keeps_to_what_it_began_with() -> None:
    stopped = instance(OLD, state="ProtectionStopped")
    made = plan(BOTH, world(stopped), chosen=frozenset({address_of(OLD)}))
    assert addresses(made) == [at(OLD)]
    assert {one.address for one in made.rest.changes} == {role_at(NEW), at(NEW)}
