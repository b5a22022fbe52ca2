"""Vaults: every field that can be declared against every way in which Azure may have it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import (
    FORBIDDEN,
    GONE,
    GUARD,
    NAME,
    UNSURE,
    USER,
    VAULT,
    S,
    addresses,
    at,
    change,
    closed,
    codes,
    disk,
    disk_id,
    errors,
    estate,
    group,
    ignore,
    manifest,
    plan,
    rule,
    settled,
    soft,
    steps,
    there,
    vault,
    vault_spec,
    without,
)

from reconciler.model.changes import Action, FieldChange
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest
from reconciler.model.resources import DeletedVault, UserIdentity, Vault
from reconciler.model.tags import OWNER_TAG
from reconciler.planning import vault_fields

ME = "vault/V"


def compared(said: dict[str, Any], has: dict[str, Any], **flags: Any) -> Any:
    """The plan of the settled world, but for what is said of the vault and what it has."""
    desire = manifest(vaults=[vault_spec(**said)])
    return plan(desire, estate(*without(settled(), Vault), vault(**has)), **flags)


@pytest.mark.parametrize(
    ("said", "has"),
    [
        ({}, {}),
        (soft("AlwaysOn"), {"soft_delete_state": "alwayson"}),
        (soft("AlwaysOn"), {"soft_delete_state": "ALWAYSON"}),
        (soft("Off"), {"soft_delete_state": "off"}),
        ({"cross_subscription_restore": "PermanentlyDisabled"}, {"cross_subscription_restore": "permanentlydisabled"}),
        ({"redundancy": "LocallyRedundant"}, {}),
        ({"redundancy": "GeoRedundant"}, {"redundancy": "GEOREDUNDANT"}),
        (soft("On", 14), {}),
        (soft("On"), {"soft_delete_state": "ON", "soft_delete_retention_days": 30.0}),
        (soft("Off"), {"soft_delete_state": "OFF", "soft_delete_retention_days": 0.0}),
        (soft("Off", 14), {"soft_delete_state": "Off", "soft_delete_retention_days": 0.0}),
        (soft(None, 30), {"soft_delete_state": "Off", "soft_delete_retention_days": 0.0}),
        (soft(None, 14), {}),
        (soft("AlwaysOn", 14), {"soft_delete_state": "AlwaysOn"}),
        ({"immutability": "Disabled"}, {"immutability": "DISABLED"}),
        ({"immutability": "Unlocked"}, {"immutability": "unlocked"}),
        ({"alerts_for_all_job_failures": False}, {"alerts_for_all_job_failures": "Disabled"}),
        ({"alerts_for_all_job_failures": True}, {"alerts_for_all_job_failures": "enabled"}),
        ({"cross_region_restore": False}, {"cross_region_restore": None}),
        ({"cross_region_restore": True}, {"cross_region_restore": "Enabled"}),
        ({"cross_subscription_restore": False}, {"cross_subscription_restore": "Disabled"}),
        ({"cross_subscription_restore": True}, {"cross_subscription_restore": "ENABLED"}),
        ({"identity": "system"}, {}),
        ({"identity": "system"}, {"user_identities": {USER.key: None}}),
        ({"tags": {"Team": "pay"}}, {"tags": {"team": "pay"}}),
        ({"tags": {"Team": None}}, {}),
        ({"default_tags": {"cost": "1"}}, {"tags": {"COST": "1"}}),
        ({"default_tags": {"Cost": "1"}, "tags": {"cost": None}}, {}),
        ({"default_tags": {"Cost": "1"}, "tags": {"cost": "2"}}, {"tags": {"Cost": "2"}}),
        (
            {},
            {
                "tags": {"other": "x"},
                "immutability": "Locked",
                "alerts_for_all_job_failures": "Enabled",
                "cross_region_restore": "Enabled",
            },
        ),
    ],
)
def test_what_is_satisfied_is_no_change(said: dict[str, Any], has: dict[str, Any]) -> None:
    made = compared(said, has)
    assert addresses(made) == []
    assert codes(made) == []


@pytest.mark.parametrize(
    ("said", "has", "body"),
    [
        (
            soft("On", 30),
            {},
            {
                "properties": {
                    "securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 30.0}}
                }
            },
        ),
        (
            soft("On"),
            {"soft_delete_state": None, "soft_delete_retention_days": None},
            {"properties": {"securitySettings": {"softDeleteSettings": {"state": "On"}}}},
        ),
        (
            soft("On", 30),
            {"soft_delete_state": "AlwaysOn"},
            {
                "properties": {
                    "securitySettings": {"softDeleteSettings": {"state": "AlwaysOn", "retentionDurationInDays": 30.0}}
                }
            },
        ),
        (
            {"immutability": "Unlocked"},
            {},
            {"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}},
        ),
        (
            {"alerts_for_all_job_failures": True},
            {"alerts_for_all_job_failures": "Disabled"},
            {
                "properties": {
                    "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}}
                }
            },
        ),
        (
            {"cross_subscription_restore": True},
            {},
            {"properties": {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Enabled"}}}},
        ),
        (
            {"cross_subscription_restore": False},
            {"cross_subscription_restore": "Enabled"},
            {"properties": {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Disabled"}}}},
        ),
        (
            {"tags": {"team": "pay", "old": None}},
            {"tags": {"Team": "ops", "Old": "x", "other": "y"}},
            {"tags": {"Team": "pay", "other": "y", OWNER_TAG: NAME}},
        ),
        ({"default_tags": {"cost": "1"}}, {"tags": {"a": "b"}}, {"tags": {"a": "b", "cost": "1", OWNER_TAG: NAME}}),
    ],
)
def test_what_differs_is_patched_with_the_changed_blocks_alone(
    said: dict[str, Any], has: dict[str, Any], body: Any
) -> None:
    made = compared(said, has)
    assert steps(made, ME) == ["vault.patch"]
    assert change(made, ME).steps[0].body == body
    assert closed(made) == []
    assert made.errors == ()


@pytest.mark.parametrize(
    ("said", "has", "code"),
    [
        ({"location": "eastus"}, {}, "immutable-field"),
        ({"redundancy": "GeoRedundant"}, {}, "immutable-field"),
        (soft("Off"), {"soft_delete_state": "AlwaysOn"}, "one-way-door"),
        ({"immutability": "Disabled"}, {"immutability": "Locked"}, "one-way-door"),
        ({"cross_region_restore": False}, {"cross_region_restore": "Enabled"}, "one-way-door"),
        ({"cross_subscription_restore": True}, {"cross_subscription_restore": "PermanentlyDisabled"}, "one-way-door"),
    ],
)
def test_what_azure_cannot_take_back_is_refused_and_nothing_of_the_vault_is_written(
    said: dict[str, Any], has: dict[str, Any], code: str
) -> None:
    made = compared({**said, "tags": {"team": "pay"}}, has)
    assert code in errors(made)
    assert ME not in addresses(made)


def test_a_refused_vault_does_not_stop_its_disks() -> None:
    desire = manifest(rule(disk_id(), disk_id("e")), vaults=[vault_spec(redundancy="GeoRedundant")])
    made = plan(desire, estate(*settled(), disk("e")))
    assert errors(made) == ["immutable-field"]
    assert at("e") in addresses(made)


@pytest.mark.parametrize(
    ("said", "has"),
    [
        (soft("On"), {"soft_delete_state": "ALWAYSON"}),
        ({"immutability": "Unlocked"}, {"immutability": "Locked"}),
        ({"cross_subscription_restore": False}, {"cross_subscription_restore": "PermanentlyDisabled"}),
    ],
)
def test_more_than_declared_satisfies(said: dict[str, Any], has: dict[str, Any]) -> None:
    made = compared(said, has)
    assert addresses(made) == []
    assert codes(made) == ["stronger-than-declared"]
    assert made.errors == ()


@pytest.mark.parametrize(
    ("said", "has"),
    [
        (soft("AlwaysOn"), {}),
        (soft("AlwaysOn"), {"soft_delete_state": "Off"}),
        ({"immutability": "Locked"}, {}),
        ({"immutability": "Locked"}, {"immutability": "Unlocked"}),
        ({"cross_region_restore": True}, {"redundancy": "GeoRedundant"}),
    ],
)
def test_one_way_doors_need_a_second_key(said: dict[str, Any], has: dict[str, Any]) -> None:
    assert closed(compared(said, has)) == ["irreversible"]
    assert closed(compared(said, has, accept_irreversible=True)) == []
    assert closed(compared(said, has, force=frozenset({"irreversible"}))) == []


@pytest.mark.parametrize(
    ("said", "has"),
    [
        (soft("Off"), {}),
        (soft("On", 14), {"soft_delete_retention_days": 30.0}),
        (soft("On", 29), {"soft_delete_retention_days": 30.0}),
        (soft("On", 14), {"soft_delete_retention_days": 14.5}),
        (soft("AlwaysOn", 14), {"soft_delete_state": "AlwaysOn", "soft_delete_retention_days": 30.0}),
        ({"immutability": "Disabled"}, {"immutability": "Unlocked"}),
        ({"alerts_for_all_job_failures": False}, {"alerts_for_all_job_failures": "Enabled"}),
    ],
)
def test_weakening_needs_a_second_key(said: dict[str, Any], has: dict[str, Any]) -> None:
    assert closed(compared(said, has)) == ["weakens-protection"]
    assert closed(compared(said, has, force=frozenset({"weakens-protection"}))) == []


def test_a_gate_tells_every_reason() -> None:
    made = compared({**soft("Off"), "immutability": "Disabled"}, {"immutability": "Unlocked"})
    (gate,) = made.closed_gates
    assert "softDelete.state" in gate.message
    assert "immutability" in gate.message


def test_turning_soft_delete_off_writes_no_days() -> None:
    made = compared(soft("Off"), {})
    body = change(made, ME).steps[0].body
    assert body["properties"]["securitySettings"]["softDeleteSettings"] == {"state": "Off"}


def test_an_unknown_word_of_azure_is_shown_as_it_is() -> None:
    found = vault_fields.live(vault(immutability="SuperLocked", soft_delete_retention_days=14.5), ())
    assert found["immutability"] == "SuperLocked"
    assert found["softDelete.retentionDays"] == 14.5


# --- making one -------------------------------------------------------------------------------------------------------


def test_a_missing_vault_is_made_whole() -> None:
    spec = vault_spec(
        **soft("On", 14),
        immutability="Unlocked",
        alerts_for_all_job_failures=True,
        cross_region_restore=False,
        cross_subscription_restore=True,
        tags={"team": "pay", "cost": None},
        default_tags={"Cost": "1", "env": "test"},
    )
    made = plan(manifest(vaults=[spec]), estate(disk()))
    made_vault = change(made, ME)
    assert made_vault.action is Action.ADD
    assert made_vault.depends == (f"group/{S}/vaultrg",)
    assert made_vault.steps[0].body == {
        "identity": {"type": "SystemAssigned"},
        "location": "westus",
        "tags": {"env": "test", "team": "pay", OWNER_TAG: NAME},
        "properties": {
            "featureSettings": {
                "crossRegionRestoreSettings": {"state": "Disabled"},
                "crossSubscriptionRestoreSettings": {"state": "Enabled"},
            },
            "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
            "securitySettings": {
                "immutabilitySettings": {"state": "Unlocked"},
                "softDeleteSettings": {"retentionDurationInDays": 14.0, "state": "On"},
            },
            "storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}],
        },
    }
    (mark,) = made.marks
    assert (mark.address, mark.vault, mark.tag, mark.before) == (ME, VAULT, "reconciler-applied", "")


def test_a_new_vault_stands_before_one_way_doors_but_weakens_nothing() -> None:
    said = {**soft("AlwaysOn"), "immutability": "Disabled", "alerts_for_all_job_failures": False}
    assert closed(plan(manifest(vaults=[vault_spec(**said)]), estate(disk()))) == ["irreversible"]
    assert closed(plan(manifest(vaults=[vault_spec(**soft("Off"))]), estate(disk()))) == []


def test_a_new_vault_with_a_user_assigned_identity() -> None:
    desire = manifest(vaults=[vault_spec(identity=USER)])
    made = plan(desire, estate(disk(), UserIdentity(USER, "u-1")))
    assert change(made, ME).steps[0].body["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {USER.text: {}},
    }
    details = change(made, at()).steps[0].body["properties"]["identityDetails"]
    assert details == {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": USER.text}


def test_a_vault_that_the_list_lacks_but_is_there_is_not_made_again() -> None:
    made = plan(manifest(), estate(disk()), {("exists", VAULT): there(vault())})
    assert "list-incomplete" in errors(made)
    assert not [one for one in addresses(made) if not one.startswith("group/")]


@pytest.mark.parametrize(("answer", "code"), [(FORBIDDEN, "out-of-reach"), (UNSURE, "not-known")])
def test_a_vault_that_nobody_can_tell_of_is_an_error_and_its_disks_wait(answer: Any, code: str) -> None:
    made = plan(manifest(), estate(disk(), group()), {("exists", VAULT): answer})
    assert code in errors(made)
    assert {one.drift for one in made.errors} == {"out-of-reach"}
    assert at() not in addresses(made)


def test_a_soft_deleted_vault_refuses_its_name_until_it_is_forced() -> None:
    answers = {"deleted-vault": DeletedVault(ArmId("/x"), "2026-06-01T00:00:00Z")}
    made = plan(manifest(), estate(disk()), answers)
    assert errors(made) == ["vault-soft-deleted"]
    assert "2026-06-01" in made.errors[0].message
    assert not [one for one in addresses(made) if not one.startswith("group/")]
    forced = plan(manifest(), estate(disk()), answers, force=frozenset({"deleted-vault"}))
    assert steps(forced, ME) == ["vault.put"]


@pytest.mark.parametrize(("state", "is_refused"), [("On", True), (None, True), ("AlwaysOn", False)])
def test_newer_api_versions_make_vaults_with_soft_delete_always_on_only(state: str, is_refused: bool) -> None:
    desire = manifest(vaults=[vault_spec(**soft(state))])
    made = plan(desire, estate(disk()), api_version="2025-09-01", accept_irreversible=True)
    assert ("one-way-door" in errors(made)) is is_refused
    assert (ME in addresses(made)) is not is_refused


def test_a_vault_that_is_being_deleted_is_an_error_and_never_written() -> None:
    made = plan(
        manifest(rule(disk_id(), disk_id("e"))), estate(*settled(), disk("e"), vault(provisioning_state="Deleting"))
    )
    assert errors(made) == ["vault-deleting"]
    assert addresses(made) == []


# --- whose it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", [None, "other"])
def test_a_vault_of_nobody_or_another_that_is_as_declared_is_used_and_left_alone(owner: str | None) -> None:
    made = compared({}, {"owner": owner})
    assert addresses(made) == []
    assert codes(made) == []
    assert made.marks == ()


def test_another_manifests_vault_is_never_changed() -> None:
    made = compared({"alerts_for_all_job_failures": True}, {"owner": "Other"})
    assert errors(made) == ["managed-elsewhere"]
    assert "Other" in made.errors[0].message
    assert addresses(made) == []


def test_a_vault_that_was_handed_over_is_no_conflict() -> None:
    desire = manifest(vaults=[vault_spec(alerts_for_all_job_failures=True)], hands_over_to=("heir",))
    made = plan(desire, estate(*settled(), vault(owner="heir")), adopt=True)
    assert (addresses(made), codes(made)) == ([], [])


def test_adopting_writes_the_mark_and_the_default_tags_at_once() -> None:
    has = {"owner": None, "tags": {"a": "b"}}
    made = compared({"default_tags": {"cost": "1"}}, has, adopt=True)
    assert change(made, ME).steps[0].body == {"tags": {"a": "b", "cost": "1", OWNER_TAG: NAME}}
    assert [mark.vault for mark in made.marks] == [VAULT]
    assert compared({}, has, adopt=True).changes[0].reason == "gets this manifest's mark"


def test_any_other_write_of_an_unmarked_vault_takes_the_mark_along() -> None:
    made = compared({"alerts_for_all_job_failures": True}, {"owner": None})
    assert change(made, ME).after[f"tags.{OWNER_TAG}"] == NAME
    assert change(made, ME).reason == "its declared fields differ"


def test_marks_of_former_names_are_ours_and_rewritten_with_the_next_write() -> None:
    quiet = manifest(formerly=("Old",))
    world = estate(*settled(), vault(owner="old"))
    assert addresses(plan(quiet, world)) == []
    assert change(plan(quiet, world, adopt=True), ME).fields == (FieldChange(f"tags.{OWNER_TAG}", "old", NAME),)


def test_an_unmanaged_vault_is_read_and_never_written() -> None:
    said = {"manage": False}
    assert addresses(compared(said, {"owner": None}, adopt=True)) == []
    made = compared({**said, "alerts_for_all_job_failures": True}, {"owner": None})
    assert errors(made) == ["vault-differs"]
    assert addresses(made) == []


def test_an_unmanaged_vault_that_is_missing_is_an_error_and_its_disks_wait() -> None:
    made = plan(manifest(vaults=[vault_spec(manage=False)]), estate(disk(), group()))
    assert errors(made) == ["vault-missing"]
    assert addresses(made) == []
    assert "waits-for" in codes(made)


# --- identities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identity", "has", "body"),
    [
        ("system", {"principal_id": None}, {"type": "SystemAssigned"}),
        (
            "system",
            {"principal_id": None, "user_identities": {USER.key: "u-1"}},
            {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {USER.key: {}}},
        ),
        (USER, {}, {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {USER.text: {}}}),
        (USER, {"principal_id": None}, {"type": "UserAssigned", "userAssignedIdentities": {USER.text: {}}}),
    ],
)
def test_identities_are_added_and_never_taken_away(identity: Any, has: dict[str, Any], body: Any) -> None:
    made = plan(
        manifest(vaults=[vault_spec(identity=identity)]),
        estate(*without(settled(), Vault), vault(**has), UserIdentity(USER, "u-1")),
    )
    assert change(made, ME).steps[0].body["identity"] == body


def test_the_plan_says_which_identity_stays() -> None:
    made = plan(manifest(vaults=[vault_spec(identity=USER)]), estate(*settled(), UserIdentity(USER, "u-1")))
    assert change(made, ME).detail == ("the vault keeps its identity system",)


def test_a_user_assigned_identity_that_the_vault_has_satisfies() -> None:
    made = plan(
        manifest(vaults=[vault_spec(identity=USER)]),
        estate(*settled(), vault(user_identities={USER.key: "u-1"}), UserIdentity(USER, "u-1")),
    )
    assert ME not in addresses(made)


# --- resource guards --------------------------------------------------------------------------------------------------


def guarded_by(guard: Any) -> Any:
    return {"exists": there(body={"properties": {"resourceGuardResourceId": str(guard).upper()}})}


def test_the_declared_guard_is_verified() -> None:
    desire = manifest(vaults=[vault_spec(resource_guard=GUARD)])
    made = plan(desire, estate(*settled(), vault(guarded=True)), guarded_by(GUARD))
    assert codes(made) == []


@pytest.mark.parametrize(
    ("is_guarded", "answers", "code"),
    [
        (True, guarded_by("/subscriptions/x"), "guard-differs"),
        (True, {"exists": GONE}, "guard-differs"),
        (False, {}, "guard-differs"),
        (True, {"exists": FORBIDDEN}, "out-of-reach"),
        (True, {"exists": UNSURE}, "not-known"),
    ],
)
def test_another_guard_is_an_error_and_nothing_is_written(is_guarded: bool, answers: Any, code: str) -> None:
    desire = manifest(vaults=[vault_spec(resource_guard=GUARD)])
    made = plan(desire, estate(*settled(), vault(guarded=is_guarded)), answers)
    assert errors(made) == [code]
    assert addresses(made) == []


def test_a_guard_that_differs_can_be_ignored() -> None:
    desire = manifest(vaults=[vault_spec(resource_guard=GUARD)], ignore=(ignore(ME, "resourceGuard"),))
    assert made_codes(desire) == ["ignored"]


def made_codes(desire: Manifest) -> Any:
    return codes(plan(desire, estate(*settled())))


@pytest.mark.parametrize(
    ("said", "has", "needs_request"),
    [
        (soft("Off"), {}, True),
        (soft("On", 14), {"soft_delete_retention_days": 30.0}, True),
        ({"immutability": "Disabled"}, {"immutability": "Unlocked"}, True),
        ({"alerts_for_all_job_failures": False}, {"alerts_for_all_job_failures": "Enabled"}, False),
        (soft("On", 30), {}, False),
    ],
)
def test_a_guarded_vault_is_weakened_only_with_a_request(
    said: dict[str, Any], has: dict[str, Any], needs_request: bool
) -> None:
    has = {**has, "guarded": True}
    weakening = {"force": frozenset({"weakens-protection"})}
    made = compared(said, has, **weakening)
    assert (errors(made) == ["resource-guard"]) is needs_request
    assert all(error.place for error in made.errors)
    assert (ME in addresses(made)) is not needs_request
    allowed = compared(said, has, guard_requests={VAULT.key: ("request-1",)}, **weakening)
    assert change(allowed, ME).steps[0].guard == ("request-1",)


# --- ignoring ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "said", "has"),
    [
        ("redundancy", {"redundancy": "GeoRedundant"}, {}),
        ("softDelete", soft("Off"), {}),
        ("tags", {"tags": {"team": "pay"}}, {}),
        ("tags.team", {"tags": {"team": "pay"}}, {}),
    ],
)
def test_an_ignored_field_is_neither_written_nor_refused(field: str, said: dict[str, Any], has: dict[str, Any]) -> None:
    desire = manifest(vaults=[vault_spec(**said)], ignore=(ignore("vault/*", field),))
    made = plan(desire, estate(*without(settled(), Vault), vault(**has)))
    assert addresses(made) == []
    assert set(codes(made)) == {"ignored"}
    assert closed(made) == []


def test_the_digest_is_written_only_where_it_is_ours_and_moves() -> None:
    desire = manifest(rule(disk_id(), disk_id("e")))
    world = estate(*settled(), disk("e"))
    (mark,) = plan(desire, world).marks
    current = replace(vault(), tags={OWNER_TAG: NAME, "Reconciler-Applied": mark.after})
    assert plan(desire, estate(*settled(), disk("e"), current)).marks == ()
    assert plan(desire, estate(*settled(), disk("e"), vault(owner="other"))).marks == ()
    assert plan(desire, estate(*settled(), disk("e"), vault(owner=None))).marks == ()


def test_a_digest_alone_is_written_and_counts_as_a_change() -> None:
    stale = replace(vault(), tags={OWNER_TAG: NAME, "reconciler-applied": "0" * 16})
    made = plan(manifest(), estate(*settled(), stale))
    (mark,) = made.marks
    assert (made.changes, mark.before, made.marked_alone) == ((), "0" * 16, {VAULT.key: ME})
    assert (made.summary.add, made.summary.change, made.summary.destroy) == (0, 1, 0)
    with_more = plan(manifest(rule(disk_id(), disk_id("e"))), estate(*settled(), disk("e"), stale))
    assert (len(with_more.marks), with_more.marked_alone) == (1, {})
    assert with_more.summary.change == 0


@pytest.mark.parametrize(
    ("said", "count"), [({"only": ("disk/*",)}, 0), ({"only": ("vault/*",)}, 1), ({"only": ("policy/*",)}, 0)]
)
def test_a_digest_alone_is_what_only_names(said: dict[str, Any], count: int) -> None:
    assert len(plan(manifest(), estate(*settled()), **said).marks) == count


def test_no_digest_is_written_alone_while_something_could_not_be_read() -> None:
    desire = manifest(rule(disk_id(), disk_id("e")))
    made = plan(desire, estate(*settled()), {("exists", disk_id("e")): FORBIDDEN})
    assert (errors(made), made.marks) == (["out-of-reach"], ())
