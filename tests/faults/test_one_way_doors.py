"""F36, F38, F61, F63, F64: doors that don't open again are seen before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import PLATFORM, disk, estate, group_id, vault
from faults import answer, error
from manifests import DISK, VAULT, Data, manifest
from manifests import disk as entry
from stories import ADDRESS, DISK_ID, VAULT_ID, applied, instance_of, soft_deleted, state_of
from trial import Trial

GUARD = f"{group_id(PLATFORM, 'guards')}/providers/Microsoft.DataProtection/resourceGuards/guard"


def declaring(**said: Any) -> Data:
    return manifest(vaults=[VAULT | said])


def standing(**said: Any) -> dict[str, Any]:
    """An estate with a vault of ours."""
    return estate(disk("PSTestDisk"), vault(tags={"reconciler-owner": "quickstart"}, **said))


# F36


def test_f36_a_soft_deleted_instance_is_undeleted_and_resumed(quickstart: Trial) -> None:
    soft_deleted(quickstart)
    before = quickstart.names(f"{VAULT_ID}/deletedBackupInstances")
    plan = quickstart.plan()
    assert "undelete" in plan.text.lower() or "soft-deleted" in plan.text.lower()
    run = quickstart.apply()
    assert run.code == 0, run.text
    kinds = [call.kind for call in run.writes]
    assert "POST undelete" in kinds
    assert "POST resumeProtection" in kinds
    assert kinds.index("POST undelete") < kinds.index("POST resumeProtection")
    assert not [call for call in run.writes if call.kind == "PUT backupInstances"], "never a blind create"
    assert state_of(quickstart) == "ProtectionConfigured"
    assert [instance_of(quickstart)["name"]] == before, "the same instance with its recovery points"


@pytest.mark.parametrize("how", ["other vault", "other snapshot group"])
def test_f36_a_soft_deleted_instance_that_cannot_come_back_is_refused_with_its_purge_date(
    quickstart: Trial, how: str
) -> None:
    soft_deleted(quickstart)
    wanted = quickstart.said
    if how == "other vault":
        quickstart.said = manifest(
            vaults=[VAULT, {"name": "OtherVault", "resourceGroup": "otherRG"}], disks=[DISK | {"vault": "OtherVault"}]
        )
    else:
        groups = [{"name": "snapshotrg"}, {"name": "others"}]
        quickstart.said = manifest(snapshotResourceGroups=groups, disks=[DISK | {"snapshotResourceGroup": "others"}])
    run = quickstart.apply()
    assert run.code == 1
    assert "error[soft-deleted]" in run.text
    assert "2026-01-" in run.text, "the purge date"
    assert "hint: " in run.text
    assert not [call for call in run.writes if "/backupinstances" in call.path.lower()]
    quickstart.said = wanted


def test_f36_a_soft_deleted_instance_that_no_list_shows_is_not_created_over(quickstart: Trial) -> None:
    """The list of deleted instances trails: Azure's own refusal ends the branch, and the next run brings it back."""
    soft_deleted(quickstart)
    quickstart.inject("LIST deletedBackupInstances", answer(200, {"value": []}), times=1)
    run = quickstart.apply()
    assert run.code == 1
    assert run.seconds < 300, "terminal"
    assert "SoftDeleted" in run.result(ADDRESS).message
    assert "plan again to undelete it" in run.result(ADDRESS).hint
    assert quickstart.apply().code == 0
    assert len(quickstart.names(f"{VAULT_ID}/backupInstances")) == 1


# F38


