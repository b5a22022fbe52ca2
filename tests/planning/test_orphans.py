"""What the manifest no longer names: orphans, retained ones, removals, disks that are gone, vaults left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan_builders import (
    FORBIDDEN,
    GONE,
    NAME,
    NOW,
    SHORTER,
    UNSURE,
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
    lock,
    manifest,
    place,
    plan,
    policy,
    removed,
    roles_for,
    rule,
    selector,
    settled,
    soft,
    steps,
    there,
    vault,
    vault_spec,
)

from reconciler.model.changes import Action, FieldChange, Kind, Op
from reconciler.model.findings import Severity
from reconciler.model.ids import vault_id
from reconciler.model.known import Yes
from reconciler.model.plan import Plan
from reconciler.model.resources import OwnedVault

LEFT = at("x")
LOST = vault_id(S, "vaultrg", "Lost")


def world(*things: Any) -> Any:
    """The settled world, another disk `x`, and what is said of it."""
    return estate(*settled(), disk("x"), *things)


def orphan(**said: Any) -> Any:
    return instance("x", **said)


def destroyed(made: Plan) -> Any:
    return [one.address for one in made.changes if one.action is Action.DESTROY]


# --- orphans ----------------------------------------------------------------------------------------------------------


def test_an_orphan_is_reported_and_left_alone() -> None:
    made = plan(manifest(), world(orphan()))
    (found,) = made.findings
    assert (found.code, found.address, found.drift, found.severity) == ("orphan", LEFT, "orphaned", Severity.WARNING)
    assert addresses(made) == []


@pytest.mark.parametrize("state", ["ProtectionConfigured", "BackupsSuspended", "ProtectionError", "Levitating"])
def test_prune_stops_it_and_keeps_the_data(state: str) -> None:
    made = plan(manifest(), world(orphan(state=state)), prune=True)
    found = change(made, LEFT)
    assert steps(made, LEFT) == ["instance.stop"]
    assert (found.goal, found.weight, found.drift) == ("ProtectionStopped", "stops", "orphaned")
    assert found.fields[0].after == "stopped"
    assert codes(made) == []


def test_a_stopped_orphan_is_retained_and_no_difference() -> None:
    made = plan(manifest(), world(orphan(state="protectionSTOPPED")), prune=True)
    assert addresses(made) == []
    assert [(one.code, one.severity, one.drift) for one in made.findings] == [("retained", Severity.INFO, "")]


def test_an_orphan_that_azure_works_on_is_not_pruned_yet() -> None:
    made = plan(manifest(), world(orphan(state="UpdatingProtection")), prune=True)
    assert (addresses(made), codes(made)) == ([], ["orphan", "in-progress"])
    assert [wait.goal for wait in made.waits] == ["at rest"]


@pytest.mark.parametrize("owner", ["other", "heir"])
def test_what_is_not_ours_is_no_orphan(owner: str | None) -> None:
    made = plan(manifest(hands_over_to=("heir",)), world(orphan(owner=owner)), prune=True)
    assert (addresses(made), codes(made)) == ([], [])


def test_what_bears_no_mark_is_unmanaged_and_counted_by_vault() -> None:
    made = plan(manifest(), world(orphan(owner=None), instance("y", owner=None), disk("y")), prune=True, adopt=True)
    (found,) = made.findings
    assert (found.code, found.address, found.severity) == ("unmanaged", VAULT.text, Severity.INFO)
    assert found.message.startswith("the vault holds 2 backup instances")
    assert addresses(made) == []


def test_unmanaged_ones_of_a_vault_that_was_not_read_bear_its_id() -> None:
    made = plan(manifest(), world(orphan(owner=None, of=LOST)))
    assert made.findings[0].address == LOST.key


def test_other_kinds_of_data_are_never_looked_at() -> None:
    made = plan(manifest(), world(orphan(disk=None), orphan(disk=None, owner=None, of=LOST)), prune=True)
    assert (addresses(made), codes(made)) == ([], [])


def test_orphans_are_found_in_every_vault_that_bears_our_mark() -> None:
    made = plan(manifest(), world(vault(LOST), orphan(of=LOST)), prune=True)
    assert addresses(made) == [LEFT]


def test_former_names_leave_orphans_too() -> None:
    assert codes(plan(manifest(formerly=("old",)), world(orphan(owner="old")))) == ["orphan"]


def test_while_handing_over_nothing_is_pruned() -> None:
    made = plan(manifest(hands_over_to=("heir",)), world(orphan()), prune=True)
    assert (addresses(made), codes(made)) == ([], ["orphan"])


def test_an_ignored_orphan_is_not_pruned() -> None:
    made = plan(manifest(ignore=(ignore("disk/*/x"),)), world(orphan()), prune=True)
    assert addresses(made) == []


def test_pruning_leaves_protection_alone_that_is_ignored() -> None:
    made = plan(manifest(ignore=(ignore("disk/*/x", "protection"),)), world(orphan()), prune=True)
    assert addresses(made) == []
    assert {"orphan", "ignored"} <= set(codes(made))
    other = plan(manifest(ignore=(ignore("disk/*/x", "policy"),)), world(orphan()), prune=True)
    assert addresses(other) == [LEFT]


def test_an_orphan_under_a_guard_needs_a_request() -> None:
    things = (vault(guarded=True), orphan())
    assert errors(plan(manifest(), world(*things), prune=True)) == ["resource-guard"]
    made = plan(manifest(), world(*things), prune=True, guard_requests={VAULT.key: ("r",)})
    assert change(made, LEFT).steps[0].guard == ("r",)


def test_a_read_only_lock_keeps_an_orphan_from_being_pruned() -> None:
    assert errors(plan(manifest(), world(orphan(), lock(VAULT)), prune=True)) == ["locked"]


# --- disks that are gone ----------------------------------------------------------------------------------------------


def test_a_disk_that_is_gone_is_drift_of_its_own_class_and_prune_leaves_it() -> None:
    made = plan(manifest(), estate(*settled(), orphan()), prune=True)
    assert addresses(made) == []
    assert [(one.code, one.severity, one.drift) for one in made.findings] == [("disk-gone", Severity.WARNING, "gone")]


def test_a_stopped_instance_of_a_disk_that_is_gone_is_retained_without_a_question() -> None:
    asked = estate(*settled(), orphan(state="ProtectionStopped"))
    assert codes(plan(manifest(), asked)) == ["retained"]
    assert asked.answers == {}


@pytest.mark.parametrize(("answer", "code"), [(FORBIDDEN, "out-of-reach"), (UNSURE, "not-known")])
def test_a_disk_that_nobody_can_tell_of_is_an_error_and_never_pruned(answer: Any, code: str) -> None:
    made = plan(manifest(), estate(*settled(), orphan()), {"exists": answer}, prune=True)
    assert (addresses(made), errors(made)) == ([], [code])
    assert (made.errors[0].drift, bool(made.errors[0].hint)) == ("out-of-reach", True)


def test_a_list_that_lacks_a_disk_that_is_there_proves_nothing() -> None:
    made = plan(manifest(), estate(*settled(), orphan()), {"exists": there()}, prune=True)
    assert (addresses(made), errors(made)) == ([], ["list-incomplete"])


def test_a_disk_whose_subscription_was_not_listed_is_asked_for_and_pruned() -> None:
    far = disk_id("x", subscription=S)
    made = plan(manifest(), estate(*settled(), instance(far)), {"exists": there()}, prune=True)
    assert addresses(made) == [at(far)]


# --- removed ----------------------------------------------------------------------------------------------------------


def leaving(data: str = "retain", **said: Any) -> Any:
    return manifest(removed=(removed(disk_id("X"), data),), **said)


@pytest.mark.parametrize("owner", [NAME, None])
@pytest.mark.parametrize("state", ["ProtectionConfigured", "BackupsSuspended", "ProtectionError"])
def test_retaining_stops_protection_at_a_plain_apply(owner: str | None, state: str) -> None:
    made = plan(leaving(), world(orphan(owner=owner, state=state)))
    found = change(made, LEFT)
    assert (steps(made, LEFT), found.action, found.weight) == (["instance.stop"], Action.CHANGE, "stops")
    assert found.drift == "not-yet-applied"
    assert "ticket 1" in found.reason
    assert closed(made) == []


def test_retained_already_is_satisfied() -> None:
    made = plan(leaving(), world(orphan(state="ProtectionStopped")))
    assert (addresses(made), codes(made)) == ([], ["retained"])


@pytest.mark.parametrize(("data", "things"), [("retain", ()), ("delete", ()), ("delete", (deleted("x"),))])
def test_nothing_there_is_satisfied(data: str, things: Any) -> None:
    made = plan(leaving(data), world(*things))
    assert (addresses(made), codes(made), closed(made)) == ([], [], [])


def test_what_is_retained_comes_back_where_somebody_deleted_it() -> None:
    found = change(plan(leaving(), world(deleted("x"))), LEFT)
    assert ([step.op for step in found.steps], found.goal) == ([Op.INSTANCE_UNDELETE], "ProtectionStopped")
    assert (found.fields, found.place) == ((FieldChange("protection", "soft-deleted", "stopped"),), place(80))
    assert found.weight == "", "nothing is lost by it"


@pytest.mark.parametrize(
    ("deleted_too", "answer", "told"),
    [
        (deleted("x", owner="other"), GONE, ["managed-elsewhere"]),
        (deleted("x"), there(), ["list-incomplete"]),
        (deleted("x"), FORBIDDEN, ["out-of-reach"]),
    ],
)
def test_what_is_retained_does_not_come_back_on_less_than_certainty(deleted_too: Any, answer: Any, told: Any) -> None:
    made = plan(leaving(), world(deleted_too), {"exists": answer})
    assert (addresses(made), errors(made)) == ([], told)


def test_what_came_back_already_is_not_brought_back_again() -> None:
    back = replace(deleted("x"), deleted=False, state="ProtectionStopped")
    back = replace(back, id=VAULT.child("backupInstances", back.id.name))
    made = plan(leaving(), world(deleted("x"), back))
    assert (addresses(made), codes(made)) == ([], ["retained"])


@pytest.mark.parametrize("state", ["ProtectionConfigured", "ProtectionStopped", "BackupsSuspended"])
def test_deleting_needs_the_exact_count(state: str) -> None:
    made = plan(leaving("delete"), world(orphan(state=state)), allow_delete=2)
    found = change(made, LEFT)
    assert (found.action, found.steps[0].op, found.after, found.goal) == (
        Action.DESTROY,
        Op.INSTANCE_DELETE,
        None,
        "gone",
    )
    assert closed(made) == ["allow-delete"]
    assert "--allow-delete 1" in made.closed_gates[0].hint
    assert closed(plan(leaving("delete"), world(orphan()), allow_delete=0)) == ["allow-delete"]
    assert closed(plan(leaving("delete"), world(orphan()), allow_delete=1)) == []


@pytest.mark.parametrize("force", [frozenset(), frozenset({"allow-delete"})])
def test_a_deletion_without_its_key_is_left_out_and_closes_nothing(force: frozenset[str]) -> None:
    made = plan(leaving("delete"), world(orphan(), disk(disk_id("new"))), force=force)
    assert (destroyed(made), closed(made), errors(made)) == ([], [], [])
    (told,) = (one for one in made.findings if one.code == "deletion-due")
    assert (told.address, told.drift, told.severity) == (LEFT, "not-yet-applied", "warning")
    assert "--allow-delete 1" in told.hint
    (gate,) = made.gates
    assert (gate.name, gate.is_local, gate.is_open, gate.addresses) == ("allow-delete", True, False, (LEFT,))


def test_the_key_to_deletions_counts_what_only_leaves() -> None:
    desire = manifest(removed=(removed(disk_id("x"), "delete"), removed(disk_id("y"), "delete")))
    things = world(orphan(), instance(disk_id("y")))
    assert "--allow-delete 2" in plan(desire, things).findings[0].hint
    narrowed = plan(desire, things, only=(LEFT,))
    assert [("--allow-delete 1" in one.hint, one.address) for one in narrowed.findings] == [(True, LEFT)]


@pytest.mark.parametrize("allow", [None, 0])
def test_without_deletions_no_count_is_needed(allow: int | None) -> None:
    assert closed(plan(manifest(), world(), allow_delete=allow)) == []


def test_a_count_without_deletions_is_a_mistake() -> None:
    assert closed(plan(manifest(), world(), allow_delete=1)) == ["allow-delete"]


@pytest.mark.parametrize(
    ("what", "has", "is_closed"),
    [
        ("on", {}, False),
        ("always on", {"soft_delete_state": "ALWAYSON"}, False),
        ("off", {"soft_delete_state": "OFF"}, True),
        ("unsaid", {"soft_delete_state": None}, True),
    ],
)
def test_deleting_where_soft_delete_is_off_is_irreversible(what: str, has: dict[str, Any], is_closed: bool) -> None:
    made = plan(leaving("delete"), world(vault(**has), orphan()), allow_delete=1)
    assert closed(made) == (["irreversible"] if is_closed else []), what
    kept = plan(leaving("delete"), world(vault(**has), orphan()), allow_delete=1, accept_irreversible=True)
    assert closed(kept) == []


@pytest.mark.parametrize(("state", "further"), [("Off", 2), ("On", 0)])
def test_what_only_a_disk_deleted_for_good_needed_goes_after_it(state: str, further: int) -> None:
    own = policy(SHORTER)
    things = [vault(soft_delete_state=state), own, *roles_for(disk_id("x")), orphan(policy=own.id)]
    later = NOW + timedelta(days=2)
    made = plan(leaving("delete"), world(*things), now=later, allow_delete=1, accept_irreversible=True)
    assert destroyed(made)[0] == LEFT
    assert [one.kind for one in made.changes[1:]] == [Kind.POLICY, Kind.ROLE][:further]
    assert all(one.depends == (LEFT,) for one in made.changes[1:])


def test_deleting_from_a_vault_that_was_not_read_is_irreversible() -> None:
    made = plan(leaving("delete"), world(orphan(of=LOST)), allow_delete=1)
    assert closed(made) == ["irreversible"]


def test_turning_soft_delete_off_in_the_same_run_makes_a_deletion_irreversible() -> None:
    desire = leaving("delete", vaults=[vault_spec(**soft("Off"))])
    made = plan(desire, world(orphan()), allow_delete=1, force=frozenset({"weakens-protection"}))
    assert closed(made) == ["irreversible"]


def test_removed_beats_a_selector() -> None:
    desire = leaving()
    desire = manifest(rule(select=selector(subscriptions=(D,))), removed=desire.removed)
    assert steps(plan(desire, world(orphan())), LEFT) == ["instance.stop"]


def test_another_manifests_instance_is_not_removed() -> None:
    made = plan(leaving("delete"), world(orphan(owner="other")), allow_delete=1)
    assert errors(made) == ["managed-elsewhere"]
    assert destroyed(made) == []


@pytest.mark.parametrize("data", ["retain", "delete"])
def test_what_was_handed_over_is_its_heirs_to_remove(data: str) -> None:
    made = plan(leaving(data, hands_over_to=("heir",)), world(orphan(owner="heir")))
    assert (addresses(made), codes(made)) == ([], [])


def test_what_azure_works_on_is_removed_later() -> None:
    made = plan(leaving("delete"), world(orphan(state="ConfiguringProtection")))
    assert (addresses(made), codes(made)) == ([], ["in-progress"])


@pytest.mark.parametrize(("data", "told"), [("retain", "instance-deleting"), ("delete", "in-progress")])
def test_what_is_being_deleted_already_is_what_removed_asks_for_or_is_not(data: str, told: str) -> None:
    made = plan(leaving(data), world(orphan(state="SoftDeleting")), allow_delete=0)
    assert (addresses(made), codes(made), len(made.waits)) == ([], [told], 1)


def test_an_orphan_on_its_way_out_is_not_pruned() -> None:
    made = plan(manifest(), world(orphan(state="SoftDeleting")), prune=True)
    assert (addresses(made), len(made.waits)) == ([], 1)


def test_removing_works_on_a_disk_that_is_gone() -> None:
    made = plan(leaving(), estate(*settled(), orphan()))
    assert steps(made, LEFT) == ["instance.stop"]


def test_a_delete_lock_keeps_an_instance() -> None:
    made = plan(leaving("delete"), world(orphan(), lock(VAULT, "CanNotDelete")), allow_delete=1)
    assert (destroyed(made), errors(made)) == ([], ["locked"])


def test_a_deletion_under_a_guard_needs_a_request() -> None:
    made = plan(leaving("delete"), world(vault(guarded=True), orphan()), allow_delete=1)
    assert errors(made) == ["resource-guard"]


def test_what_a_deletion_says() -> None:
    found = change(plan(leaving("delete"), world(orphan()), allow_delete=1), LEFT)
    assert found.fields == (FieldChange("protection", "protected", None),)
    assert found.before["instance"] == orphan().id.text
    assert found.place == place(80)


# --- vaults left behind -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "owner", "is_told"),
    [(LOST, NAME, True), (LOST, NAME.upper(), True), (LOST, "old", True), (LOST, "other", False), (VAULT, NAME, False)],
)
def test_a_vault_with_our_mark_outside_of_what_was_read(own: Any, owner: str | None, is_told: bool) -> None:
    rows = Yes((OwnedVault(own, owner),))
    made = plan(manifest(formerly=("old",)), estate(*settled(), owned_vaults=rows), {("exists", LOST): there()})
    assert codes(made) == (["orphaned-vault"] if is_told else [])
    assert addresses(made) == []


@pytest.mark.parametrize(("answer", "code"), [(GONE, []), (FORBIDDEN, ["out-of-reach"]), (UNSURE, ["not-known"])])
def test_a_vault_with_our_mark_is_looked_at_by_its_id(answer: Any, code: list[str]) -> None:
    rows = Yes((OwnedVault(LOST, NAME),))
    made = plan(manifest(), estate(*settled(), owned_vaults=rows), {("exists", LOST): answer})
    assert codes(made) == code


def test_marks_that_nobody_can_tell_of_are_an_error_and_stop_nothing() -> None:
    made = plan(manifest(), estate(*settled(), owned_vaults=UNSURE), prune=True)
    assert (addresses(made), errors(made)) == ([], ["not-known"])
    assert "mark of" in made.errors[0].message
