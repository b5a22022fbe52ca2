"""Policies: made where used, rolled by content, retired when nothing wants them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plan_builders import (
    FORBIDDEN,
    GOLD,
    GONE,
    SHORTER,
    VAULT,
    S,
    addresses,
    at,
    body_for,
    change,
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
    plan,
    policy,
    policy_body,
    policy_spec,
    rule,
    settled,
    steps,
    there,
    vault,
    vault_spec,
    without,
)

from reconciler.model.changes import Action, Op
from reconciler.model.ids import ArmId, vault_id
from reconciler.model.names import policy_names
from reconciler.model.plan import Plan
from reconciler.model.resources import Instance, Policy

ME = "policy/V/gold"
NAMES = policy_names("gold", GOLD)
OLD = policy(SHORTER)
OLD_ADDRESS = f"policy/V/{OLD.id.name}"
OTHER = vault_id(S, "vaultrg", "W")


def world(*things: Any) -> Any:
    """The settled world without its policy and instance, and with the given things."""
    return estate(*without(settled(), Policy, Instance), *things)


def using(name: str, held: Any, **said: Any) -> Any:
    return instance(name, policy=held.id, **said)


def retired(made: Plan) -> Any:
    return [one.address for one in made.changes if one.kind == "policy" and one.action is Action.DESTROY]


# --- making and rolling -----------------------------------------------------------------------------------------------


def test_a_missing_policy_is_made_under_the_name_of_its_content() -> None:
    made = plan(manifest(), world())
    found = change(made, ME)
    assert (found.action, found.reason, found.depends) == (Action.ADD, "not in the vault", ())
    assert found.steps[0].op is Op.POLICY_PUT
    assert found.steps[0].target == VAULT.child("backupPolicies", NAMES[0])
    assert found.after["name"] == NAMES[0]


@pytest.mark.parametrize("name", ["by-hand", NAMES[0].upper(), NAMES[2]])
def test_any_policy_with_the_content_is_used(name: str) -> None:
    made = plan(manifest(), world(policy(name=name)))
    assert change(made, at()).after["policy"] == name
    assert ME not in addresses(made)


def test_of_several_the_declared_name_wins_then_ours_then_the_first() -> None:
    held = [policy(name=name) for name in ("a", "b", NAMES[1], "mine")]
    named = manifest(policies=[policy_spec(azure_name="mine")])
    assert change(plan(named, world(*held)), at()).after["policy"] == "mine"
    assert change(plan(manifest(), world(*held)), at()).after["policy"] == NAMES[1]
    assert change(plan(manifest(), world(*held[:2])), at()).after["policy"] == "a"


def test_a_policy_is_made_in_every_vault_whose_disks_use_it() -> None:
    desire = manifest(
        rule(disk_id("a")), rule(disk_id("b"), vault="W", number=1), vaults=[vault_spec(), vault_spec("W")]
    )
    made = plan(desire, estate(vault(), vault(OTHER), disk("a"), disk("b")))
    assert [one for one in addresses(made) if one.startswith("policy/")] == ["policy/V/gold", "policy/W/gold"]


def test_a_policy_that_no_disk_uses_is_not_made() -> None:
    made = plan(manifest(policies=[policy_spec(), policy_spec("idle", SHORTER)]), world())
    assert [one for one in addresses(made) if one.startswith("policy/")] == [ME]


def test_changed_content_rolls_in_place_and_says_so() -> None:
    made = plan(manifest(), world(OLD, using("d", OLD)))
    assert addresses(made) == [ME, at(), OLD_ADDRESS]
    added, moved, gone = (change(made, address) for address in addresses(made))
    assert added.reason == f"its content changed: {NAMES[0]} replaces {OLD.id.name}"
    assert added.detail == (f"re-points 1 instance: {at()}",)
    assert moved.depends == (ME,)
    assert moved.steps[0].op is Op.INSTANCE_MERGE
    assert moved.goal == "ProtectionConfigured"
    assert gone.depends == (at(),)
    assert gone.steps[0].op is Op.POLICY_DELETE


def test_a_roll_of_many_names_ten_and_counts_the_rest() -> None:
    ids = [disk_id(f"d{number:02}") for number in range(12)]
    made = plan(manifest(rule(*ids)), world(OLD, *(using(one, OLD) for one in ids), *map(disk, ids)))
    assert change(made, ME).detail[0].endswith(f"{at(ids[9])} and 2 more")


def test_shorter_retention_is_told_and_counted() -> None:
    desire = manifest(policies=[policy_spec(content=SHORTER)])
    found = change(plan(desire, world(policy(), using("d", policy()))), at())
    assert any("shorter" in text for text in found.detail)
    assert found.weight == "shortens"


def test_a_roll_that_died_half_way_goes_on() -> None:
    ids = [disk_id("a"), disk_id("b")]
    made = plan(manifest(rule(*ids)), world(OLD, policy(), using("a", policy()), using("b", OLD), *map(disk, ids)))
    assert [one for one in addresses(made) if not one.startswith("role/")] == [at("b"), OLD_ADDRESS]


def test_a_roll_that_died_before_the_last_step_goes_on() -> None:
    assert addresses(plan(manifest(), world(OLD, policy(), using("d", policy())))) == [OLD_ADDRESS]


# --- tampering --------------------------------------------------------------------------------------------------------


def tampered(name: str = NAMES[0]) -> Any:
    return policy(name=name, body=body_for(SHORTER))


def test_a_policy_that_was_changed_under_our_name_is_left_and_another_is_made() -> None:
    made = plan(manifest(), world(tampered(), using("d", tampered())))
    assert change(made, ME).after["name"] == NAMES[1]
    assert change(made, at()).fields[0].after == NAMES[1]
    assert retired(made) == []


def test_all_of_our_names_taken_is_an_error_not_a_crash() -> None:
    made = plan(manifest(), world(*map(tampered, NAMES)))
    assert "policy-differs" in errors(made)
    assert at() not in addresses(made)


def later(name: str | None = None) -> Policy:
    """A policy with our content, and a key of a later API version."""
    return policy(name=name, body={**body_for(GOLD), "immutable": True})


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ((NAMES[0], "zz"), "zz"),  # ours by name, another that is understood
        (("aa", "zz"), "zz"),  # the first by name, the last that is understood
        ((NAMES[0], NAMES[1]), NAMES[1]),
        ((NAMES[0],), NAMES[0]),  # none is understood: no second one is made beside it
    ],
)
def test_a_new_disk_gets_a_policy_that_is_fully_understood(names: tuple[str, ...], chosen: str) -> None:
    odd, understood = later(names[0]), [policy(name=name) for name in names[1:]]
    made = plan(manifest(), world(odd, *understood))
    assert ME not in addresses(made)
    assert change(made, at()).after["policy"] == chosen


def test_a_policy_that_no_manifest_can_say_is_no_users_match() -> None:
    strange = policy(name="strange", body=policy_body(default="P0.5M"))
    things = world(strange, using("d", strange))
    made = plan(manifest(), things)
    assert (addresses(made), errors(made), made.closed_gates) == ([], ["policy-not-understood"], ())
    assert "lifecycles.deleteAfter P0.5M" in made.errors[0].message
    assert "--force unknown-policy=V/strange" in made.errors[0].hint
    for key in ("unknown-policy", "unknown-policy=v/strange"):
        opened = plan(manifest(), things, force=frozenset({key}))
        assert steps(opened, at()) == ["instance.merge"]
        assert "P0.5M" in str(change(opened, at()).detail)


def unlisted(strange: Any) -> Any:
    """The settled world, in which the vault's list lacks the policy that the disk follows."""
    return world(using("d", strange))