@pytest.mark.parametrize(
    ("live", "said", "code"),
    [
        ({"soft_delete": ("AlwaysOn", 14.0)}, {"softDelete": {"state": "Off"}}, "one-way-door"),
        (
            {"securitySettings": {"immutabilitySettings": {"state": "Locked"}}},
            {"immutability": "Disabled"},
            "one-way-door",
        ),
        ({}, {"redundancy": "GeoRedundant"}, "immutable-field"),
        ({}, {"location": "westeurope"}, "immutable-field"),
        (
            {"redundancy": "GeoRedundant", "featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}},
            {"redundancy": "GeoRedundant", "crossRegionRestore": False},
            "one-way-door",
        ),
    ],
    ids=["AlwaysOn", "Locked", "redundancy", "location", "cross-region"],
)
def test_f38_a_one_way_door_is_refused_at_plan_time_and_nothing_is_written(
    trials: Callable[..., Trial], live: dict[str, Any], said: Data, code: str
) -> None:
    opened = ("--accept-irreversible", "--force", "weakens-protection", "--force", "irreversible")
    trial = trials(standing(**live), declaring(**said), *opened)
    plan = trial.plan()
    assert plan.code == 1
    assert f"error[{code}] vault/TestBkpVault" in plan.out
    run = trial.apply()
    assert run.code == 1
    assert not [call for call in run.writes if call.path.lower() == VAULT_ID.lower() and set(call.body) != {"tags"}]
    trial.said, trial.flags = declaring(**({"redundancy": "GeoRedundant"} if "redundancy" in live else {})), ()


@pytest.mark.parametrize(
    "said", [{"softDelete": {"state": "AlwaysOn"}}, {"immutability": "Locked"}], ids=["AlwaysOn", "Locked"]
)
@pytest.mark.parametrize("there", [True, False], ids=["change", "create"])
def test_f38_going_through_a_one_way_door_needs_a_second_key(
    trials: Callable[..., Trial], said: Data, there: bool
) -> None:
    trial = trials(standing() if there else estate(disk("PSTestDisk")), declaring(**said))
    run = trial.apply()
    assert (run.code, run.writes) == (1, [])
    assert "gate[irreversible]" in run.out
    trial.flags = ("--accept-irreversible",)


def test_f38_azures_own_refusal_of_a_door_is_final(quickstart: Trial) -> None:
    """The vault was locked between plan and write: told at once, not tried for half an hour."""
    applied(quickstart)
    wanted = quickstart.said
    quickstart.said = declaring(immutability="Unlocked")
    message = "The immutable vault property for this vault is locked, hence, this setting cannot be disabled."
    hit = quickstart.inject(
        "PATCH backupVaults", error(400, "UserErrorUnsupportedVaultImmutabilityStateChange", message), times=9
    )
    run = quickstart.apply()
    assert run.code == 1
    assert len(hit.hits) == 1
    assert run.seconds < 120
    assert message in run.text
    quickstart.said = wanted


# F61


def deleted_vault(trial: Trial) -> Trial:
    """The walkthrough's vault was deleted and is kept by Azure, with all that it held."""
    applied(trial)
    (row,) = trial.instances(VAULT_ID).values()
    trial.ask("DELETE", row["id"], version="2025-09-01")
    trial.wait(300)
    trial.ask("DELETE", VAULT_ID, version="2025-09-01")
    trial.wait(300)
    assert trial.names(f"{group_id(PLATFORM, 'testBkpVaultRG')}/providers/Microsoft.DataProtection/backupVaults") == []
    return trial


def test_f61_a_soft_deleted_vault_of_the_same_name_refuses_creation(quickstart: Trial) -> None:
    deleted_vault(quickstart)
    run = quickstart.apply()
    assert run.code == 1
    assert "error[vault-soft-deleted]" in run.text
    assert "2026-01-" in run.text, "its purge date"
    assert "--force deleted-vault" in run.text
    assert not [call for call in run.writes if "/backupvaults" in call.path.lower()], "never silently replaced"
    assert quickstart.drift().code != 0
    forced = quickstart.apply("--force", "deleted-vault")
    assert forced.code == 0, forced.text
    assert state_of(quickstart) == "ProtectionConfigured"


def test_f61_where_the_list_of_deleted_vaults_is_out_of_reach_nothing_is_made(quickstart: Trial) -> None:
    deleted_vault(quickstart)
    quickstart.inject("LIST deletedVaults", error(403, "AuthorizationFailed", "no rights"), times=99)
    run = quickstart.apply()
    assert (run.code, run.writes) == (1, [])
    quickstart.flags = ("--force", "deleted-vault")


# F63


def guarded(trial: Trial) -> Trial:
    """The vault is under a resource guard that must approve changes of its protection."""
    applied(trial)
    trial.place({"id": GUARD, "location": "westus", "properties": {}})
    proxy = {"properties": {"objectType": "ResourceGuardProxyBase", "resourceGuardResourceId": GUARD}}
    trial.ask("PUT", f"{VAULT_ID}/backupResourceGuardProxies/DppResourceGuardProxy", proxy)
    trial.wait(60)
    return trial


STOP = manifest(disks=None, removed=[{"id": DISK_ID, "data": "retain", "reason": "ticket"}])


def test_f63_a_guarded_change_is_refused_by_the_plan(quickstart: Trial) -> None:
    guarded(quickstart)
    wanted, quickstart.said = quickstart.said, STOP
    run = quickstart.apply()
    assert (run.code, run.writes) == (1, [])
    assert "error[resource-guard]" in run.text
    assert "--resource-guard-request" in run.text
    assert state_of(quickstart) == "ProtectionConfigured"
    quickstart.said = wanted


def test_f63_a_request_that_was_given_is_passed_on(quickstart: Trial) -> None:
    guarded(quickstart)
    wanted, quickstart.said = quickstart.said, STOP
    request = f"{GUARD}/dppDisableSoftDeleteRequests/default".replace("dppDisableSoftDelete", "stopProtection")
    given = ("--resource-guard-request", f"TestBkpVault={request}")
    quickstart.flags = given
    plan = quickstart.plan()
    assert "error[resource-guard]" not in plan.text, plan.text
    run = quickstart.apply()
    sent = [call for call in run.writes if call.kind == "POST stopProtection"]
    assert sent, run.text
    assert sent[0].body["resourceGuardOperationRequests"] == [request]
    quickstart.sandbox.remove(f"{VAULT_ID}/backupResourceGuardProxies/DppResourceGuardProxy")
    quickstart.said, quickstart.flags = wanted, ()


def test_f63_what_needs_no_approval_goes_on_under_a_guard(quickstart: Trial) -> None:
    guarded(quickstart)
    quickstart.place(disk("other"))
    quickstart.said = manifest(disks=[DISK, entry("other")])
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert ADDRESS not in run.statuses
    assert state_of(quickstart, "other") == "ProtectionConfigured"


# F64


@pytest.mark.parametrize("said", [None, {"state": "On"}, {"state": "On", "retentionDays": 14}])
def test_f64_where_soft_delete_can_only_be_alwayson_on_is_satisfied(
    trials: Callable[..., Trial], said: Data | None
) -> None:
    trial = trials(
        standing(soft_delete=("AlwaysOn", 14.0)) | {"switches": {"secure_by_default": "everywhere"}},
        declaring(**({"softDelete": said} if said else {})),
    )
    run = trial.apply()
    assert run.code == 0, run.text
    assert trial.drift().code == 0


@pytest.mark.parametrize("there", [True, False], ids=["change", "create"])
def test_f64_where_soft_delete_can_only_be_alwayson_off_is_refused_with_the_reason(
    trials: Callable[..., Trial], there: bool
) -> None:
    base = standing(soft_delete=("AlwaysOn", 14.0)) if there else estate(disk("PSTestDisk"))
    flags = ("--force", "weakens-protection", "--accept-irreversible")
    trial = trials(
        base | {"switches": {"secure_by_default": "everywhere"}}, declaring(softDelete={"state": "Off"}), *flags
    )
    run = trial.apply()
    assert run.code == 1
    assert "AlwaysOn" in run.text
    assert ("error[one-way-door]" in run.text) is there
    trial.said, trial.flags = declaring(softDelete={"state": "AlwaysOn"}), ("--accept-irreversible",)


@pytest.mark.parametrize("region", ["australiaeast", "West Central US", "eastasia"])
def test_f64_the_plan_knows_the_regions_whose_vaults_are_alwayson(trials: Callable[..., Trial], region: str) -> None:
    said = manifest(
        vaults=[VAULT | {"location": region, "softDelete": {"state": "Off"}}],
        snapshotResourceGroups=[{"name": "snapshotrg", "location": region}],
    )
    short = region.replace(" ", "").lower()
    trial = trials(estate(disk("PSTestDisk", location=short)), said)
    run = trial.apply()
    assert (run.code, [call for call in run.writes if "backupvaults" in call.path.lower()]) == (1, [])
    assert f"vaults in {short} always have soft delete AlwaysOn, declared is Off" in run.text
    trial.said = said | {"vaults": [VAULT | {"location": region, "softDelete": {"state": "AlwaysOn"}}]}
    trial.flags = ("--accept-irreversible",)


def test_f64_a_vault_that_is_to_be_made_where_only_alwayson_is_allowed(trials: Callable[..., Trial]) -> None:
    """In a region that the plan doesn't know of: Azure refuses once, and the way out is told."""
    trial = trials(
        estate(disk("PSTestDisk"), switches={"secure_by_default": "everywhere"}), declaring(softDelete={"state": "On"})
    )
    run = trial.apply()
    assert run.code == 1
    assert run.seconds < 300, "terminal"
    assert len([call for call in run.writes if call.kind == "PUT backupVaults"]) == 1
    assert "declare `softDelete: {state: AlwaysOn}`" in run.result("vault/TestBkpVault").hint
    trial.said, trial.flags = declaring(softDelete={"state": "AlwaysOn"}), ("--accept-irreversible",)
