"""Vaults: changed in place by what differs alone, never replaced, never weakened by accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import PLATFORM, READER, disk, disk_id, estate, group, group_id, vault, vault_id
from manifests import DISK, POLICY, VAULT, manifest
from stage import Stage, actions, codes, failures

GATES = {"accept_irreversible": True, "force": frozenset({"weakens-protection"})}
ADDRESS = f"disk/{disk_id('PSTestDisk').lower()}"


def declaring(**said: Any) -> dict[str, Any]:
    return manifest(vaults=[VAULT | said])


def standing(**said: Any) -> dict[str, Any]:
    """An estate with a vault of ours."""
    return estate(disk("PSTestDisk"), vault(tags={"reconciler-owner": "quickstart", "env": "prod"}, **said))


def immutability(state: str) -> dict[str, Any]:
    return {"securitySettings": {"immutabilitySettings": {"state": state}}}


# In place


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (
            {"softDelete": {"state": "On", "retentionDays": 30}},
            {
                "properties": {
                    "securitySettings": {"softDeleteSettings": {"state": "On", "retentionDurationInDays": 30.0}}
                }
            },
        ),
        (
            {"immutability": "Unlocked"},
            {"properties": {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}},
        ),
        (
            {"alertsForAllJobFailures": True},
            {
                "properties": {
                    "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}}
                }
            },
        ),
        (
            {"crossSubscriptionRestore": True},
            {"properties": {"featureSettings": {"crossSubscriptionRestoreSettings": {"state": "Enabled"}}}},
        ),
        ({"tags": {"team": "x"}}, {"tags": {"reconciler-owner": "quickstart", "env": "prod", "team": "x"}}),
        ({"tags": {"ENV": "test"}}, {"tags": {"reconciler-owner": "quickstart", "env": "test"}}),
        ({"tags": {"env": None}}, {"tags": {"reconciler-owner": "quickstart"}}),
    ],
    ids=["soft-delete", "immutability", "alerts", "cross-subscription", "tag", "tag-key-case", "tag-removed"],
)
def test_only_the_blocks_that_differ_are_patched(
    on_stage: Callable[..., Stage], said: dict[str, Any], body: dict[str, Any]
) -> None:
    stage = on_stage(standing())
    outcome = stage.apply(declaring(**said))
    assert outcome.ok, failures(outcome)
    first = next(call for call in stage.writes() if "backupVaults" in call.kind)
    assert first.method == "PATCH"
    assert first.body == body
    assert stage.plan(declaring(**said)).changes == ()


@pytest.mark.parametrize("said", [{"redundancy": "LocallyRedundant"}, {"softDelete": {"state": "On"}}, {"tags": {"Env": "prod"}},
                                  {"crossRegionRestore": False}, {"identity": "system"}])  # fmt: skip
def test_what_means_the_same_is_no_difference(on_stage: Callable[..., Stage], said: dict[str, Any]) -> None:
    stage = on_stage(standing())
    assert "vault/TestBkpVault" not in actions(stage.plan(declaring(**said)))


def test_what_is_not_said_is_not_compared(on_stage: Callable[..., Stage]) -> None:
    said = {"redundancy": "GeoRedundant", "soft_delete": ("AlwaysOn", 90.0), **immutability("Locked")}
    stage = on_stage(estate(disk("PSTestDisk"), vault(tags={}, **said)))
    plan = stage.plan(manifest())
    assert plan.errors == ()
    assert "vault/TestBkpVault" not in actions(plan)


# Never replaced


@pytest.mark.parametrize(
    "said", [{"redundancy": "GeoRedundant"}, {"location": "westeurope"}], ids=["redundancy", "location"]
)
def test_an_immutable_field_is_refused_and_nothing_is_written_for_it(
    on_stage: Callable[..., Stage], said: dict[str, Any]
) -> None:
    stage = on_stage(standing())
    plan = stage.plan(declaring(**said))
    error = next(finding for finding in plan.errors if finding.code == "immutable-field")
    assert error.address == "vault/TestBkpVault"
    assert error.hint
    assert error.place is not None
    assert "vault/TestBkpVault" not in actions(plan)


def test_other_objects_go_on_beside_a_refused_one(on_stage: Callable[..., Stage]) -> None:
    other = vault_id("Second", "second-rg")
    stage = on_stage(estate(disk("a"), disk("b"), vault(), vault(other), group(PLATFORM, "second-rg")))
    said = manifest(
        vaults=[VAULT | {"redundancy": "GeoRedundant"}, {"name": "Second", "resourceGroup": "second-rg"}],
        disks=[DISK | {"id": disk_id("a")}, DISK | {"id": disk_id("b"), "vault": "Second"}],
    )
    outcome = stage.apply(said)
    assert not outcome.ok
    assert [finding.code for finding in outcome.errors] == ["immutable-field"]
    assert list(stage.instances(other)) == ["b"]


def test_the_snapshot_resource_group_of_an_instance_is_immutable(fresh: Stage) -> None:
    assert fresh.apply(manifest()).ok
    said = manifest(
        snapshotResourceGroups=[{"name": "snapshotrg"}, {"name": "new"}],
        disks=[DISK | {"snapshotResourceGroup": "new"}],
    )
    plan = fresh.plan(said)
    error = next(finding for finding in plan.errors if finding.address == ADDRESS)
    assert error.code == "snapshot-group-immutable"
    assert ADDRESS not in actions(plan)


# One-way doors


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ({"soft_delete": ("AlwaysOn", 14.0)}, {"softDelete": {"state": "Off"}}),
        (immutability("Locked"), {"immutability": "Disabled"}),
        (
            {"redundancy": "GeoRedundant", "featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}},
            {"redundancy": "GeoRedundant", "crossRegionRestore": False},
        ),
    ],
    ids=["always-on", "locked", "cross-region"],
)
def test_there_is_no_way_back_through_a_one_way_door(
    on_stage: Callable[..., Stage], live: dict[str, Any], said: dict[str, Any]
) -> None:
    stage = on_stage(standing(**live))
    plan = stage.plan(declaring(**said), **GATES)
    assert "one-way-door" in [finding.code for finding in plan.errors]
    assert "vault/TestBkpVault" not in actions(plan)


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ({"soft_delete": ("AlwaysOn", 14.0)}, {"softDelete": {"state": "On"}}),
        (immutability("LOCKED"), {"immutability": "Unlocked"}),
    ],
    ids=["always-on", "locked"],
)
def test_stronger_than_declared_satisfies(
    on_stage: Callable[..., Stage], live: dict[str, Any], said: dict[str, Any]
) -> None:
    stage = on_stage(standing(**live))
    plan = stage.plan(declaring(**said))
    assert "stronger-than-declared" in codes(plan)
    assert plan.errors == ()
    assert "vault/TestBkpVault" not in actions(plan)


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ({}, {"softDelete": {"state": "AlwaysOn"}}),
        ({}, {"immutability": "Locked"}),
        ({"redundancy": "GeoRedundant"}, {"redundancy": "GeoRedundant", "crossRegionRestore": True}),
    ],
    ids=["always-on", "locked", "cross-region"],
)
@pytest.mark.parametrize("there", [True, False], ids=["change", "create"])
def test_a_one_way_door_needs_a_second_key(
    on_stage: Callable[..., Stage], live: dict[str, Any], said: dict[str, Any], there: bool
) -> None:
    stage = on_stage(standing(**live) if there else estate(disk("PSTestDisk")))
    plan = stage.plan(declaring(**said))
    assert [gate.name for gate in plan.closed_gates] == ["irreversible"]
    assert "--accept-irreversible" in plan.closed_gates[0].hint
    outcome = stage.apply(declaring(**said), accept_irreversible=True)
    assert outcome.ok, failures(outcome)
    assert stage.plan(declaring(**said)).changes == ()


# Weakening


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ({}, {"softDelete": {"state": "Off"}}),
        ({"soft_delete": ("On", 60.0)}, {"softDelete": {"state": "On", "retentionDays": 14}}),
        (immutability("Unlocked"), {"immutability": "Disabled"}),
        (
            {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}}},
            {"alertsForAllJobFailures": False},
        ),
    ],
    ids=["soft-delete-off", "retention", "immutability", "alerts"],
)
def test_weakening_a_vault_needs_its_own_word(
    on_stage: Callable[..., Stage], live: dict[str, Any], said: dict[str, Any]
) -> None:
    stage = on_stage(standing(**live))
    assert [gate.name for gate in stage.plan(declaring(**said)).closed_gates] == ["weakens-protection"]
    outcome = stage.apply(declaring(**said), force=frozenset({"weakens-protection"}))
    assert outcome.ok, failures(outcome)
    assert stage.plan(declaring(**said)).changes == ()


# Soft-deleted vaults


@pytest.fixture
def bereft(fresh: Stage) -> Stage:
    """The walkthrough's vault was deleted while it held a soft-deleted instance."""
    fresh.switch(vault_lingers="0")
    assert fresh.apply(manifest()).ok
    fresh.ask("DELETE", fresh.instances(vault_id())["pstestdisk"]["id"])
    fresh.wait(300)
    fresh.ask("DELETE", vault_id(), version="2025-09-01")
    fresh.wait(600)
    return fresh