@pytest.mark.parametrize(
    ("body", "told"),
    [(policy_body(default="P0.5M"), ["policy-not-understood"]), (policy_body(), []), (None, [])],
)
def test_a_policy_that_its_vault_does_not_list_is_asked_for_by_id(body: Any, told: list[str]) -> None:
    strange = policy(name="strange", body=body or policy_body(default="P3D"))
    answers = {("exists", strange.id): there(strange) if body else GONE}
    made = plan(manifest(), unlisted(strange), answers)
    assert errors(made) == told
    assert addresses(made) == ([] if body else [ME, at()])


def test_a_policy_that_cannot_be_read_by_id_stays() -> None:
    strange = policy(name="strange", body=policy_body())
    made = plan(manifest(), unlisted(strange), {("exists", strange.id): FORBIDDEN})
    assert (errors(made), addresses(made)) == (["out-of-reach"], [])


# --- policies that others manage --------------------------------------------------------------------------------------


def unmanaged(**said: Any) -> Any:
    return manifest(policies=[policy_spec(manage=False, **said)])


def test_an_unmanaged_policy_is_used_by_its_name() -> None:
    held = policy(SHORTER, name="Shared")
    made = plan(unmanaged(azure_name="shared", content=None), world(held))
    assert change(made, at()).after["policy"] == "Shared"
    assert plan(unmanaged(azure_name="shared", content=None), world(held, using("d", held))).changes == ()


def test_an_unmanaged_policy_by_its_own_name() -> None:
    assert change(plan(unmanaged(), world(policy(name="gold"))), at()).after["policy"] == "gold"


def test_an_instance_of_an_unmanaged_policy_uses_that_very_one() -> None:
    held, twin = policy(name="gold"), policy(name="twin")
    assert steps(plan(unmanaged(), world(held, twin, using("d", twin))), at()) == ["instance.merge"]


@pytest.mark.parametrize(("held", "code"), [([], "policy-missing"), ([policy(SHORTER, name="gold")], "policy-differs")])
def test_an_unmanaged_policy_that_is_missing_or_other_is_an_error_and_its_disks_wait(held: Any, code: str) -> None:
    made = plan(manifest(rule(disk_id(), disk_id("e")), policies=[policy_spec(manage=False)]), world(*held, disk("e")))
    assert errors(made) == [code]
    assert codes(made).count("waits-for") == 2
    assert not [one for one in made.changes if one.kind == "disk"]


# --- retiring ---------------------------------------------------------------------------------------------------------


