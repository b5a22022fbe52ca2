"""Resource groups: the vaults' own and those where snapshots live."""

from __future__ import annotations

from typing import Any

import pytest
from plan_builders import (
    FORBIDDEN,
    GONE,
    NOW,
    SNAPSHOTS,
    UNSURE,
    D,
    S,
    addresses,
    change,
    disk,
    disk_id,
    errors,
    estate,
    group,
    group_spec,
    ignore,
    instance,
    manifest,
    options,
    plan,
    rule,
    settled,
    there,
    vault,
    vault_spec,
    without,
)

from reconciler.model.changes import Action, FieldChange
from reconciler.model.ids import group_id
from reconciler.model.resources import Instance, ResourceGroup
from reconciler.planning.group_book import GroupBook, WantedGroup
from reconciler.planning.tags import laid_over, merged_tags, tag_differences
from reconciler.planning.world import World

OWN = f"group/{S}/vaultrg"
SNAP = f"group/{D}/snaprg"


def world(*things: Any) -> Any:
    """The settled world with these groups alone; with none, there is no instance that used any."""
    left_out = [ResourceGroup, *([] if things else [Instance])]
    return estate(*without(settled(), *left_out), *things)


def test_missing_groups_are_made_where_their_vault_and_disks_lie() -> None:
    made = plan(manifest(), world())
    found = [one for one in made.changes if one.kind == "group"]
    assert [one.address for one in found] == [OWN, SNAP]
    assert {one.action for one in found} == {Action.ADD}
    assert [one.steps[0].body for one in found] == [{"location": "westus"}] * 2


@pytest.mark.parametrize("state", ["ProtectionConfigured", "ProtectionStopped"])
def test_a_group_that_vanished_under_an_instance_is_never_made(state: str) -> None:
    at = estate(*without(settled(), ResourceGroup, Instance), group(group_id(S, "vaultrg")), instance(state=state))
    made = plan(manifest(rule(disk_id(), protection="protected")), at)
    assert "snapshots-gone" in errors(made)
    assert SNAP not in addresses(made)


def test_a_group_that_vanished_is_told_once_though_an_instance_of_ours_uses_it_that_is_not_declared() -> None:
    at = estate(*without(settled("d", "e"), ResourceGroup), group(group_id(S, "vaultrg")))
    assert errors(plan(manifest(), at)).count("snapshots-gone") == 1


def test_a_vanished_group_may_be_ignored() -> None:
    at = estate(*without(settled(), ResourceGroup), group(group_id(S, "vaultrg")))
    assert "snapshots-gone" not in errors(plan(manifest(ignore=(ignore("group/*"),)), at))


def test_their_tags_are_the_declared_over_the_default_ones() -> None:
    spec = group_spec(tags={"Team": "pay", "cost": None}, default_tags={"Cost": "1", "env": "test"})
    made = plan(manifest(groups=[spec]), world())
    assert change(made, SNAP).steps[0].body["tags"] == {"env": "test", "Team": "pay"}


def test_a_declared_location_wins() -> None:
    assert change(plan(manifest(groups=[group_spec(location="eastus")]), world()), SNAP).after["location"] == "eastus"


def test_one_group_in_each_subscription_that_has_disks() -> None:
    far = disk_id("e", subscription=S)
    made = plan(manifest(rule(disk_id(), far)), estate(*without(settled(), ResourceGroup, Instance), disk(far)))
    assert [one for one in addresses(made) if one.endswith("snaprg") and one.startswith("group/")] == [
        f"group/{S}/snaprg",
        SNAP,
    ]


def test_disks_in_several_regions_leave_the_location_unknown() -> None:
    desire = manifest(
        rule(disk_id(), disk_id("e"), vault={"westus": "V", "eastus": "E"}),
        vaults=[vault_spec(), vault_spec("E", location="eastus")],
    )
    made = plan(desire, estate(vault(), group(group_id(S, "vaultrg")), disk(), disk("e", location="eastus")))
    (found,) = [one for one in made.errors if one.code == "group-location-unknown"]
    assert found.address == SNAP
    assert "eastus, westus" in found.message
    assert not [one for one in made.changes if one.kind == "disk"]


def test_a_group_that_exists_is_accepted_where_it_is() -> None:
    made = plan(
        manifest(groups=[group_spec(location="westus")]), world(group(location="eastus"), group(group_id(S, "vaultrg")))
    )
    assert addresses(made) == []


