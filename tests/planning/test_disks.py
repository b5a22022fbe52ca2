"""Backup instances: every state of protection against every declared one, undelete, ownership, locks and guards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import (
    CONTRIBUTOR,
    FORBIDDEN,
    NAME,
    PRINCIPAL,
    SHORTER,
    SNAPSHOTS,
    UNSURE,
    USER,
    VAULT,
    D,
    S,
    addresses,
    at,
    change,
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
    plan,
    policy,
    role_at,
    rule,
    settled,
    steps,
    there,
    vault,
    vault_spec,
    wide,
    without,
)

from reconciler.model import protection
from reconciler.model.changes import Action, FieldChange, Kind, Op
from reconciler.model.ids import ArmId, group_id, vault_id
from reconciler.model.known import Unsure
from reconciler.model.names import instance_name
from reconciler.model.protection import GOALS
from reconciler.model.resources import Instance, Policy, RoleAssignment, UserIdentity
from reconciler.model.tags import OWNER_TAG

OTHER = vault_id(S, "vaultrg", "W")
FAILED = {"code": "UserErrorX", "message": "No rights."}


def declared(protection_word: str = "protected", *ids: Any, **said: Any) -> Any:
    return manifest(rule(*(ids or (disk_id(),)), protection=protection_word), **said)


def world(*things: Any, **said: Any) -> Any:
    """The settled world, with the instance as said, or the given things in place of it."""
    elsewhere = group(group_id(D, "elsewhere"))
    return estate(*without(settled(), Instance), elsewhere, *(things or (instance(**said),)))


# --- states -----------------------------------------------------------------------------------------------------------

STEPS = {
    "protected": {
        "ProtectionConfigured": [],
        "protectionconfigured": [],
        "ProtectionStopped": ["instance.resume"],
        "BackupsSuspended": ["instance.resume"],
        "BackupSchedulesSuspended": ["instance.resume"],
        "RetentionSchedulesSuspended": ["instance.resume"],
        "ProtectionError": ["instance.validate", "instance.repair"],
        "ConfiguringProtectionFailed": ["instance.validate", "instance.repair"],
        "NotProtected": ["instance.validate", "instance.repair"],
        "Invalid": ["instance.validate", "instance.repair"],
    },
    "stopped": {
        "ProtectionConfigured": ["instance.stop"],
        "ProtectionStopped": [],
        "BackupsSuspended": ["instance.stop"],
        "ProtectionError": ["instance.stop"],
    },
    "suspended": {
        "ProtectionConfigured": ["instance.suspend"],
        "ProtectionStopped": ["instance.resume", "instance.suspend"],
        "BackupsSuspended": [],
        "BackupSchedulesSuspended": [],
        "ProtectionError": ["instance.suspend"],
    },
}


@pytest.mark.parametrize(
    ("word", "state", "expected"),
    [(word, state, found) for word, states in STEPS.items() for state, found in states.items()],
)
def test_steps_from_each_state_to_each_declared_protection(word: str, state: str, expected: Any) -> None:
    made = plan(declared(word), world(state=state))
    assert addresses(made) == ([at()] if expected else [])
    if expected:
        found = change(made, at())
        assert steps(made, at()) == expected
        assert {step.target for step in found.steps} == {instance().id}
        assert found.goal == protection.GOALS[word]
        assert found.fields[0].after == word
        assert found.weight == ("" if word == "protected" else "stops")
    assert made.errors == ()
    assert made.expected == {at(): protection.GOALS[word]}


@pytest.mark.parametrize("state", ["ConfiguringProtection", "UpdatingProtection", "updatingprotection"])
@pytest.mark.parametrize("word", ["protected", "suspended", "stopped"])
def test_what_azure_works_on_is_waited_for_and_not_changed(word: str, state: str) -> None:
    made = plan(declared(word), world(state=state))
    assert addresses(made) == []
    assert [(one.code, one.drift) for one in made.findings] == [("in-progress", "in-progress")]
    assert [(one.address, one.instance, one.goal) for one in made.waits] == [
        (at(), instance().id, "ProtectionConfigured" if word == "protected" else "at rest")
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"state": "SoftDeleting"},
        {"state": "softdeleting"},
        {"state": "SoftDeleted"},
        {"state": "ProtectionConfigured", "provisioning_state": "Deleting"},
        {"state": "SoftDeleting", "provisioning_state": "Updating"},
    ],
)
@pytest.mark.parametrize("word", ["protected", "suspended", "stopped"])
def test_what_is_on_its_way_out_is_unhealthy_at_once(word: str, said: Any) -> None:
    made = plan(declared(word), world(**said))
    assert addresses(made) == []
    assert [(one.code, one.drift) for one in made.findings] == [("instance-deleting", "unhealthy")]
    assert [(one.address, one.goal) for one in made.waits] == [(at(), "at rest")]


@pytest.mark.parametrize("word", ["suspended", "stopped"])
def test_rights_are_seen_to_where_the_way_to_a_pause_leads_over_protection(word: str) -> None:
    state = {"suspended": "ProtectionStopped", "stopped": "BackupsSuspended"}[word]
    made = plan(declared(word), estate(*without(settled(), Instance, RoleAssignment), instance(state=state)))
    resumes = word == "suspended"
    assert [one.kind for one in made.changes] == [*([Kind.ROLE, Kind.ROLE] if resumes else []), Kind.DISK]
    found = change(made, at())
    assert (found.probe is not None) is resumes
    assert {one.address for one in made.changes} - {at()} <= set(found.depends)


def test_an_unknown_state_is_an_error_and_never_written() -> None:
    made = plan(declared("stopped"), world(state="Levitating"))
    assert errors(made) == ["unknown-state"]
    assert "Levitating" in made.errors[0].message
    assert addresses(made) == []


@pytest.mark.parametrize("word", ["suspended", "stopped"])
def test_suspended_or_stopped_without_an_instance_is_satisfied(word: str) -> None:
    made = plan(declared(word), estate(*without(settled(), Instance)))
    assert (addresses(made), codes(made)) == ([], [])


@pytest.mark.parametrize(
    ("word", "operations"),
    [
        ("stopped", ["instance.undelete"]),
        ("suspended", ["instance.undelete", "instance.resume", "instance.suspend"]),
    ],
)
def test_suspended_or_stopped_comes_back_where_somebody_deleted_it(word: str, operations: list[str]) -> None:
    made = plan(declared(word), estate(*without(settled(), Instance), deleted()))
    found = change(made, at())
    assert ([step.op for step in found.steps], found.goal, found.weight) == (operations, GOALS[word], "")
    assert found.fields == (FieldChange("protection", "soft-deleted", word),)
    ignored = declared(word, ignore=(ignore("disk/*", "protection"),))
    assert addresses(plan(ignored, estate(*without(settled(), Instance), deleted()))) == []


def test_a_failing_instance_shows_azures_error() -> None:
    made = plan(declared(), world(state="ProtectionError", error=FAILED))
    assert change(made, at()).reason == "protection fails: UserErrorX: No rights."
    assert change(made, at()).drift == "unhealthy"
    bare_error = plan(declared(), world(state="ProtectionError"))
    assert change(bare_error, at()).reason == "protection fails: ProtectionError"


@pytest.mark.parametrize(
    ("word", "said", "drift"),
    [
        ("protected", {"state": "ProtectionStopped"}, "unhealthy"),
        ("protected", {"state": "ProtectionError", "owner": None}, "unhealthy"),
        ("protected", {"state": "ProtectionStopped", "policy": policy(SHORTER).id}, "differs"),
        ("protected", {"policy": policy(SHORTER).id}, "differs"),
        ("stopped", {}, "differs"),
    ],
)
def test_classes_of_drift(word: str, said: dict[str, Any], drift: str) -> None:
    assert change(plan(declared(word), world(policy(SHORTER), instance(**said))), at()).drift == drift


def test_the_digest_tells_changed_outside_from_not_yet_applied() -> None:
    desire = declared("stopped")
    (mark,) = plan(desire, world()).marks
    for tag, drift in ((mark.after, "changed-outside"), ("0" * 16, "not-yet-applied")):
        marked = vault(tags={"reconciler-applied": tag})
        assert change(plan(desire, estate(*settled(), marked)), at()).drift == drift


def test_protection_that_is_ignored_is_left_alone() -> None:
    for word, state in (("protected", "ProtectionStopped"), ("stopped", "ProtectionConfigured")):
        made = plan(declared(word, ignore=(ignore("disk/*", "protection"),)), world(state=state))
        assert (addresses(made), codes(made)) == ([], ["ignored"])


def test_protection_that_fails_and_is_ignored_takes_no_mark() -> None:
    made = plan(declared(ignore=(ignore("disk/*", "protection"),)), world(owner=None, state="ProtectionError"))
    assert (addresses(made), codes(made)) == ([], ["ignored"])


# --- making one -------------------------------------------------------------------------------------------------------


def test_a_new_instance_has_the_body_of_recorded_traffic() -> None:
    made = plan(declared(), estate(*without(settled(), Instance)))
    found = change(made, at())
    assert found.action is Action.ADD
    assert found.steps[0].target == VAULT.child("backupInstances", instance_name(disk_id()))
    assert found.steps[0].body == {
        "properties": {
            "objectType": "BackupInstance",
            "friendlyName": "d",
            "dataSourceInfo": {
                "objectType": "Datasource",
                "datasourceType": "Microsoft.Compute/disks",
                "resourceID": disk_id().text,
                "resourceLocation": "westus",
                "resourceName": "d",
                "resourceType": "Microsoft.Compute/disks",
                "resourceUri": disk_id().text,
            },
            "policyInfo": {
                "policyId": policy().id.text,
                "policyParameters": {
                    "dataStoreParametersList": [
                        {
                            "objectType": "AzureOperationalStoreParameters",
                            "dataStoreType": "OperationalStore",
                            "resourceGroupId": SNAPSHOTS.text,
                        }
                    ]
                },
            },
            "validationType": "ShallowValidation",
        },
        "tags": {OWNER_TAG: NAME},
    }
    assert found.goal == "ProtectionConfigured"
    assert found.probe is None
    assert codes(made) == []


def test_everything_from_nothing_is_made_in_order() -> None:
    made = plan(declared(), estate(disk()))
    found = {one.address: one for one in made.changes}
    order = [one.address for one in made.changes]
    assert [one.split("/")[0] for one in order] == ["group", "group", "vault", "policy", "role", "role", "disk"]
    for one in made.changes:
        assert all(order.index(needed) < order.index(one.address) for needed in one.depends)
    assert set(found[at()].depends) == {
        f"group/{D}/snaprg",
        "vault/V",
        "policy/V/gold",
        role_at(disk_id()),
        role_at(SNAPSHOTS, CONTRIBUTOR),
    }
    assert found[at()].probe.roles == (role_at(disk_id()), role_at(SNAPSHOTS, CONTRIBUTOR))
    assert found[at()].probe.fresh


def test_a_group_in_another_spelling_is_still_waited_for() -> None:
    desire = declared(vaults=[vault_spec(resource_group="SNAPRG", subscription=D)])
    made = plan(desire, estate(disk()))
    (made_group,) = [one.address for one in made.changes if one.kind == "group"]
    assert made_group in change(made, at()).depends
    assert made_group in change(made, "vault/V").depends
    assert made_group in change(made, role_at(SNAPSHOTS, CONTRIBUTOR)).depends


SILENT = {"holders": Unsure("Resource Graph did not answer")}


@pytest.mark.parametrize(("preflight", "asks"), [(False, 0), (True, 500)])
def test_each_disk_is_asked_about_only_in_a_preflight_and_bounded(preflight: bool, asks: int) -> None:
    ids = [disk_id(f"d{number:03}") for number in range(502)]
    empty = estate(*without(settled(*ids), Instance))
    made = plan(manifest(rule(*ids), roles=wide()), empty, SILENT, preflight=preflight)
    assert sum(question.kind == "protected-elsewhere" for question in empty.answers) == asks
    (found,) = [one for one in made.findings if one.code == "unchecked"]
    assert found.message.endswith(f" protects {502 - asks} new disks: Resource Graph did not answer")


HELD_ELSEWHERE = vault_id("elsewhere", "g", "Theirs").child("backupInstances", "held")


def shown(vault: Any, **said: Any) -> dict[str, Any]:
    """Resource Graph's word that a vault protects the disk."""
    return {"holders": (replace(instance(of=vault, **said), id=vault.child("backupInstances", "held"), vault=vault),)}