def test_ours_that_nothing_uses_is_retired() -> None:
    made = plan(manifest(), world(OLD, policy(), using("d", policy())))
    assert retired(made) == [OLD_ADDRESS]
    assert change(made, OLD_ADDRESS).before["name"] == OLD.id.name


@pytest.mark.parametrize(
    ("what", "user"),
    [
        ("another disk", using("x", OLD, owner=None)),
        ("another manifest's", using("x", OLD, owner="other")),
        ("a stopped one", using("x", OLD, state="ProtectionStopped")),
        ("a suspended one", using("x", OLD, state="BackupsSuspended")),
        ("a soft-deleted one", deleted("x", policy=OLD.id)),
        ("of another kind of data", using("x", OLD, disk=None)),
        ("in odd case", instance("x", policy=ArmId(OLD.id.text.upper()))),
    ],
)
def test_whoever_uses_it_keeps_it(what: str, user: Instance) -> None:
    made = plan(manifest(), world(OLD, policy(), using("d", OLD), user, disk("x")))
    assert at() in addresses(made)
    assert retired(made) == [], what


@pytest.mark.parametrize(
    ("what", "held"),
    [
        ("a name that isn't derived", policy(SHORTER, name="by-hand")),
        (
            "a derived name with other content",
            policy(SHORTER, name=policy_names("gold", replace(GOLD, default_days=9))[0]),
        ),
        ("content that can't be said", policy(name="gold-00000000", body=policy_body(default="P0.5M"))),
    ],
)
def test_what_is_not_ours_stays(what: str, held: Any) -> None:
    assert addresses(plan(manifest(), world(held, policy(), using("d", policy())))) == [], what


@pytest.mark.parametrize("owner", [None, "other"])
def test_nothing_is_retired_in_a_vault_without_our_mark(owner: str | None) -> None:
    made = plan(manifest(), world(vault(owner=owner), OLD, policy(), using("d", OLD)))
    assert addresses(made) == [at()]


@pytest.mark.parametrize("what", [{"adopt": True}, {}])
def test_a_vault_that_takes_our_mark_loses_what_nothing_uses_in_the_same_run(what: dict[str, Any]) -> None:
    """Else the run would end well, and the next plan wouldn't be empty."""
    live = vault(owner=None, alerts_for_all_job_failures="Disabled")
    spec = vault_spec(alerts_for_all_job_failures=not what)
    made = plan(manifest(vaults=[spec]), world(live, OLD, policy(), using("d", OLD)), **what)
    assert change(made, "vault/V").fields[-1].path == "tags.reconciler-owner"
    assert change(made, OLD_ADDRESS).depends == ("vault/V", at())


@pytest.mark.parametrize("said", [{"protection": "stopped"}, {"protection": "protected"}])
def test_what_a_declared_disk_wants_stays_even_when_nothing_uses_it(said: dict[str, Any]) -> None:
    lonely = manifest(
        rule(disk_id(), policy="silver", **said), policies=[policy_spec(), policy_spec("silver", SHORTER)]
    )
    held = policy(SHORTER, name=policy_names("silver", SHORTER)[0])
    made = plan(lonely, world(held, using("d", policy(), state="ProtectionStopped")))
    assert f"policy/V/{held.id.name}" not in retired(made)


def test_a_disk_that_cannot_be_read_still_wants_its_policy() -> None:
    made = plan(manifest(), estate(vault(), policy()), {("exists", disk_id()): FORBIDDEN})
    assert retired(made) == []


@pytest.mark.parametrize("stays", ["locked", "ignored", "refused"])
def test_the_old_one_waits_for_every_user_to_move(stays: Any) -> None:
    """Two users, one of which can't move now: the policy is still wanted."""
    ids = [disk_id("a"), disk_id("b")]
    things = [OLD, using("a", OLD), using("b", OLD), *map(disk, ids)]
    said = {}
    if stays == "locked":
        things.append(lock(ids[1]))
    elif stays == "ignored":
        said["ignore"] = (ignore(at("b")),)
    else:
        things[2] = using("b", OLD, snapshot_group=ArmId("/subscriptions/x/resourceGroups/y"))
    made = plan(manifest(rule(*ids), **said), world(*things))
    assert at("a") in addresses(made)
    assert at("b") not in addresses(made)
    assert retired(made) == []


def test_an_ignored_policy_field_keeps_the_old_policy() -> None:
    desire = manifest(ignore=(ignore(at(), "policy"),))
    made = plan(desire, world(OLD, using("d", OLD)))
    assert at() not in addresses(made)
    assert retired(made) == []


def test_a_declared_policy_whose_name_is_an_old_ones_is_not_overwritten_by_its_end() -> None:
    spec = policy_spec(OLD.id.name)
    made = plan(manifest(rule(disk_id(), policy=OLD.id.name), policies=[spec]), world(OLD))
    assert change(made, OLD_ADDRESS).action is Action.ADD


def test_retiring_a_locked_policy_is_refused() -> None:
    made = plan(manifest(), world(OLD, policy(), using("d", policy()), lock(VAULT, "CanNotDelete")))
    assert (addresses(made), errors(made)) == ([], ["locked"])
