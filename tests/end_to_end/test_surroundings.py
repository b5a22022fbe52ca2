"""Selectors that look at more than the disk: management groups, and the virtual machine that it is attached to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, OTHER, PLATFORM, Body, disk, disk_id, estate, vault_id
from manifests import manifest, selecting
from stage import READER, Stage, actions, failures

from reconciler.model.errors import ReadIncomplete

GROUPS = [
    {"name": "Root"},
    {"name": "Landing", "parent": "Root", "subscriptions": [APPS]},
    {"name": "Corp", "parent": "Landing", "subscriptions": [OTHER]},
    {"name": "Empty", "parent": "Root"},
]


def machine(name: str, subscription: str = APPS, **tags: str) -> Body:
    return {
        "id": disk_id(name, "vms", subscription).replace("/disks/", "/virtualMachines/"),
        "location": "westus",
        "tags": tags,
    }


SQL, WEB = machine("Sql-1", Role="database"), machine("web-1", role="front")
RESOURCES = [
    SQL,
    WEB,
    disk("data-1", tags={"tier": "gold"}, managed_by=SQL["id"].lower()),
    disk("logs-1", managed_by=SQL["id"]),
    disk("root-1", tags={"tier": "gold"}, managed_by=WEB["id"]),
    disk("loose", tags={"tier": "gold"}),
    disk("corp-1", "corp", OTHER, tags={"tier": "gold"}),
]


@pytest.fixture
def stage(on_stage: Callable[..., Stage]) -> Stage:
    return on_stage(estate(RESOURCES, managementGroups=GROUPS))


def where(**keys: Any) -> Body:
    return selecting() | {"select": keys}


def taken(stage: Stage, *entries: Body, **said: Any) -> set[str]:
    plan = stage.plan(manifest(disks=list(entries), **said))
    assert plan.errors == (), plan.errors
    return {address.rsplit("/", 1)[-1] for address in actions(plan) if address.startswith("disk/")}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"managementGroups": ["landing"]}, {"data-1", "logs-1", "root-1", "loose", "corp-1"}),
        ({"managementGroups": ["CORP"]}, {"corp-1"}),
        ({"managementGroups": ["Root"], "tags": {"tier": "gold"}}, {"data-1", "root-1", "loose", "corp-1"}),
        ({"managementGroups": ["Corp", "Landing"], "subscriptions": [OTHER]}, {"corp-1"}),
        ({"managementGroups": ["Empty"]}, set()),
        (
            {"managementGroups": ["Landing"], "exclude": [{"managementGroups": ["Corp"], "reason": "theirs"}]},
            {"data-1", "logs-1", "root-1", "loose"},
        ),
    ],
)
def test_management_groups(stage: Stage, keys: Body, expected: set[str]) -> None:
    assert taken(stage, where(**keys)) == expected


def test_a_management_group_is_a_place_so_the_defaults_add_none(stage: Stage) -> None:
    defaults = {"subscription": PLATFORM, "location": "westus", "snapshotResourceGroup": "snapshotrg"}
    said = {"defaults": defaults | {"subscriptions": [APPS]}}
    assert taken(stage, where(managementGroups=["Corp"]), **said) == {"corp-1"}


def test_a_subscription_that_joins_the_group_is_taken_by_the_next_run(stage: Stage) -> None:
    said = manifest(disks=[where(managementGroups=["Corp"])])
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    assert stage.plan(said).changes == ()
    stage.sandbox.patch(
        f"/subscriptions/{APPS}", {"_managementGroup": "/providers/microsoft.management/managementgroups/corp"}
    )
    assert len([one for one in actions(stage.plan(said)) if one.startswith("disk/")]) == 4


def test_a_subscription_that_left_the_group_takes_its_disks_along(stage: Stage) -> None:
    said = manifest(disks=[where(managementGroups=["Landing"])])
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    stage.sandbox.patch(
        f"/subscriptions/{OTHER}", {"_managementGroup": "/providers/microsoft.management/managementgroups/empty"}
    )
    outcome = stage.apply(said, prune=True)
    assert outcome.ok, failures(outcome)
    assert {row.address.rsplit("/", 1)[-1] for row in outcome.results if row.address.startswith("disk/")} == {"corp-1"}


@pytest.mark.parametrize("name", ["Nowhere", "Landing"])
def test_a_group_that_cannot_be_read_is_never_an_empty_one(on_stage: Callable[..., Stage], name: str) -> None:
    callers = [
        {
            "name": READER,
            "token": READER,
            "roles": [{"role": "Reader", "scope": f"/subscriptions/{one}"} for one in (APPS, PLATFORM)],
        }
    ]
    stage = on_stage(estate(RESOURCES, managementGroups=GROUPS, callers=callers))
    with pytest.raises(ReadIncomplete, match=f"(?i)could not read the management group {name}") as failed:
        stage.plan(manifest(disks=[where(managementGroups=[name])]))
    assert failed.value.code == "out-of-reach"
    assert "Management Group Reader" in failed.value.hint


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"attachedTo": {"names": ["sql-*"]}}, {"data-1", "logs-1"}),
        ({"attachedTo": {"names": ["SQL-1", "web-1"]}}, {"data-1", "logs-1", "root-1"}),
        ({"attachedTo": {"tags": {"ROLE": "database"}}}, {"data-1", "logs-1"}),
        ({"attachedTo": {"tags": {"role": "*"}}, "tags": {"tier": "gold"}}, {"data-1", "root-1"}),
        ({"attachedTo": {"names": ["web-*"], "tags": {"role": "database"}}}, set()),
        (
            {"tags": {"tier": "gold"}, "exclude": [{"attachedTo": {"tags": {"role": "front"}}, "reason": "stateless"}]},
            {"data-1", "loose"},
        ),
    ],
)
def test_the_machine(stage: Stage, keys: Body, expected: set[str]) -> None:
    assert taken(stage, where(subscriptions=[APPS], **keys)) == expected


def test_machines_are_listed_once_a_subscription_and_only_for_their_tags(stage: Stage) -> None:
    def lists() -> int:
        return len([call for call in stage.recorder.calls if call.path.endswith("/virtualMachines")])

    taken(stage, where(subscriptions=[APPS], attachedTo={"names": ["sql-*"]}))
    assert lists() == 0
    tagged = where(subscriptions=[APPS], attachedTo={"tags": {"role": "*"}})
    taken(stage, tagged, where(subscriptions=[APPS], attachedTo={"tags": {"none": "*"}}))
    assert lists() == 1


def test_a_machine_that_the_list_lacks_is_asked_for_by_id(stage: Stage) -> None:
    stage.switch(list_lag=600)
    stage.sandbox.remove(WEB["id"])
    stage.place(WEB)
    keys = where(subscriptions=[APPS], attachedTo={"tags": {"role": "front"}})
    assert taken(stage, keys) == {"root-1"}


def test_a_machine_that_is_gone_has_no_tags(stage: Stage) -> None:
    stage.sandbox.remove(WEB["id"])
    assert taken(stage, where(subscriptions=[APPS], attachedTo={"tags": {"role": "front"}})) == set()


def test_protected_by_its_machine_and_at_rest(stage: Stage) -> None:
    said = manifest(disks=[where(managementGroups=["Landing"], attachedTo={"tags": {"role": "database"}})])
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    assert set(stage.instances(vault_id())) == {"data-1", "logs-1"}
    assert stage.plan(said).changes == ()