def test_a_disk_that_resource_graph_shows_elsewhere_is_looked_at_and_refused() -> None:
    told = shown(HELD_ELSEWHERE.parent, owner="platform") | {"protected-elsewhere": (HELD_ELSEWHERE,)}
    made = plan(declared(), estate(*without(settled(), Instance)), told)
    assert errors(made) == ["protected-elsewhere"]
    assert made.errors[0].message == (
        "it is already protected by held in the vault Theirs (subscription elsewhere);"
        " the manifest `platform` manages it"
    )
    assert addresses(made) == []


def test_resource_graph_lags_and_refuses_no_disk_that_is_free_again() -> None:
    made = plan(declared(), estate(*without(settled(), Instance)), shown(HELD_ELSEWHERE.parent))
    assert (codes(made), steps(made, at())) == ([], ["instance.put"])


def test_of_a_vault_whose_list_was_read_resource_graph_tells_nothing() -> None:
    empty = estate(*without(settled(), Instance))
    made = plan(declared(), empty, shown(VAULT))
    assert (codes(made), steps(made, at())) == ([], ["instance.put"])
    assert not [one for one in empty.answers if one.kind == "protected-elsewhere"]


def test_where_resource_graph_shows_very_many_elsewhere_its_word_counts() -> None:
    ids = [disk_id(f"d{number:03}") for number in range(502)]
    empty = estate(*without(settled(*ids), Instance))
    told = shown(HELD_ELSEWHERE.parent) | {"protected-elsewhere": (HELD_ELSEWHERE,)}
    made = plan(manifest(rule(*ids), roles=wide()), empty, told)
    assert sum(question.kind == "protected-elsewhere" for question in empty.answers) == 500
    assert errors(made) == ["protected-elsewhere"] * 502