def test_a_soft_deleted_vault_of_the_same_name_refuses_creation(bereft: Stage) -> None:
    plan = bereft.plan(manifest())
    error = next(finding for finding in plan.errors if finding.code == "vault-soft-deleted")
    assert "2026-01-" in error.message or "2026-02" in error.message, "the date of its purge is told"
    assert "deleted-vault" in error.hint
    assert "vault/TestBkpVault" not in actions(plan)
    assert ADDRESS not in actions(plan)


def test_force_makes_an_empty_vault_beside_the_deleted_one(bereft: Stage) -> None:
    outcome = bereft.apply(manifest(), force=frozenset({"deleted-vault"}))
    assert outcome.ok, failures(outcome)
    assert bereft.plan(manifest()).changes == ()


# Resource guards


GUARD = f"{group_id(PLATFORM, 'guards')}/providers/Microsoft.DataProtection/resourceGuards/guard"
REQUEST = f"{GUARD}/dppModifyPolicy/default"


@pytest.fixture
def guarded(fresh: Stage) -> Stage:
    """The walkthrough's case, applied, and then put under a resource guard."""
    assert fresh.apply(manifest()).ok
    fresh.ask("PUT", group_id(PLATFORM, "guards"), {"location": "westus"}, version="2021-04-01")
    fresh.ask("PUT", GUARD, {"location": "westus", "properties": {}})
    proxy = f"{vault_id()}/backupResourceGuardProxies/DppResourceGuardProxy"
    fresh.ask("PUT", proxy, {"properties": {"resourceGuardResourceId": GUARD}})
    fresh.wait(60)
    fresh.let_in(GUARD, READER)  # the guard's owner approves, for a while; no role of the tool contains it
    return fresh


