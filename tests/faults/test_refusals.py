"""F34, F35, F37, F39, F40: what Azure refuses for good is told with its cause; it stops its own branch and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arm import APPS, PLATFORM, disk, disk_id, estate, grants, group_id, instance, lock, policy, vault, vault_id
from faults import Asked, error, first, then
from manifests import DISK, manifest
from manifests import disk as entry
from stories import ADDRESS, DISK_ID, LONGER, REMOVED, VAULT_ID, applied, orphaned, state_of, two_vaults
from trial import Trial

from reconciler.model.ids import ArmId
from reconciler.model.short_names import ShortNames

LOCK = lock(VAULT_ID, "CanNotDelete", "keep-the-vault")
ELSEWHERE = vault_id("Elsewhere", "elsewhereRG")


# F34


def test_f34_a_cannotdelete_lock_lets_a_prune_stop_and_detach(quickstart: Trial) -> None:
    """Stopping deletes nothing: the lock doesn't stand in its way, the data is kept, and the report says so."""
    orphaned(quickstart)
    quickstart.place(LOCK)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert state_of(quickstart) == "ProtectionStopped"
    assert not [call for call in run.writes if call.method == "DELETE"]
    assert "retained" in quickstart.plan().text
    assert quickstart.sandbox.get(LOCK["id"]), "locks are never removed"