def test_a_preflight_finds_the_disk_elsewhere() -> None:
    made = plan(
        declared(),
        estate(*without(settled(), Instance)),
        {"protected-elsewhere": (OTHER.child("backupInstances", "x"),)},
        preflight=True,
    )
    assert errors(made) == ["protected-elsewhere"]
    assert addresses(made) == []


def test_a_disk_that_another_vault_protects_is_refused_with_that_vault() -> None:
    made = plan(declared(), estate(*without(settled(), Instance), instance(of=OTHER, owner=None)))
    assert errors(made) == ["protected-elsewhere"]
    assert "W" in made.errors[0].message
    assert at() not in addresses(made)


def test_a_retained_instance_elsewhere_does_not_hide_the_active_one_here() -> None:
    stopped = instance(of=OTHER, state="ProtectionStopped")
    assert codes(plan(declared(), world(instance(), stopped))) == ["retained"]


def test_a_soft_deleted_instance_beside_the_live_one_is_told_before_it_is_purged() -> None:
    by_hand = replace(instance(), id=VAULT.child("backupInstances", "by-hand"))
    assert codes(plan(declared(), world(by_hand, deleted()))) == ["points-expire"]
    assert codes(plan(declared(), world(instance(), deleted()))) == [], "just brought back, and still listed"


