"""Role assignments: which are needed, which count, which are made, verified, emitted and taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    CONTRIBUTOR,
    FORBIDDEN,
    PRINCIPAL,
    READER,
    SNAPSHOTS,
    USER,
    VAULT,
    D,
    S,
    addresses,
    at,
    change,
    closed,
    codes,
    deleted,
    disk,
    disk_id,
    errors,
    estate,
    ignore,
    instance,
    manifest,
    plan,
    role,
    role_at,
    roles_for,
    rule,
    settled,
    vault,
    vault_spec,
    wide,
    without,
)

from reconciler.model import builtin_roles
from reconciler.model.changes import UNKNOWN, Action, Op
from reconciler.model.ids import ArmId, group_id, subscription_id
from reconciler.model.names import role_name
from reconciler.model.plan import Plan
from reconciler.model.resources import Instance, RoleAssignment, UserIdentity
from reconciler.model.short_names import ShortNames
from reconciler.planning.capacity import DISK_SCOPE_LIMIT

MANAGEMENT_GROUP = ArmId("/providers/Microsoft.Management/managementGroups/m")
ROOT = ArmId("/")
SET = ArmId(f"/subscriptions/{D}/resourceGroups/keys/providers/Microsoft.Compute/diskEncryptionSets/e")
FAR_SET = ArmId(SET.text.replace(D, S))
MINE = role_at(disk_id())
SNAP = role_at(SNAPSHOTS, CONTRIBUTOR)
PLAIN_READER = builtin_roles.READER
OLD, YOUNG = timedelta(days=30), timedelta(minutes=10)


def world(*rows: Any, new: bool = False, **said: Any) -> Any:
    """The settled world with just these assignments; `new`: the disk has no instance yet."""
    rest = without(settled(), RoleAssignment, *([Instance] if new else []))
    return estate(*rest, *rows, **said)


def roles_planned(made: Plan) -> Any:
    return [one.address for one in made.changes if one.kind == "role"]


# --- what counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("on the disk", role(disk_id())),
        ("under another name", role(disk_id(), name="0" * 8)),
        ("in odd case", role(ArmId(disk_id().text.upper()), principal=PRINCIPAL.upper())),
        ("on its resource group", role(disk_id().group_id)),
        ("on its subscription", role(subscription_id(D))),
        ("on a management group above it", role(MANAGEMENT_GROUP, listed_in=(D,))),
        ("on the root", role(ROOT)),
        ("without a date", role(disk_id(), created=None)),
    ],
)
def test_an_assignment_that_reaches_the_disk_counts(what: str, row: RoleAssignment) -> None:
    assert roles_planned(plan(manifest(), world(row, role(SNAPSHOTS, CONTRIBUTOR)))) == []


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("with a condition", role(disk_id().group_id, conditional=True)),
        ("of another principal", role(disk_id(), principal="other")),
        ("of another role", role(disk_id(), PLAIN_READER)),
        ("on another disk", role(disk_id("dd"))),
        ("on a group of a similar name", role(group_id(D, "disk"))),
        ("on another subscription", role(subscription_id(S))),
        ("on a management group above another subscription", role(MANAGEMENT_GROUP, listed_in=(S,))),
    ],
)
def test_an_assignment_that_does_not_reach_it_does_not_count(what: str, row: RoleAssignment) -> None:
    assert MINE in roles_planned(plan(manifest(), world(row, role(SNAPSHOTS, CONTRIBUTOR))))


def test_what_is_missing_is_made_for_the_vaults_principal() -> None:
    made = plan(manifest(), world(new=True))
    found = change(made, MINE)
    assert found.action is Action.ADD
    (step,) = found.steps
    assert (step.op, step.target) == (Op.ROLE_PUT, disk_id())
    assert step.body == {"role": READER.guid, "principal": PRINCIPAL, "identity": "system", "vault": VAULT.text}
    assert change(made, at()).probe.roles == (MINE, SNAP)


def test_roles_of_a_protected_disk_are_made_again() -> None:
    made = plan(manifest(), world())
    assert addresses(made) == [MINE, SNAP]


def test_a_principal_that_is_made_by_this_run_is_unknown_until_then() -> None:
    made = plan(manifest(), estate(disk()))
    assert change(made, MINE).steps[0].body["principal"] == UNKNOWN
    switched_on = plan(manifest(vaults=[vault_spec(identity="system")]), world(vault(principal_id=None), new=True))
    assert change(switched_on, MINE).after["principal"] == UNKNOWN
    assert "vault/V" in change(switched_on, MINE).depends


def test_the_principal_of_a_user_assigned_identity() -> None:
    desire = manifest(vaults=[vault_spec(identity=USER)])
    world_with = world(vault(user_identities={USER.key: None}), UserIdentity(USER, "u-1"), new=True)
    body = change(plan(desire, world_with), MINE).steps[0].body
    assert (body["principal"], body["identity"]) == ("u-1", USER.key)


def test_a_user_assigned_identity_that_is_not_there_is_an_error() -> None:
    made = plan(manifest(vaults=[vault_spec(identity=USER)]), world(new=True))
    assert "vault-without-identity" in errors(made)
    assert at() not in addresses(made)


def test_a_vault_without_an_identity_is_an_error_and_its_disks_wait() -> None:
    made = plan(manifest(), world(vault(principal_id=None), new=True))
    assert errors(made) == ["vault-without-identity"]
    assert at() not in addresses(made)


def test_an_identity_that_is_declared_and_cannot_be_given_is_not_asked_for_again() -> None:
    desire = manifest(rule(disk_id("a")), vaults=[vault_spec(redundancy="LocallyRedundant", identity="system")])
    made = plan(desire, estate(vault(principal_id=None, redundancy="GeoRedundant"), disk(disk_id("a"))))
    (found,) = [one for one in made.findings if one.code == "vault-without-identity"]
    assert "its identity is declared" in found.hint
    assert "immutable-field" in errors(made)


@pytest.mark.parametrize(
    ("scope", "target"),
    [("disk", disk_id()), ("resourceGroup", disk_id().group_id), ("subscription", subscription_id(D))],
)
def test_the_declared_scope_is_where_the_reader_is_made(scope: Any, target: ArmId) -> None:
    made = plan(manifest(roles=wide(scope=scope)), world(new=True))
    assert sorted(roles_planned(made)) == sorted([role_at(target), SNAP])


def test_a_narrower_assignment_that_exists_is_not_widened() -> None:
    made = plan(manifest(roles=wide()), world(*roles_for(disk_id())))
    assert addresses(made) == []


def test_two_disks_in_odd_case_share_one_assignment_of_their_group() -> None:
    shouted = disk_id("e", subscription=D.upper(), group="DISKRG")
    desire = manifest(rule(disk_id(), shouted), roles=wide(scope="resourceGroup"))
    made = plan(desire, world(disk(shouted), new=True))
    assert len(roles_planned(made)) == 2
    assert set(change(made, at(shouted)).probe.roles) == set(roles_planned(made))


# --- disk encryption sets ---------------------------------------------------------------------------------------------


def test_a_disk_with_its_own_key_needs_the_encryption_set_read() -> None:
    made = plan(manifest(), world(disk(encryption_set=SET), *roles_for(disk_id())))
    assert roles_planned(made) == [role_at(SET, PLAIN_READER)]
    granted = world(disk(encryption_set=SET), *roles_for(disk_id()), role(SET, PLAIN_READER))
    assert addresses(plan(manifest(), granted)) == []


def test_an_encryption_set_in_a_subscription_that_was_not_listed_is_asked_about() -> None:
    things = (disk(encryption_set=FAR_SET), *roles_for(disk_id()))
    granted = {("role-count", subscription_id(S)): (role(FAR_SET, PLAIN_READER),)}
    assert addresses(plan(manifest(), world(*things), granted)) == []
    above = {("role-count", subscription_id(S)): (role(MANAGEMENT_GROUP, PLAIN_READER),)}
    assert addresses(plan(manifest(), world(*things), above)) == []
    assert addresses(plan(manifest(), world(*things))) == [role_at(FAR_SET, PLAIN_READER)]


# --- probes -----------------------------------------------------------------------------------------------------------


def probe_of(*rows: Any, **said: Any) -> Any:
    return change(plan(manifest(**said), world(*rows, new=True)), at()).probe


def test_old_assignments_need_no_probe() -> None:
    assert probe_of(*roles_for(disk_id())) is None


def test_a_young_assignment_is_worth_waiting_for() -> None:
    found = probe_of(role(disk_id(), age=YOUNG), role(SNAPSHOTS, CONTRIBUTOR))
    assert found.fresh
    assert (found.roles, found.missing) == ((), ())


def test_half_an_hour_is_old() -> None:
    assert probe_of(role(disk_id(), age=timedelta(minutes=30)), role(SNAPSHOTS, CONTRIBUTOR)) is None


def test_a_young_one_beside_an_old_one_does_not_matter() -> None:
    rows = (role(disk_id(), age=YOUNG), role(subscription_id(D)), role(SNAPSHOTS, CONTRIBUTOR))
    assert probe_of(*rows) is None


def test_disks_with_the_same_new_scopes_share_a_canary() -> None:
    names = [disk_id("a"), disk_id("b"), disk_id("c")]
    things = (*(disk(one) for one in names[:2]), disk(names[2], encryption_set=SET))
    made = plan(manifest(rule(*names), roles=wide()), world(*things, new=True))
    keys = [change(made, at(one)).probe.key for one in names]
    assert keys[0] == keys[1]
    assert keys[2] != keys[0]


# --- verify and emit --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["verify", "emit"])
def test_others_make_them_and_the_plan_says_which(mode: str) -> None:
    made = plan(manifest(roles=wide(mode, "disk")), world(new=True))
    assert roles_planned(made) == []
    found = change(made, at()).probe
    assert (found.missing, found.fresh) == ((MINE, SNAP), False)
    assert codes(made).count("role-missing") == 2
    assert [step.target for step in made.emitted] == ([disk_id(), SNAPSHOTS] if mode == "emit" else [])


@pytest.mark.parametrize("mode", ["verify", "emit"])
def test_a_protected_disk_without_its_roles_is_not_silently_fine(mode: str) -> None:
    made = plan(manifest(roles=wide(mode, "disk")), world())
    assert addresses(made) == []
    assert codes(made) == ["role-missing", "role-missing"]


def test_a_missing_role_that_two_disks_need_is_told_once() -> None:
    made = plan(manifest(rule(disk_id(), disk_id("e")), roles=wide("emit")), world(disk("e"), new=True))
    assert codes(made).count("role-missing") == len(made.emitted) == 2


def test_a_missing_role_that_is_ignored_is_left_to_the_probe() -> None:
    made = plan(manifest(ignore=(ignore("role/*"),)), world(new=True))
    assert roles_planned(made) == []
    assert change(made, at()).probe.missing == (MINE, SNAP)


def test_verify_takes_nothing_away() -> None:
    extra = role(disk_id("gone"))
    assert addresses(plan(manifest(roles=wide("verify")), world(*roles_for(disk_id()), extra))) == []


# --- conditions -------------------------------------------------------------------------------------------------------


def test_a_conditional_assignment_in_the_very_place_is_refused_since_azure_allows_one() -> None:
    row = role(disk_id(), name="0" * 8, conditional=True)
    made = plan(manifest(), world(row, role(SNAPSHOTS, CONTRIBUTOR), new=True))
    assert "role-conditional" in errors(made)
    assert at() not in addresses(made)


def test_a_condition_on_our_own_assignment_is_written_over() -> None:
    row = role(disk_id(), conditional=True)
    made = plan(manifest(), world(row, role(SNAPSHOTS, CONTRIBUTOR)))
    assert roles_planned(made) == [MINE]


def test_what_is_refused_is_refused_for_every_disk_that_needs_it() -> None:
    row = role(subscription_id(D), name="0" * 8, conditional=True)
    made = plan(manifest(rule(disk_id(), disk_id("e")), roles=wide()), world(row, disk("e"), new=True))
    assert errors(made).count("role-conditional") == 1
    assert not [one for one in made.changes if one.kind == "disk"]


# --- taking away ------------------------------------------------------------------------------------------------------


def test_ours_that_nothing_needs_goes_after_a_day() -> None:
    unused = role(disk_id("gone"))
    made = plan(manifest(), world(*roles_for(disk_id()), unused))
    found = change(made, role_at(disk_id("gone")))
    assert (found.action, [step.op for step in found.steps]) == (Action.DESTROY, [Op.ROLE_DELETE])
    assert found.steps[0].target == unused.id


@pytest.mark.parametrize(
    ("what", "row", "said"),
    [
        ("a day old", role(disk_id("gone"), age=timedelta(hours=24)), {}),
        ("of unknown age", role(disk_id("gone"), created=None), {}),
        ("not by our name", role(disk_id("gone"), name="0" * 8), {}),
        ("of another principal", role(disk_id("gone"), principal="other"), {}),
        ("of a role we never make", role(disk_id("gone"), builtin_roles.Role("0", "Owner", "owner")), {}),
        ("above all subscriptions", role(MANAGEMENT_GROUP), {}),
        ("in a vault that isn't ours", role(disk_id("gone")), {"owner": "other"}),
        ("in a vault of nobody", role(disk_id("gone")), {"owner": None}),
        ("in a vault without a system identity", role(disk_id("gone")), {"principal_id": None}),
    ],
)
def test_everything_else_stays(what: str, row: RoleAssignment, said: dict[str, Any]) -> None:
    made = plan(manifest(), world(*roles_for(disk_id()), row, vault(**said)))
    assert not [one for one in made.changes if one.action is Action.DESTROY], what


def test_a_vault_that_takes_our_mark_loses_what_nothing_needs_in_the_same_run() -> None:
    things = [*roles_for(disk_id()), role(disk_id("gone")), vault(owner=None)]
    made = plan(manifest(), world(*things), adopt=True)
    assert change(made, role_at(disk_id("gone"))).depends == ("vault/V",)


@pytest.mark.parametrize(
    "user",
    [
        instance("x", state="ProtectionStopped"),
        instance("x", state="BackupsSuspended"),
        instance("x", owner=None),
        instance("x", owner="other"),
        deleted("x"),
    ],
)
@pytest.mark.parametrize("scope", [disk_id("x"), disk_id("x").group_id, subscription_id(D)])
def test_what_an_instance_in_any_state_needs_stays(user: Instance, scope: Any) -> None:
    made = plan(manifest(), world(*roles_for(disk_id()), role(scope), user, disk("x")))
    assert not [one for one in made.changes if one.action is Action.DESTROY]


def test_the_snapshot_group_of_a_stopped_instance_keeps_its_role() -> None:
    elsewhere = group_id(D, "old-snaps")
    user = instance("x", state="ProtectionStopped", snapshot_group=elsewhere)
    made = plan(manifest(), world(*roles_for(disk_id()), role(elsewhere, CONTRIBUTOR), user, disk("x")))
    assert not [one for one in made.changes if one.action is Action.DESTROY]


@pytest.mark.parametrize(
    "user", [instance("x", state="ProtectionStopped", snapshot_group=None), deleted("x", snapshot_group=None)]
)
def test_while_azure_does_not_tell_where_an_instances_snapshots_are_no_snapshot_role_goes(user: Instance) -> None:
    row = role(group_id(D, "old-snaps"), CONTRIBUTOR)
    made = plan(manifest(), world(*roles_for(disk_id()), row, user, disk("x")))
    assert not [one for one in made.changes if one.action is Action.DESTROY]


@pytest.mark.parametrize(("is_known", "stays"), [(True, False), (False, True)])
def test_a_reader_stays_while_it_is_unknown_which_keys_the_instances_need(is_known: bool, stays: Any) -> None:
    user = instance("x", state="ProtectionStopped")
    things = [user, *([disk("x")] if is_known else [])]
    made = plan(manifest(), world(*roles_for(disk_id()), role(SET, PLAIN_READER), *things))
    assert (role_at(SET, PLAIN_READER) not in addresses(made)) is stays


def test_the_reader_of_a_set_in_use_stays() -> None:
    user = instance("x", state="ProtectionStopped")
    things = (disk("x", encryption_set=SET), user, role(SET, PLAIN_READER))
    assert addresses(plan(manifest(), world(*roles_for(disk_id()), *things))) == []


def test_a_named_disk_that_is_out_of_reach_keeps_its_role() -> None:
    desire = manifest(rule(disk_id(), disk_id("far")))
    made = plan(desire, world(*roles_for(disk_id()), role(disk_id("far"))), {"exists": FORBIDDEN})
    assert addresses(made) == []


# --- quota ------------------------------------------------------------------------------------------------------------


def rows(count: int) -> Any:
    return tuple(role(disk_id(f"q{number}"), name=f"{number:08}") for number in range(count))


@pytest.mark.parametrize(("held", "is_closed"), [(3998, False), (3999, True)])
def test_the_quota_of_a_subscription(held: Any, is_closed: bool) -> None:
    answers = {("role-count", subscription_id(D)): rows(held)}
    made = plan(manifest(), world(new=True), answers)
    assert closed(made) == (["role-quota"] if is_closed else [])
    assert closed(plan(manifest(), world(new=True), answers, force=frozenset({"role-quota"}))) == []


def test_the_gates_of_role_assignments_name_the_subscription() -> None:
    ids = [disk_id(f"d{number:03}") for number in range(501)]
    named = replace(world(*map(disk, ids), new=True), names=ShortNames({D: "payments"}))
    made = plan(manifest(rule(*ids)), named, {("role-count", subscription_id(D)): rows(4000)})
    assert [(gate.name, gate.message.rpartition(": ")[2]) for gate in made.closed_gates] == [
        ("role-quota", "payments would have 4502"),
        ("role-scope", "501 in payments"),
    ]


def test_the_quota_is_asked_only_when_something_is_added() -> None:
    asked = world(*roles_for(disk_id()))
    plan(manifest(), asked)
    assert asked.answers == {}


@pytest.mark.parametrize(
    ("count", "scope", "is_closed"), [(500, "disk", False), (501, "disk", True), (501, "resourceGroup", False)]
)
def test_five_hundred_disk_scopes_in_a_subscription(count: int, scope: Any, is_closed: bool) -> None:
    ids = [disk_id(f"d{number:03}") for number in range(count)]
    made = plan(manifest(rule(*ids), roles=wide(scope=scope)), world(*map(disk, ids), new=True))
    assert closed(made) == (["role-scope"] if is_closed else [])
    if is_closed:
        assert "resourceGroup" in made.closed_gates[0].hint
        assert DISK_SCOPE_LIMIT == 500


def test_disks_that_a_wider_assignment_reaches_need_no_scope_of_their_own() -> None:
    ids = [disk_id(f"d{number:03}") for number in range(501)]
    inherited = (role(subscription_id(D)), role(SNAPSHOTS, CONTRIBUTOR))
    made = plan(manifest(rule(*ids)), world(*map(disk, ids), *inherited, new=True))
    assert closed(made) == []


def test_assignments_of_an_identity_that_is_no_more_are_reported() -> None:
    stale = role(disk_id(), principal="long-gone")
    other = role(disk_id(), principal="somebody", name="0" * 8)
    answers = {("role-count", subscription_id(D)): (stale, other)}
    made = plan(manifest(), world(UserIdentity(USER, "u-1"), new=True), answers)
    assert [one.address for one in made.findings if one.code == "role-left-behind"] == [stale.id.text]


def test_the_name_holds_scope_role_and_principal() -> None:
    assert role(disk_id()).id.name == role_name(disk_id(), READER.guid, PRINCIPAL)