LONGER = [POLICY | {"retention": {"default": "30d"}}]


def test_a_guarded_vault_needs_the_guards_request(guarded: Stage) -> None:
    plan = guarded.plan(manifest(policies=LONGER))
    error = next(finding for finding in plan.errors if finding.code == "resource-guard")
    assert error.address == ADDRESS
    assert "--resource-guard-request" in error.hint
    assert ADDRESS not in actions(plan)
    outcome = guarded.apply(manifest(policies=LONGER), guard_requests={vault_id().lower(): (REQUEST,)})
    assert outcome.ok, failures(outcome)
    assert guarded.plan(manifest(policies=LONGER)).changes == ()


def test_a_guarded_deletion_is_unlocked_by_the_guards_request(guarded: Stage) -> None:
    said = manifest(disks=None, removed=[{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "ticket 4711"}])
    request = f"{GUARD}/deleteBackupInstanceRequests/default"
    outcome = guarded.apply(said, allow_delete=1, guard_requests={vault_id().lower(): (request,)})
    assert outcome.ok, failures(outcome)
    assert "POST unlockDelete" in {call.kind for call in guarded.writes()}
    assert guarded.instances(vault_id()) == {}


def test_a_guard_is_verified_and_never_written(guarded: Stage) -> None:
    assert guarded.plan(declaring(resourceGuard=GUARD)).errors == ()
    other = GUARD.replace("/guard", "/other")
    assert "guard-differs" in [finding.code for finding in guarded.plan(declaring(resourceGuard=other)).errors]
    guarded.forget()
    guarded.apply(declaring(resourceGuard=other))
    assert guarded.writes() == []