def test_an_active_instance_is_looked_at_before_a_stopped_one() -> None:
    stopped = instance(state="ProtectionStopped")
    stopped = replace(stopped, id=VAULT.child("backupInstances", "a-first"))
    assert addresses(plan(declared(), world(stopped, instance()))) == []


# --- differences ------------------------------------------------------------------------------------------------------


def test_a_policy_of_the_same_content_is_right_whatever_its_name() -> None:
    hand_made = policy(name="by-hand")
    made = plan(declared(), estate(*without(settled(), Policy), hand_made, instance(policy=hand_made.id)))
    assert addresses(made) == []


def test_an_instance_of_another_policy_is_re_pointed_by_read_merge_and_put() -> None:
    made = plan(declared(), world(policy(SHORTER), instance(policy=policy(SHORTER).id)))
    (step,) = change(made, at()).steps
    assert (step.op, step.body) == (Op.INSTANCE_MERGE, {"properties": {"policyInfo": {"policyId": policy().id.text}}})
    assert change(made, at()).reason == "another policy is declared"
    assert change(made, at()).weight == ""


def test_an_instance_without_a_policy_gets_one() -> None:
    made = plan(declared(), world(policy=None))
    assert change(made, at()).fields == (FieldChange("policy", None, policy().id.name),)


