"""Additions: a filter over whole changes, closed for every kind, action and operation that isn't known to be one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    CONTRIBUTOR,
    NOW,
    SHORTER,
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
    ignore,
    instance,
    manifest,
    plan,
    policy,
    policy_spec,
    removed,
    role,
    role_at,
    roles_for,
    rule,
    settled,
    soft,
    vault,
    vault_spec,
    wide,
    without,
)

from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, group_id, vault_id
from reconciler.model.known import Unsure
from reconciler.model.plan import ADDITIONS, Options, Plan
from reconciler.model.resources import Policy, RoleAssignment
from reconciler.planning.additions import Additions
from reconciler.planning.draft import Draft

OLD, NEW = disk_id("old"), disk_id("new")
PROTECTED = disk(OLD, unique_id="u0", created=NOW - timedelta(days=365))
KEYS = ArmId(f"/subscriptions/{D}/resourceGroups/keys/providers/Microsoft.Compute/diskEncryptionSets/k")
BOTH = manifest(rule(OLD), rule(NEW, number=1))


def world(*more: Any, of: list[Any] | None = None) -> Estate:
    """The settled world with one protected disk, and a new disk beside it."""
    return estate(*(settled(OLD) if of is None else of), PROTECTED, disk(NEW), *more)


def added(desire: Any = BOTH, held: Estate | None = None, answers: Any = None, **said: Any) -> Plan:
    return plan(desire, held or world(), answers, approve=ADDITIONS, **said)


def left(made: Plan) -> list[str]:
    return [change.address for change in made.rest.changes]


def test_a_new_disk_is_added_with_the_grant_that_it_alone_needs() -> None:
    made = added()
    assert addresses(made) == [role_at(NEW), at(NEW)]
    assert (made.rest.changes, made.marks, closed(made)) == ((), (), [])
    assert not made.rest


def test_the_rest_is_listed_and_has_the_checksum_of_the_plan_that_comes_next() -> None:
    stopped = instance(OLD, state="ProtectionStopped")
    made = added(held=world(stopped))
    assert (addresses(made), left(made)) == ([role_at(NEW), at(NEW)], [at(OLD)])
    assert made.rest
    after = world(stopped, instance(NEW), *roles_for(NEW))
    assert made.rest.checksum == plan(BOTH, after).checksum
    assert made.checksum != made.rest.checksum


def test_protection_in_error_is_repaired() -> None:
    made = added(held=world(instance(OLD, state="ProtectionError")))
    assert at(OLD) in addresses(made)
    assert not made.rest


FAILING = instance(OLD, state="ProtectionError")


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (world(instance(OLD, state="ConfiguringProtectionFailed")), "ConfiguringProtectionFailed"),
        (world(instance(OLD, state="NotProtected")), "NotProtected"),
        (world(instance(OLD, state="Invalid")), "Invalid"),
        (world(instance(OLD, state="ConfiguringProtection", provisioning_state="Failed")), "ConfiguringProtection"),
        (world(instance(OLD, state="ProtectionError", owner=None)), "more than the state"),
        (world(FAILING, of=[*without(settled(OLD), RoleAssignment)]), "other changes first"),
        (world(replace(FAILING, policy=policy(SHORTER, "other").id), policy(SHORTER, "other")), "more than the state"),
        (world(instance(OLD, state="ProtectionStopped")), ""),
        (world(instance(OLD, state="BackupsSuspended")), ""),
        (world(deleted(OLD), of=[one for one in settled(OLD) if one != instance(OLD)]), ""),
    ],
    ids=[
        "configuring failed",
        "not protected",
        "invalid",
        "given up",
        "adopts",
        "grants",
        "re-points",
        "stopped",
        "suspended",
        "soft-deleted",
    ],
)
def test_an_instance_that_is_there_is_repaired_only_as_it_was(held: Estate, why: str) -> None:
    made = added(manifest(rule(OLD)), held)
    assert addresses(made) == []
    assert at(OLD) in left(made)
    assert why in made.rest.because[left(made)[left(made).index(at(OLD))]]  # type: ignore[index]


OTHER = vault_id(S, "vaultrg", "W")


@pytest.mark.parametrize(
    ("desire", "held"),
    [
        (manifest(rule(OLD, NEW), vaults=[vault_spec(**soft("AlwaysOn"))]), world()),
        (manifest(rule(OLD, NEW), vaults=[vault_spec(tags={"a": "b"})]), world()),
        (manifest(rule(OLD, NEW), policies=[policy_spec(content=SHORTER)]), world()),
        (manifest(rule(OLD, NEW), groups=[group_spec(tags={"a": "b"})]), world()),
        (BOTH, world(of=without(settled(OLD), Policy))),
        (BOTH, world(of=[*without(settled(OLD), RoleAssignment), role(OLD)])),
        (replace(BOTH, roles=wide("manage", "resourceGroup")), world()),
        (replace(BOTH, roles=wide("manage", "subscription")), world()),
        (replace(BOTH, ignore=(ignore(at(NEW), "policy"),)), world()),
        (replace(BOTH, ignore=(ignore("disk/*", "tags"),)), world()),
    ],
    ids=[
        "vault weighs",
        "vault tags",
        "policy rolls",
        "group tags",
        "no policy",
        "grant for the old one",
        "grant for a group",
        "grant for a subscription",
        "ignored",
        "ignored by pattern",
    ],
)
def test_a_new_disk_waits_for_a_review_of_what_it_needs(desire: Any, held: Estate) -> None:
    made = added(desire, held)
    assert addresses(made) == []
    assert at(NEW) in left(made)
    assert left(made) == addresses(plan(desire, held))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([deleted(NEW)], ""),
        ([deleted(NEW, snapshot_group=group_id(D, "other"))], "soft-deleted"),
        ([deleted(NEW, of=OTHER), vault(OTHER)], "soft-deleted"),
        ([instance(NEW, state="ProtectionStopped")], ""),
        ([instance(NEW, of=OTHER), vault(OTHER)], "protected-elsewhere"),
        ([instance(NEW, of=OTHER, state="ProtectionStopped"), vault(OTHER)], "protected-elsewhere"),
        ([instance(NEW, owner="other")], "managed-elsewhere"),
        ([deleted(NEW, owner="other")], "managed-elsewhere"),
        ([instance(NEW, state="SomethingNew")], "unknown-state"),
    ],
)
def test_a_disk_that_had_an_instance_is_no_addition(more: list[Any], code: str) -> None:
    made = added(held=world(*more))
    assert at(NEW) not in addresses(made)
    assert errors(made) == ([code] if code else [])
    assert bool(made.rest) is not bool(code) or code


def test_a_disk_with_backups_under_another_id_is_no_addition() -> None:
    lost = instance(disk_id("lost"), state="ProtectionStopped")
    held = estate(*settled(OLD), disk(NEW, unique_id="u1"), lost)
    assert at(NEW) in addresses(added(held=held, answers={("source", disk_id("lost")): "u2"}))
    held = estate(*settled(OLD), disk(NEW, unique_id="u1"), lost)
    made = added(held=held, answers={("source", disk_id("lost")): "u1"})
    assert (addresses(made), "another id" in made.rest.because[made.rest.changes[-1].address]) == ([], True)
    held = estate(*settled(OLD), disk(NEW, unique_id="u1"), lost)
    made = added(held=held, answers={"source": Unsure("Resource Graph is away")})
    assert (addresses(made), "not-known" in errors(made)) == ([], True)


def test_nobody_can_tell_who_holds_it_so_it_is_asked_by_id_and_left() -> None:
    away = Unsure("Resource Graph is away")
    assert at(NEW) in addresses(added(answers={"holders": away}))
    made = added(answers={"holders": away, "protected-elsewhere": away})
    assert (addresses(made), errors(made)) == ([], ["not-known"])


@pytest.mark.parametrize(
    ("more", "is_added"),
    [
        ([], True),
        ([instance(disk_id("x"), snapshot_group=group_id(D, "fresh"))], False),
        ([deleted(disk_id("x"), snapshot_group=group_id(D, "fresh"))], False),
        ([instance(disk_id("x"), snapshot_group=None)], False),
        ([group(group_id(D, "fresh"))], True),
        ([group(group_id(D, "fresh")), instance(disk_id("x"), snapshot_group=group_id(D, "fresh"))], False),
        ([group(group_id(D, "fresh")), instance(disk_id("x"), snapshot_group=None)], False),
    ],
)
def test_a_snapshot_group_is_made_and_granted_only_for_new_disks(more: list[Any], is_added: bool) -> None:
    desire = manifest(
        rule(OLD), rule(NEW, number=1, snapshot_group="fresh"), groups=[group_spec(), group_spec("fresh")]
    )
    made = added(desire, world(disk("x"), *more))
    assert (role_at(group_id(D, "fresh"), CONTRIBUTOR) in addresses(made)) is is_added
    assert (at(NEW) in addresses(made)) is is_added


def test_a_key_set_is_granted_only_for_new_disks() -> None:
    assert at(NEW) in addresses(added(held=estate(*settled(OLD), disk(NEW, encryption_set=KEYS))))
    held = estate(*settled(OLD), disk(OLD, encryption_set=KEYS), disk(NEW, encryption_set=KEYS))
    assert at(NEW) not in addresses(added(held=held))


def test_nothing_that_leaves_or_ends_is_an_addition() -> None:
    desire = manifest(rule(NEW), removed=(removed(OLD, "delete"),))
    made = added(desire)
    assert addresses(made) == [role_at(NEW), at(NEW)]
    assert [str(one) for one in made.rest.held] == [at(OLD)]
    made = added(manifest(rule(OLD, protection="stopped"), rule(NEW, number=1)))
    assert (addresses(made), left(made)) == ([role_at(NEW), at(NEW)], [at(OLD)])


def many(count: int, held: int) -> Plan:
    new, old = [disk_id(f"n{one}") for one in range(count)], [disk_id(f"o{one}") for one in range(held)]
    return added(manifest(rule(*new, *old)), estate(*settled(*old), *map(disk, new)))


@pytest.mark.parametrize(
    ("count", "held", "is_closed"), [(20, 1, False), (21, 1, True), (22, 440, False), (23, 440, True)]
)
def test_more_than_twenty_and_five_percent_close_the_gate(count: int, held: int, is_closed: bool) -> None:
    made = many(count, held)
    assert closed(made) == (["mass-addition"] if is_closed else [])


def test_the_gate_opens_and_is_no_gate_of_a_plan_that_somebody_reviews() -> None:
    own = [disk_id(f"n{one}") for one in range(21)]
    desire, held = manifest(rule(*own)), estate(*without(settled(OLD)), *map(disk, own))
    assert closed(added(desire, held, force={"mass-addition"})) == []
    assert closed(plan(desire, held)) == []


def test_gates_are_judged_on_the_additions_alone() -> None:
    desire = manifest(rule(OLD), vaults=[vault_spec(**soft("Off")), vault_spec("W")])
    desire = replace(desire, disks=(*desire.disks, rule(NEW, number=1, vault="W")))
    held = world(vault(OTHER), policy(of=OTHER))
    assert closed(plan(desire, held)) == ["weakens-protection"]
    made = added(desire, held)
    assert closed(made) == []
    assert at(NEW) in addresses(made)
    assert left(made) == ["vault/V"]


# --- the table: every kind, action and operation ----------------------------------------------------------------------


def taken(change: Change) -> bool:
    """Whether a change would be taken in the world in which the new disk's own change is."""
    held = world()
    draft = Draft.of(BOTH, held, Options(approve=ADDITIONS), NOW)
    whole = {one.address: one for one in plan(BOTH, held).changes}
    draft.decisions.changes.update(whole | {change.address: change})
    return change.address not in Additions(draft, draft.decisions.changes.values()).left