def test_f34_a_cannotdelete_lock_fails_a_deletion_cleanly(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.said, quickstart.flags = manifest(disks=None, removed=REMOVED), ("--allow-delete", "1")
    quickstart.place(LOCK)
    run = quickstart.apply()
    assert run.code == 1
    assert "keep-the-vault" in run.text, "which lock"
    assert state_of(quickstart) == "ProtectionConfigured"
    assert quickstart.sandbox.get(LOCK["id"]), "locks are never removed"
    quickstart.sandbox.remove(LOCK["id"])
    assert quickstart.apply().code == 0
    quickstart.flags = ()


def test_f34_a_lock_that_the_plan_could_not_see_fails_only_its_own_deletion(quickstart: Trial) -> None:
    """It comes between plan and write: the retired policy stays, the disk is re-pointed all the same."""
    applied(quickstart)
    quickstart.said = manifest(policies=[LONGER])
    refusal = error(
        409, "ScopeLocked", "The scope cannot perform delete operation because following scope(s) are locked: 'v'."
    )
    hit = quickstart.inject("DELETE backupPolicies", refusal, times=99)
    run = quickstart.apply()
    assert run.code == 1
    assert len(hit.hits) == 1, "a lock is not tried again"
    assert run.statuses[ADDRESS] == "done"
    (failed,) = [row for row in run.outcome.results if row.status == "failed"]  # type: ignore[union-attr]
    assert failed.code == "ScopeLocked"
    assert "lock" in failed.hint


# F35


@pytest.mark.parametrize(
    "kind", ["PUT backupVaults", "PUT resourcegroups", "PUT backupInstances", "PUT roleAssignments"]
)
def test_f35_a_refusal_by_azure_policy_names_the_assignment(quickstart: Trial, kind: str) -> None:
    assignment = f"/subscriptions/{PLATFORM}/providers/Microsoft.Authorization/policyAssignments/deny-untagged"
    message = (
        "Resource 'x' was disallowed by policy. Policy identifiers: "
        f'\'[{{"policyAssignment":{{"name":"Deny untagged","id":"{assignment}"}}}}]\'.'
    )
    hit = quickstart.inject(kind, error(403, "RequestDisallowedByPolicy", message), times=99)
    run = quickstart.apply()
    assert run.code == 1
    paths = [asked.path for asked in hit.hits]
    assert len(paths) == len(set(paths)), "terminal: no object's write is tried twice"
    assert assignment in run.text
    assert "Deny untagged" in run.text
    assert "ask the owner of the Azure Policy for an exemption" in run.text


def test_f35_the_assignment_is_named_where_azure_hides_it_in_additional_info(quickstart: Trial) -> None:
    """ARM puts the names into additionalInfo when the message has none."""
    from faults import answer

    assignment = (
        "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyAssignments/abc123"
    )
    info = {
        "policyAssignmentId": assignment,
        "policyAssignmentDisplayName": "Allowed regions",
        "policyDefinitionEffect": "deny",
    }
    body = {
        "error": {
            "code": "RequestDisallowedByPolicy",
            "message": "Resource 'x' was disallowed by policy.",
            "additionalInfo": [{"type": "PolicyViolation", "info": info}],
        }
    }
    quickstart.inject("PUT backupVaults", answer(403, body), times=99)
    run = quickstart.apply()
    assert run.code == 1
    assert assignment in run.text
    assert "Allowed regions" in run.text


# F37


def protected_elsewhere() -> list[dict[str, object]]:
    return [
        vault(ELSEWHERE),
        policy(ELSEWHERE, "theirs"),
        instance(ELSEWHERE, DISK_ID, "theirs", name="theirs-1"),
        *grants(ELSEWHERE, DISK_ID),
    ]


def test_f37_a_disk_protected_elsewhere_is_refused_by_the_plan_where_it_can_see(trials: Callable[..., Trial]) -> None:
    said = manifest(disks=[DISK, entry("other")])
    trial = trials(estate(disk("PSTestDisk"), disk("other"), protected_elsewhere()), said, "--preflight")
    run = trial.apply()
    assert run.code == 1
    assert "protected-elsewhere" in run.text
    assert ADDRESS not in run.statuses, "nothing is planned for it"
    assert "theirs-1" in run.text
    assert list(trial.instances(VAULT_ID)) == ["other"], "the others go on"
    assert list(trial.instances(ELSEWHERE)) == ["pstestdisk"], "theirs is left alone"
    trial.cures.append(lambda: trial.sandbox.remove(f"{ELSEWHERE}/backupInstances/theirs-1"))


@pytest.mark.parametrize(
    "code", ["UserErrorDppDatasourceAlreadyProtected", "UserErrorDppDatasourceAlreadyHasBackupInstance"]
)
def test_f37_a_disk_protected_out_of_sight_is_final_and_names_vault_and_instance(
    trials: Callable[..., Trial], code: str
) -> None:
    """In a subscription that the manifest doesn't name, while Resource Graph may not be asked: Azure alone can tell."""
    far = vault_id("Far", "farRG", "33333333-3333-3333-3333-333333333333")
    rows = [vault(far), policy(far, "theirs"), instance(far, DISK_ID, "theirs", name="far-1"), *grants(far, DISK_ID)]
    trial = trials(
        estate(disk("PSTestDisk"), disk("other"), rows, switches={"validate_protected_code": code}),
        manifest(disks=[DISK, entry("other")]),
    )
    trial.inject("POST resources", error(403, "AuthorizationFailed"), times=99)
    run = trial.apply()
    assert run.code == 1
    result = run.result(ADDRESS)
    assert result.status == "failed"
    assert "already" in result.code.lower()
    assert far.lower() in result.message.lower()
    assert ShortNames().of(ArmId(far)) in run.text
    assert "far-1" in run.text
    assert run.statuses[f"disk/{disk_id('other').lower()}"] == "done"
    assert not [call for call in run.writes if call.path.lower().startswith(far.lower())]
    trial.cures.append(lambda: trial.sandbox.remove(f"{far}/backupInstances/far-1"))


# F39


@pytest.mark.parametrize(
    ("status", "code", "message", "said"),
    [
        (409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.DataProtection'.", "az provider register --namespace Microsoft.DataProtection"),
        (409, "QuotaExceeded", "The vault quota of the subscription is exceeded.", "quota"),
        (400, "LocationNotAvailableForResourceType", "The location 'westus' is not available for resource type 'backupVaults'. List of available regions is 'eastus'.", "eastus"),
        (400, "NoRegisteredProviderFound", "No registered resource provider found for location 'westus' and API version '2025-07-01'.", "registered"),
    ],
    ids=["registration", "quota", "region", "version"],
)  # fmt: skip
def test_f39_what_the_subscription_lacks_is_final_with_the_way_out(
    quickstart: Trial, status: int, code: str, message: str, said: str
) -> None:
    hit = quickstart.inject("PUT backupVaults", error(status, code, message), times=99)
    run = quickstart.apply()
    assert run.code == 1
    assert len(hit.hits) == 1, "terminal"
    assert run.seconds < 300
    result = run.result("vault/TestBkpVault")
    assert (result.status, result.code) == ("failed", code)
    assert said in f"{result.message} {result.hint}"
    assert run.result(ADDRESS).status == "skipped"


def test_f39_a_provider_that_is_not_registered_is_told_by_azure_itself(trials: Callable[..., Trial]) -> None:
    trial = trials(estate(disk("PSTestDisk")), manifest())
    trial.inject("POST register", error(500, "Never", "nobody asked for it"), times=99)
    trial.inject("PUT backupVaults", error(409, "MissingSubscriptionRegistration", "not registered"), times=1)
    run = trial.apply()
    assert run.code == 1
    assert not [call for call in run.calls if "register" in call.path.lower()], "never registered unasked"


# F40


def test_f40_a_disk_deleted_between_plan_and_apply_fails_its_own_branch(trials: Callable[..., Trial]) -> None:
    trial = trials(estate(disk("PSTestDisk"), disk("other")), manifest(disks=[DISK, entry("other")]))
    trial.inject("PUT backupVaults", then(lambda: trial.sandbox.remove(DISK_ID)))
    run = trial.apply()
    assert run.code == 1
    assert run.statuses[ADDRESS] in {"failed", "skipped"}
    assert run.statuses[f"disk/{disk_id('other').lower()}"] == "done"
    assert ShortNames().of(ArmId(DISK_ID)) in run.text
    trial.cures.append(lambda: trial.place(disk("PSTestDisk")))


def test_f40_a_disk_that_moved_between_plan_and_apply_is_told(trials: Callable[..., Trial]) -> None:
    """Its id has changed: the declared one is gone, and the next plan says so."""
    trial = trials(estate(disk("PSTestDisk"), disk("other")), manifest(disks=[DISK, entry("other")]))

    def move() -> None:
        trial.sandbox.remove(DISK_ID)
        trial.place(disk("PSTestDisk", "movedrg"))

    trial.inject("PUT backupPolicies", then(move))
    assert trial.apply().code == 1
    plan = trial.plan()
    assert plan.code == 1
    assert "disk-gone" in plan.text
    trial.said = manifest(disks=[DISK | {"id": disk_id("PSTestDisk", "movedrg")}, entry("other")])


@pytest.mark.parametrize("kind", ["PUT backupPolicies", "PUT roleAssignments", "PUT backupInstances"])
def test_f40_a_vault_deleted_under_us_fails_its_branch_alone(trials: Callable[..., Trial], kind: str) -> None:
    resources, said = two_vaults()
    trial = trials(resources, said)
    trial.has_rivals = True
    applied_once: list[Asked] = []

    def gone(asked: Asked) -> bool:
        return "/testbkpvault/" in asked.path.lower() or (kind == "PUT roleAssignments" and not applied_once)

    def delete() -> None:
        applied_once.append(Asked("", "", None, lambda: (0, {}, b"", 0.0)))
        trial.sandbox.remove(VAULT_ID)

    trial.inject(kind, first(delete), where=gone)
    run = trial.apply("--timeout", "7200")
    assert run.code == 1
    assert run.statuses[f"disk/{disk_id('data-0').lower()}"] == "done", run.text
    assert run.statuses[f"disk/{disk_id('data-1').lower()}"] in {"failed", "skipped"}
    assert "TestBkpVault" in run.text


def test_f40_a_snapshot_group_deleted_under_us_fails_cleanly(quickstart: Trial) -> None:
    quickstart.has_rivals = True
    quickstart.inject("PUT backupInstances", first(lambda: quickstart.sandbox.remove(group_id(APPS, "snapshotrg"))))
    run = quickstart.apply()
    assert run.code == 1
    assert run.statuses[ADDRESS] == "failed"
    assert "snapshot" in run.text.lower()
    assert "az group create" in quickstart.plan().text, "what it held is lost: it is never quietly remade"
    quickstart.place({"id": group_id(APPS, "snapshotrg"), "location": "westus"})