def test_an_instance_under_a_policy_of_another_vault_is_re_pointed() -> None:
    elsewhere = policy(of=OTHER)
    made = plan(declared(), world(elsewhere, instance(policy=elsewhere.id)))
    assert steps(made, at()) == ["instance.merge"]


@pytest.mark.parametrize(
    ("identity", "has", "body"),
    [
        ("system", USER, {"useSystemAssignedIdentity": True}),
        (USER, None, {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": USER.text}),
        (USER, ArmId(USER.text.upper()), None),
        ("system", None, None),
        (None, USER, None),
    ],
)
def test_the_identity_of_an_instance(identity: Any, has: dict[str, Any], body: Any) -> None:
    user = UserIdentity(USER, PRINCIPAL)
    desire = declared(vaults=[vault_spec(identity=identity)])
    made = plan(desire, estate(*settled(), vault(user_identities={USER.key: None}), user, instance(identity=has)))
    bodies = [step.body["properties"]["identityDetails"] for one in made.changes for step in one.steps]
    assert bodies == ([body] if body else [])


@pytest.mark.parametrize("word", ["protected", "stopped"])
def test_a_snapshot_group_cannot_be_changed(word: str) -> None:
    made = plan(declared(word), world(snapshot_group=group_id(D, "elsewhere")))
    assert errors(made) == ["snapshot-group-immutable"]
    assert addresses(made) == []


def test_a_snapshot_group_that_is_ignored_stays() -> None:
    desire = declared(ignore=(ignore(at(), "snapshotResourceGroup"),))
    made = plan(desire, world(snapshot_group=group_id(D, "elsewhere")))
    assert (addresses(made), codes(made)) == ([], ["ignored"])


def test_a_snapshot_group_in_odd_case_or_unsaid_is_right() -> None:
    assert addresses(plan(declared(), world(snapshot_group=ArmId(SNAPSHOTS.text.upper())))) == []
    assert addresses(plan(declared(), world(snapshot_group=None))) == []


@pytest.mark.parametrize(
    ("fields", "said", "left"),
    [
        (("policy",), {"policy": policy(SHORTER).id}, []),
        (("identity",), {"identity": USER}, []),
        (("identity",), {"identity": USER, "policy": policy(SHORTER).id}, ["policyInfo"]),
    ],
)
def test_ignored_fields_are_not_written(fields: tuple[str, ...], said: dict[str, Any], left: list[str]) -> None:
    desire = declared(vaults=[vault_spec(identity="system")], ignore=(ignore(at(), *fields),))
    made = plan(desire, world(policy(SHORTER), instance(**said)))
    assert [key for one in made.changes for step in one.steps for key in step.body.get("properties", ())] == left
    assert "ignored" in codes(made)


def test_resuming_and_re_pointing_are_two_steps() -> None:
    made = plan(declared(), world(policy(SHORTER), instance(policy=policy(SHORTER).id, state="ProtectionStopped")))
    assert steps(made, at()) == ["instance.resume", "instance.merge"]


def test_repairing_re_points_in_the_same_write() -> None:
    made = plan(declared(), world(policy(SHORTER), instance(policy=policy(SHORTER).id, state="ProtectionError")))
    assert steps(made, at()) == ["instance.validate", "instance.repair"]
    assert "policyInfo" in change(made, at()).steps[1].body["properties"]


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_adopting_nothing_writes_nothing_and_gives_no_ownership() -> None:
    made = plan(declared(), world(owner=None))
    assert (addresses(made), codes(made)) == ([], [])


def test_adopt_writes_the_mark() -> None:
    made = plan(declared(), world(owner=None), adopt=True)
    (step,) = change(made, at()).steps
    assert (step.op, step.body["tags"]) == (Op.INSTANCE_MERGE, {OWNER_TAG: NAME})
    assert change(made, at()).reason == "gets this manifest's mark"
    assert change(made, at()).drift == "differs"


@pytest.mark.parametrize("said", [{"policy": policy(SHORTER).id}, {"state": "ProtectionError"}])
def test_any_other_write_takes_the_mark_along_and_says_so(said: dict[str, Any]) -> None:
    made = plan(declared(), world(policy(SHORTER), instance(owner=None, **said)))
    assert change(made, at()).steps[-1].body["tags"] == {OWNER_TAG: NAME}
    assert FieldChange(f"tags.{OWNER_TAG}", None, NAME) in change(made, at()).fields


@pytest.mark.parametrize("owner", ["other", "Other"])
@pytest.mark.parametrize("said", [{}, {"of": OTHER}, {"state": "ProtectionStopped"}])
def test_another_manifests_disk_is_an_error_and_nothing_is_written(owner: str | None, said: dict[str, Any]) -> None:
    made = plan(declared(), world(owner=owner, policy=policy().id, **said), adopt=True, prune=True)
    assert errors(made) == ["managed-elsewhere"]
    assert owner in made.errors[0].message
    assert not [one for one in made.changes if one.kind == "disk"]


def test_our_mark_is_ours_in_any_case() -> None:
    assert addresses(plan(declared(), world(owner=NAME.upper()))) == []


def test_former_marks_are_ours_and_rewritten_by_adopt() -> None:
    desire = declared(formerly=("old",))
    assert addresses(plan(desire, world(owner="old"))) == []
    assert change(plan(desire, world(owner="old"), adopt=True), at()).fields[0].before == "old"


def test_a_disk_that_is_handed_over_is_left_to_its_heir() -> None:
    made = plan(declared("stopped", hands_over_to=("heir",)), world(owner="Heir"), adopt=True)
    assert (addresses(made), codes(made)) == ([], [])


# --- soft-deleted ones ------------------------------------------------------------------------------------------------


def test_a_soft_deleted_instance_comes_back_under_its_live_id() -> None:
    asked = world(deleted())
    made = plan(declared(), asked)
    found = change(made, at())
    assert steps(made, at()) == ["instance.undelete", "instance.resume"]
    assert {step.target for step in found.steps} == {instance().id}
    assert found.fields == (FieldChange("protection", "soft-deleted", "protected"),)
    assert [one.subject for one in asked.answers if one.kind == "exists"] == [instance().id]


def test_it_comes_back_under_another_policy_with_one_more_write() -> None:
    made = plan(declared(), world(policy(SHORTER), deleted(policy=policy(SHORTER).id, owner=None)))
    assert steps(made, at()) == ["instance.undelete", "instance.resume", "instance.merge"]
    assert change(made, at()).steps[2].body["tags"] == {OWNER_TAG: NAME}


@pytest.mark.parametrize("said", [{"of": OTHER}, {"snapshot_group": group_id(D, "elsewhere")}])
def test_it_cannot_come_back_elsewhere_and_the_plan_says_until_when(said: dict[str, Any]) -> None:
    made = plan(declared(), world(deleted(**said)))
    assert errors(made) == ["soft-deleted"]
    assert "2026-05-18" in made.errors[0].message
    assert addresses(made) == []


def test_the_soft_deleted_one_that_fits_is_chosen() -> None:
    misfit = deleted(snapshot_group=group_id(D, "elsewhere"))
    misfit = replace(misfit, id=VAULT.child("deletedBackupInstances", "a-first"))
    assert steps(plan(declared(), world(misfit, deleted())), at()) == ["instance.undelete", "instance.resume"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(there(), "list-incomplete"), (FORBIDDEN, "out-of-reach"), (UNSURE, "not-known")],
)
def test_nothing_is_undeleted_unless_the_live_one_is_known_to_be_gone(answer: Any, code: str) -> None:
    made = plan(declared(), world(deleted()), {"exists": answer})
    assert errors(made) == [code]
    assert made.errors[0].place
    assert addresses(made) == []


def test_another_manifests_soft_deleted_instance_stays_deleted() -> None:
    made = plan(declared(), world(deleted(owner="other")))
    assert errors(made) == ["managed-elsewhere"]
    assert addresses(made) == []
    handed = plan(declared(hands_over_to=("heir",)), world(deleted(owner="heir")))
    assert (addresses(handed), codes(handed)) == ([], [])


# --- locks and guards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scope", [disk_id(), disk_id().group_id, SNAPSHOTS, ArmId(f"/subscriptions/{D}"), VAULT, VAULT.group_id]
)
@pytest.mark.parametrize("has", [(), (instance(state="ProtectionStopped"),)])
def test_a_read_only_lock_forbids_protecting(scope: Any, has: dict[str, Any]) -> None:
    rest = without(settled(), Instance)
    made = plan(declared(), estate(*rest, *has, lock(scope)))
    assert "locked" in errors(made)
    assert "stay (ReadOnly)" in next(one for one in made.errors if one.code == "locked").message
    assert at() not in addresses(made)


