"""Which disks a manifest means: selectors, exclusions, ids, regions, `--only`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, OTHER, disk, disk_id, estate, vault_id
from manifests import DISK, POLICY, VAULT, manifest, selecting
from manifests import disk as entry
from stage import Stage, actions, codes, failures

from reconciler.model.errors import UsageError

ZOO = [
    disk("Gold-1", tags={"Backup": "gold", "env": "prod"}),
    disk("gold-2", "otherrg", tags={"backup": "gold", "env": "test"}),
    disk("silver-1", tags={"BACKUP": "silver"}, sku="StandardSSD_LRS"),
    disk("scratch-1", tags={"backup": "gold", "lifecycle": "ephemeral"}),
    disk("Loud", tags={"backup": "GOLD"}),
    disk("plain"),
    disk("far-1", tags={"backup": "gold"}, location="westeurope"),
    disk("foreign-1", "elsewhere", OTHER, tags={"backup": "gold"}),
    disk("restored", tags={"backup": "gold", "reconciler-restored": "2026-01-01"}),
]


@pytest.fixture
def zoo(on_stage: Callable[..., Stage]) -> Stage:
    return on_stage(estate(ZOO))


def taken(stage: Stage, *entries: Any, **said: Any) -> set[str]:
    """The names of the disks that the plan would protect."""
    plan = stage.plan(manifest(disks=list(entries), **said))
    return {address.rsplit("/", 1)[-1] for address in actions(plan) if address.startswith("disk/")}


def where(**keys: Any) -> dict[str, Any]:
    return selecting() | {"select": {"subscriptions": [APPS], "locations": ["West US"], **keys}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"tags": {"backup": "gold"}}, {"gold-1", "gold-2", "scratch-1"}),
        ({"tags": {"BackUp": "gold"}}, {"gold-1", "gold-2", "scratch-1"}),
        ({"tags": {"backup": ["gold", "silver"]}}, {"gold-1", "gold-2", "scratch-1", "silver-1"}),
        ({"tags": {"backup": "*"}}, {"gold-1", "gold-2", "scratch-1", "silver-1", "loud"}),
        ({"tags": {"backup": "gold", "env": "prod"}}, {"gold-1"}),
        ({"names": ["gold-*"]}, {"gold-1", "gold-2"}),
        ({"names": ["GOLD-1", "plain"]}, {"gold-1", "plain"}),
        ({"resourceGroups": ["OtherRG"]}, {"gold-2"}),
        ({"skus": ["StandardSSD_LRS"]}, {"silver-1"}),
        ({"skus": ["StandardSSD_LRS"], "tags": {"backup": "gold"}}, set()),
        ({}, {"gold-1", "gold-2", "silver-1", "scratch-1", "loud", "plain"}),
        ({"tags": {"backup": "gold"}, "exclude": [{"names": ["scratch-*"], "reason": "x"}]}, {"gold-1", "gold-2"}),
        ({"tags": {"backup": "gold"}, "exclude": [{"tags": {"Lifecycle": "*"}, "reason": "x"}]}, {"gold-1", "gold-2"}),
        (
            {"tags": {"backup": "gold"}, "exclude": [{"tags": {"env": "test"}, "names": ["gold-1"], "reason": "x"}]},
            {"gold-1", "gold-2", "scratch-1"},
        ),
        (
            {
                "tags": {"backup": "gold"},
                "exclude": [{"tags": {"env": "test"}, "reason": "x"}, {"names": ["gold-1"], "reason": "y"}],
            },
            {"scratch-1"},
        ),
    ],
)
def test_keys_are_joined_by_and_values_by_or(zoo: Stage, keys: dict[str, Any], expected: set[str]) -> None:
    assert taken(zoo, where(**keys)) == expected


def test_several_subscriptions(zoo: Stage) -> None:
    both = where(subscriptions=[APPS, OTHER.upper()], names=["foreign-1", "plain"])
    assert taken(zoo, both) == {"foreign-1", "plain"}


def test_an_exclusion_is_for_its_own_entry_only(zoo: Stage) -> None:
    first = where(names=["gold-*"], exclude=[{"names": ["gold-2"], "reason": "x"}])
    assert taken(zoo, first, where(names=["gold-2"])) == {"gold-1", "gold-2"}


def test_excluded_beats_every_selector(zoo: Stage) -> None:
    out = [{"id": disk_id("GOLD-1"), "reason": "cache"}]
    assert taken(zoo, where(names=["gold-*"]), excluded=out) == {"gold-2"}


def test_an_id_beats_a_selector(zoo: Stage) -> None:
    said = manifest(
        policies=[POLICY, POLICY | {"name": "longer", "retention": {"default": "30d"}}],
        disks=[where(names=["gold-*"]), entry("gold-1", policy="longer")],
    )
    assert zoo.apply(said).ok
    used = {name: row["properties"]["policyInfo"]["policyId"] for name, row in zoo.instances(vault_id()).items()}
    assert "/longer-" in used["gold-1"].lower()
    assert "/diskbkppolicy-" in used["gold-2"].lower()


def test_two_selectors_that_claim_one_disk_are_an_error_with_both_places(zoo: Stage) -> None:
    plan = zoo.plan(manifest(disks=[where(names=["gold-*"]), where(names=["*-1"])]))
    errors = [finding for finding in plan.errors if finding.code == "claimed-twice"]
    assert [finding.address.rsplit("/", 1)[-1] for finding in errors] == ["gold-1"]
    assert errors[0].message.count("manifest-") == 2
    claimed = {address.rsplit("/", 1)[-1] for address in actions(plan) if address.startswith("disk/")}
    assert claimed == {"gold-2", "silver-1", "scratch-1"}


def test_a_disk_that_the_tool_restored_is_taken_only_by_its_id(zoo: Stage) -> None:
    assert "restored" not in taken(zoo, where(tags={"backup": "gold"}))
    assert taken(zoo, entry("restored")) == {"restored"}


def test_the_plan_shows_which_rule_chose_each_disk(zoo: Stage) -> None:
    plan = zoo.plan(manifest(disks=[where(names=["gold-1"]), entry("plain")]))
    told = {change.address.rsplit("/", 1)[-1]: " ".join(change.detail) for change in plan.changes}
    assert "selector" in told["gold-1"]
    assert "by id" in told["plain"]
    assert all(change.place for change in plan.changes if change.address.startswith("disk/"))


def test_a_map_per_region_gives_each_disk_its_own(zoo: Stage) -> None:
    said = manifest(
        vaults=[VAULT, {"name": "EuBkpVault", "resourceGroup": "eu-rg", "location": "westeurope"}],
        policies=[POLICY, POLICY | {"name": "eu-policy", "timeZone": "Europe/Berlin"}],
        snapshotResourceGroups=[{"name": "snapshotrg", "location": "westus"}, {"name": "eu-snapshots"}],
        disks=[
            selecting(
                vault={"West US": "TestBkpVault", "westeurope": "EuBkpVault"},
                policy={"westus": "diskBkpPolicy", "westeurope": "eu-policy"},
                snapshotResourceGroup={"westus": "snapshotrg", "westeurope": "eu-snapshots"},
            )
        ],
    )
    outcome = zoo.apply(said)
    assert outcome.ok, failures(outcome)
    assert set(zoo.instances(vault_id())) == {"gold-1", "gold-2", "scratch-1"}
    eu = vault_id("EuBkpVault", "eu-rg")
    (row,) = zoo.instances(eu).values()
    assert "/eu-policy-" in row["properties"]["policyInfo"]["policyId"].lower()
    stores = row["properties"]["policyInfo"]["policyParameters"]["dataStoreParametersList"]
    assert stores[0]["resourceGroupId"].lower().endswith("/eu-snapshots")
    assert zoo.plan(said).changes == ()


def test_a_region_without_an_entry_is_uncovered_or_an_error_if_named(zoo: Stage) -> None:
    by_selector = zoo.plan(manifest(disks=[selecting(vault={"westus": "TestBkpVault"})]))
    assert "uncovered" in codes(by_selector)
    assert by_selector.errors == ()
    by_id = zoo.plan(manifest(disks=[entry("far-1", vault={"westus": "TestBkpVault"})]))
    assert [finding.address.rsplit("/", 1)[-1] for finding in by_id.errors] == ["far-1"]


@pytest.mark.parametrize(
    ("body", "every"),
    [
        (disk("odd", encrypted_inside=True), "4h"),
        (disk("odd", location="westeurope"), "4h"),
        (disk("odd", sku="UltraSSD_LRS"), "4h"),
        (disk("odd", sku="PremiumV2_LRS"), "1h"),
        (disk("odd-asrreplica"), "4h"),
    ],
    ids=["ade", "region", "ultra", "premium-v2", "replica"],
)
def test_what_cannot_be_protected(on_stage: Callable[..., Stage], body: dict[str, Any], every: str) -> None:
    stage = on_stage(estate(disk("fine"), body))
    policies = [POLICY | {"schedule": {"every": every, "at": "13:00"}}]
    selected = stage.plan(manifest(disks=[where() | {"select": {"subscriptions": [APPS]}}], policies=policies))
    assert "uncovered" in codes(selected)
    assert selected.errors == ()
    named = manifest(disks=[entry("fine"), DISK | {"id": body["id"]}], policies=policies)
    outcome = stage.apply(named)
    assert not outcome.ok, "it fails that disk and the exit code"
    assert len(outcome.errors) == 1
    assert list(stage.instances(vault_id())) == ["fine"], "and not the plan"


@pytest.mark.parametrize("sku", ["UltraSSD_LRS", "PremiumV2_LRS"])
@pytest.mark.parametrize("schedule", [{"every": "12h", "at": "01:00"}, {"daily": "01:00"}])
def test_fast_disks_twice_a_day(on_stage: Callable[..., Stage], sku: str, schedule: dict[str, str]) -> None:
    stage = on_stage(estate(disk("PSTestDisk", sku=sku)))
    outcome = stage.apply(manifest(policies=[POLICY | {"schedule": schedule}]))
    assert outcome.ok, failures(outcome)


# --only


def test_only_narrows_to_an_address_and_what_it_depends_on(zoo: Stage) -> None:
    said = manifest(disks=[entry("gold-1"), entry("plain")])
    plan = zoo.plan(said, only=("disk/*/GOLD-1",))
    addresses = set(actions(plan))
    assert f"disk/{disk_id('gold-1').lower()}" in addresses
    assert {"vault/TestBkpVault", "policy/TestBkpVault/diskBkpPolicy"} <= addresses
    assert not any("plain" in address for address in addresses)
    outcome = zoo.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert list(zoo.instances(vault_id())) == ["gold-1"]
    assert zoo.plan(said, only=("disk/*/GOLD-1",)).changes == ()
    assert zoo.apply(said).ok
    assert zoo.plan(said).changes == ()


def test_only_a_policy_brings_the_disks_that_use_it(zoo: Stage) -> None:
    plan = zoo.plan(manifest(disks=[entry("gold-1"), entry("plain")]), only=("policy/TestBkpVault/diskBkpPolicy",))
    assert len([address for address in actions(plan) if address.startswith("disk/")]) == 2


def test_only_a_vault_leaves_the_disks(zoo: Stage) -> None:
    plan = zoo.plan(manifest(disks=[entry("gold-1")]), only=("vault/testbkpvault",))
    assert set(actions(plan)) <= {"vault/TestBkpVault", *(a for a in actions(plan) if a.startswith("group/"))}
    assert "vault/TestBkpVault" in actions(plan)


def test_only_and_prune_exclude_each_other(zoo: Stage) -> None:
    with pytest.raises(UsageError):
        zoo.plan(manifest(), only=("disk/*",), prune=True)