def test_what_a_guard_does_not_guard_needs_no_request(guarded: Stage) -> None:
    outcome = guarded.apply(declaring(alertsForAllJobFailures=True))
    assert outcome.ok, failures(outcome)


def test_lowering_soft_delete_needs_the_guards_request(guarded: Stage) -> None:
    said = declaring(softDelete={"state": "Off"})
    plan = guarded.plan(said, force=frozenset({"weakens-protection"}))
    assert "resource-guard" in [finding.code for finding in plan.errors]


# Locks and unmanaged vaults


def test_a_lock_fails_what_it_forbids_and_says_which_one(on_stage: Callable[..., Stage]) -> None:
    from arm import lock

    stage = on_stage(estate(disk("PSTestDisk"), disk("free", "free-rg"), lock(disk_id("PSTestDisk"))))
    said = manifest(disks=[DISK, DISK | {"id": disk_id("free", "free-rg")}])
    plan = stage.plan(said)
    errors = [finding for finding in plan.errors if finding.code == "locked"]
    assert errors
    assert all("hands-off" in finding.message for finding in errors)
    outcome = stage.carry_out(plan)
    assert not outcome.ok
    assert list(stage.instances(vault_id())) == ["free"]


def test_a_lock_on_the_vault_forbids_its_change(on_stage: Callable[..., Stage]) -> None:
    from arm import lock

    stage = on_stage(standing() | {"resources": [*standing()["resources"], lock(vault_id())]})
    plan = stage.plan(declaring(alertsForAllJobFailures=True))
    assert "locked" in [finding.code for finding in plan.errors]
    assert "vault/TestBkpVault" not in actions(plan)


def test_an_unmanaged_vault_must_be_there_and_is_never_written(fresh: Stage) -> None:
    said = declaring(manage=False)
    plan = fresh.plan(said)
    assert "vault-missing" in [finding.code for finding in plan.errors]
    assert [address for address in actions(plan) if address.startswith(("vault/", "disk/"))] == []


def test_an_unmanaged_policy_is_found_by_its_name_and_never_written(on_stage: Callable[..., Stage]) -> None:
    from arm import policy

    stage = on_stage(estate(disk("PSTestDisk"), vault(), policy(vault_id(), "Company-Gold", default="P30D")))
    said = manifest(policies=[{"name": "diskBkpPolicy", "manage": False, "azureName": "company-gold"}])
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    row = stage.instances(vault_id())["pstestdisk"]
    assert row["properties"]["policyInfo"]["policyId"].lower().endswith("/company-gold")
    assert stage.plan(said).changes == ()
    missing = manifest(policies=[{"name": "diskBkpPolicy", "manage": False, "azureName": "nowhere"}])
    assert "policy-missing" in [finding.code for finding in stage.plan(missing).errors]