def test_a_delete_lock_forbids_only_deletion() -> None:
    made = plan(declared(), world(disk(), lock(VAULT, "CanNotDelete")))
    assert steps(made, at()) == ["instance.put"]


def test_a_lock_where_snapshots_live_is_a_warning() -> None:
    made = plan(declared(), estate(*settled(), lock(SNAPSHOTS, "CanNotDelete")))
    assert (addresses(made), codes(made)) == ([], ["lock-keeps-snapshots"])


def test_the_same_lock_is_named_whatever_the_order() -> None:
    locks = [lock(SNAPSHOTS, name=name) for name in "ab"]
    one, two = (plan(declared(), estate(*settled(), *order)) for order in (locks, locks[::-1]))
    assert one.findings == two.findings


@pytest.mark.parametrize(
    ("word", "said", "needs_request"),
    [
        ("stopped", {}, True),
        ("suspended", {}, True),
        ("protected", {"policy": policy(SHORTER).id}, True),
        ("protected", {"state": "ProtectionError"}, True),
        ("protected", {"state": "ProtectionStopped"}, False),
    ],
)
def test_a_guarded_vault_wants_a_request_for_critical_operations(
    word: str, said: dict[str, Any], needs_request: bool
) -> None:
    things = (*without(settled(), Instance), vault(guarded=True), policy(SHORTER), instance(**said))
    made = plan(declared(word), estate(*things))
    assert (errors(made) == ["resource-guard"]) is needs_request
    assert (at() in addresses(made)) is not needs_request
    allowed = plan(declared(word), estate(*things), guard_requests={VAULT.key: ("r",)})
    assert {step.guard for step in change(allowed, at()).steps} == {("r",)}


# --- what is refused stays refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["vault/V", "policy/V/gold", f"group/{D}/snaprg"])
def test_what_is_missing_and_ignored_stops_what_needs_it_and_says_so(address: str) -> None:
    made = plan(declared(ignore=(ignore(address),)), estate(disk()))
    assert at() not in addresses(made)
    assert "waits-for" in errors(made)
    for one in made.changes:
        assert address not in one.depends


def test_an_ignored_disk_is_left_alone() -> None:
    made = plan(declared(ignore=(ignore("disk/*"),)), world(state="ProtectionStopped"))
    assert (addresses(made), codes(made)) == ([], ["ignored"])


def test_words_of_health() -> None:
    assert protection.WORDS[protection.health("BackupsSuspended")] == "suspended"
    assert protection.health("") is protection.Health.UNKNOWN