def new_disk() -> Change:
    return next(one for one in plan(BOTH, world()).changes if one.kind is Kind.DISK)


def repair() -> Change:
    held = world(FAILING)
    return next(one for one in plan(manifest(rule(OLD)), held).changes if one.kind is Kind.DISK)


TAKEN = {(Kind.DISK, Action.ADD), (Kind.ROLE, Action.ADD)}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_and_action(kind: Kind, action: Action) -> None:
    grant = next(one for one in plan(BOTH, world()).changes if one.kind is Kind.ROLE)
    change = replace(grant if kind is Kind.ROLE else new_disk(), kind=kind, action=action)
    assert taken(change) is ((kind, action) in TAKEN)


@pytest.mark.parametrize("op", [*Op, "instance.reformat"])
def test_every_operation_alone(op: Any) -> None:
    own = new_disk()
    assert taken(replace(own, steps=(replace(own.steps[0], op=op),))) is (op == Op.INSTANCE_PUT)
    grant = next(one for one in plan(BOTH, world()).changes if one.kind is Kind.ROLE)
    assert taken(replace(grant, steps=(replace(grant.steps[0], op=op),))) is (op == Op.ROLE_PUT)


@pytest.mark.parametrize("op", [*Op, "instance.reformat"])
def test_every_operation_beside_what_an_addition_does(op: Any) -> None:
    own = new_disk()
    more = Step(op, own.steps[0].target)
    assert not taken(replace(own, steps=(*own.steps, more)))
    assert not taken(replace(own, steps=(more, *own.steps)))


@pytest.mark.parametrize(
    "said",
    [
        {"before": {}},
        {"weight": "stops"},
        {"weight": "weakens"},
        {"weight": "something new"},
        {"goal": "ProtectionStopped"},
        {"goal": ""},
        {"keeps": "all"},
        {"found": instance(NEW)},
        {"vault": None},
        {"vault": OTHER},
    ],
)
def test_a_new_disk_with_anything_unusual_is_no_addition(said: dict[str, Any]) -> None:
    assert taken(new_disk())
    assert not taken(replace(new_disk(), **said))