def test_declared_tags_are_written_over_live_ones_key_by_key() -> None:
    spec = group_spec(tags={"Team": "pay", "old": None}, default_tags={"env": "test"})
    live = group(tags={"team": "ops", "OLD": "x", "other": "y"})
    made = plan(manifest(groups=[spec]), world(live, group(group_id(S, "vaultrg"))))
    found = change(made, SNAP)
    assert found.steps[0].body == {"location": "westus", "tags": {"team": "pay", "other": "y"}}
    assert found.fields == (FieldChange("tags.Team", "ops", "pay"), FieldChange("tags.old", "x", None))


def test_an_ignored_tag_is_left_alone() -> None:
    desire = manifest(groups=[group_spec(tags={"team": "pay"})], ignore=(ignore("group/*", "tags.team"),))
    assert addresses(plan(desire, estate(*settled()))) == []


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({"groups": [group_spec(manage=False)]}, SNAP),
        ({"vaults": [vault_spec(manage_resource_group=False)]}, OWN),
        (
            {"groups": [group_spec("vaultrg", manage=False)], "vaults": [vault_spec(subscription=D)]},
            f"group/{D}/vaultrg",
        ),
    ],
)
def test_an_unmanaged_group_that_is_missing_is_an_error_and_what_needs_it_waits(
    said: dict[str, Any], address: str
) -> None:
    entry = rule(disk_id(), snapshot_group=said["groups"][0].name if "groups" in said else "snaprg")
    made = plan(manifest(entry, **said), estate(disk()))
    assert [one.address for one in made.errors if one.code == "group-missing"] == [address]
    assert address not in addresses(made)
    assert not [one for one in made.changes if one.kind == "disk"]


def test_an_unmanaged_group_is_never_written() -> None:
    spec = group_spec(manage=False, tags={"team": "pay"})
    assert addresses(plan(manifest(groups=[spec]), estate(*settled()))) == []


def test_the_group_of_an_unmanaged_vault_is_nobodys_business() -> None:
    made = plan(manifest(vaults=[vault_spec(manage=False)]), world(group()))
    assert addresses(made) == []


def test_a_group_that_only_stopped_disks_name_is_not_made() -> None:
    made = plan(manifest(rule(disk_id(), protection="stopped")), world(group(group_id(S, "vaultrg"))))
    assert SNAP not in addresses(made)


@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        (there(group()), [], []),
        (FORBIDDEN, [], ["out-of-reach"]),
        (UNSURE, [], ["not-known"]),
        (GONE, [], ["snapshots-gone"]),
    ],
)
def test_a_group_that_the_list_lacks_is_read_by_its_id(answer: Any, expected: Any, code: str) -> None:
    made = plan(manifest(), world(group(group_id(S, "vaultrg"))), {("exists", SNAPSHOTS): answer})
    assert (addresses(made), errors(made)) == (expected, code)


@pytest.mark.parametrize("address", [OWN, SNAP])
def test_a_group_belongs_to_a_vault_for_its_class_of_drift(address: str) -> None:
    (mark,) = plan(manifest(rule(disk_id(), protection="stopped")), estate(*settled())).marks
    made = plan(manifest(rule(disk_id())), estate(disk(), vault(tags={"reconciler-applied": mark.after})))
    assert change(made, address).drift == "not-yet-applied"


def test_a_group_that_no_vault_needs_is_seen_to_by_every_run() -> None:
    """One of another shard's vault is that shard's; a kind of which no vault knows needs its group all the same."""
    own, foreign = vault_spec(), vault_spec("Other", subscription=D)
    book, here = GroupBook(), World(manifest(vaults=[own, foreign]), estate(), options(), NOW)
    here.sees_to = lambda spec: spec is own  # type: ignore[method-assign]
    for name, vaults in (("ours", [own]), ("theirs", [foreign]), ("both", [own, foreign]), ("nobodys", [])):
        wanted = book.want(WantedGroup(group_id(S, name), own.place, True, None, {}, {}))
        wanted.vaults.update({spec.id.key: spec for spec in vaults})
    assert [one.id.name for one in book.wanted(here)] == ["both", "nobodys", "ours"]


def test_azure_name_and_name_are_two_things() -> None:
    made = plan(manifest(groups=[group_spec(azure_name="RealName")]), world())
    assert f"group/{D}/RealName" in addresses(made)


def test_tags_compare_by_key_without_case() -> None:
    assert tag_differences({"A": "1", "b": None, "c": "x"}, {"a": "1", "B": "2"}) == [
        FieldChange("tags.b", "2", None),
        FieldChange("tags.c", None, "x"),
    ]
    fields = [FieldChange("tags.b", "2", None), FieldChange("other", 1, 2), FieldChange("tags.none", "x", None)]
    assert merged_tags({"a": "1", "B": "2"}, fields) == {"a": "1"}
    assert laid_over({"A": "1", "b": "2"}, {"a": None}) == {"a": None, "b": "2"}
