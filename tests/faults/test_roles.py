"""Role assignments that exist already, that name nobody yet, that take their time, or that never come to anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, BACKUP_READER, disk, estate, group, group_id, principal, role, vault
from faults import changed, error
from invariants import rows
from manifests import manifest
from stories import DISK_ID, VAULT_ID, applied, state_of
from trial import Trial


def held(trial: Trial) -> list[tuple[str, str]]:
    """Scope and principal of every role assignment below subscriptions, sorted."""
    found = [row["properties"] for row in rows(trial, "roleassignments")]
    return sorted((row["scope"].lower(), row["principalId"]) for row in found if row["scope"].count("/") > 2)


def test_f14_an_assignment_that_exists_under_another_name_is_satisfied(trials: Callable[..., Trial]) -> None:
    theirs = role(DISK_ID, principal(VAULT_ID), BACKUP_READER)
    trial = trials(estate(group(APPS, "diskrg"), disk("PSTestDisk"), vault(), theirs), manifest())
    hide = changed(lambda body: {**body, "value": [row for row in body["value"] if row["id"] != theirs["id"]]})
    trial.inject("LIST roleAssignments", hide, times=100)
    run = trial.apply()
    assert run.code == 0, run.text
    assert [call.status for call in run.writes if call.path.startswith(DISK_ID)] == [409]
    assert "exists already" in str(run.outcome)
    assert [scope for scope, _ in held(trial)].count(DISK_ID.lower()) == 1


@pytest.mark.parametrize("repeat", ["ok", "conflict"])
def test_f14_a_lost_answer_and_a_conflict_with_oneself(quickstart: Trial, repeat: str) -> None:
    from faults import lost_after

    quickstart.switch(role_assignment_repeat=repeat)
    quickstart.inject("PUT roleAssignments", lost_after, times=2)
    assert quickstart.apply().code == 0


def test_f15_a_vault_that_was_made_anew_gets_assignments_of_its_own(quickstart: Trial) -> None:
    applied(quickstart)
    before = held(quickstart)
    quickstart.sandbox.remove(VAULT_ID)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert "RoleAssignmentUpdateNotPermitted" not in run.text
    after = held(quickstart)
    assert len(after) == 4, "two for the new principal, and the two orphaned ones are left alone"
    assert set(before) < set(after)
    assert state_of(quickstart) == "ProtectionConfigured"
    assert "role-left-behind" in run.out, "the orphaned one is told when it is replaced"


@pytest.mark.parametrize("seconds", [30, 600])
def test_f16_an_identity_that_the_directory_doesn_t_know_yet(quickstart: Trial, seconds: int) -> None:
    quickstart.switch(principal_type_skips_check=False, principal_replication=str(seconds))
    run = quickstart.apply()
    assert run.code == 0, run.text
    sent = [call for call in run.writes if call.kind == "PUT roleAssignments"]
    assert {call.status for call in sent} == {400, 201}
    assert {call.body["properties"]["principalType"] for call in sent} == {"ServicePrincipal"}


def test_f16_an_identity_that_the_directory_never_knows(quickstart: Trial) -> None:
    quickstart.switch(principal_type_skips_check=False, principal_replication="100000")
    quickstart.cures.append(lambda: quickstart.wait(100_000))
    run = quickstart.apply()
    assert run.code == 1
    assert run.seconds < 3600
    assert {row.status for row in run.outcome.results if row.kind == "role"} <= {"failed", "in-progress"}


@pytest.mark.parametrize("failure", ["protection-error", "refused"])
@pytest.mark.parametrize("seconds", ["0", "1500", "60..1750"])
def test_f17_rights_that_become_effective_late_and_flap_meanwhile(
    quickstart: Trial, seconds: str, failure: str
) -> None:
    from reconciler.sandbox.switches import SWITCHES

    if failure not in SWITCHES["permission_failure"].values:
        failure = next(value for value in SWITCHES["permission_failure"].values if value != "protection-error")
    quickstart.switch(propagation=seconds, propagation_flap=True, permission_failure=failure)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert run.seconds < 2 * 3600, "bounded"


def test_f17_a_probe_that_allows_and_then_denies(quickstart: Trial) -> None:
    """The probe passes, then the write is refused twice: the create is simply tried again."""
    hit = quickstart.inject("PUT backupInstances", error(400, "BMSUserErrorInvalidInput", "Invalid."), times=2)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 2


def test_f18_rights_that_never_become_effective(quickstart: Trial) -> None:
    quickstart.switch(propagation="100000")
    quickstart.cures.append(lambda: quickstart.wait(100_000))
    run = quickstart.apply()
    assert run.code == 1
    assert 1700 <= run.seconds <= 2400
    failed = run.result("disk/")
    assert failed.status == "failed"
    identity = quickstart.get(VAULT_ID)["identity"]["principalId"]
    for scope, name in ((DISK_ID, "Disk Backup Reader"), (group_id(APPS, "snapshotrg"), "Disk Snapshot Contributor")):
        line = (
            f"az role assignment create --assignee-object-id {identity} --assignee-principal-type ServicePrincipal"
            f" --role '{name}' --scope '{scope}'"
        )
        assert line in run.out
    assert list(rows(quickstart, "backupinstances")) == [], "nothing half-made"


def test_f18_a_second_run_within_the_window_waits_no_longer_than_the_first(quickstart: Trial) -> None:
    quickstart.switch(propagation="100000")
    quickstart.cures.append(lambda: quickstart.wait(100_000))
    assert quickstart.apply().code == 1
    again = quickstart.apply()
    assert again.code == 1
    assert again.seconds <= 2400


def test_f19_a_refusal_of_our_own_caller_is_final_at_once(quickstart: Trial) -> None:
    message = (
        "The client 'me' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write'."
    )
    hit = quickstart.inject("PUT roleAssignments", error(403, "AuthorizationFailed", message), times=100)
    run = quickstart.apply()
    assert run.code == 1
    assert run.seconds < 180, "at once, not after half an hour"
    assert len(hit.hits) == 2, "each is tried once"
    refused = [row for row in run.outcome.results if row.kind == "role"]
    assert {row.code for row in refused} == {"AuthorizationFailed"}
    assert all("az role assignment create" in row.hint for row in refused)
    assert run.result("disk/").status == "skipped"


def test_f19_a_caller_whose_rights_end_at_reading(trials: Callable[..., Trial]) -> None:
    """The sandbox's own check of the caller, on every write."""
    trial = trials(estate(group(APPS, "diskrg"), disk("PSTestDisk")), manifest())

    def forbidden(asked: Any) -> Any:
        return error(403, "AuthorizationFailed", "No.")(asked)

    for method in ("PUT", "PATCH", "POST validateForBackup", "DELETE"):
        trial.inject(f"{method}*", forbidden, times=1000)
    run = trial.apply()
    assert run.code == 1
    assert run.seconds < 180
    assert rows(trial, "backupvaults") == []
