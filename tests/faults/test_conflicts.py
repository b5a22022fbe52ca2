"""Somebody else is at it as well, or something is on its way out: look again before anything is sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arm import APPS, disk_id, group_id, lock
from faults import Answer, Asked, error, first
from manifests import VAULT, manifest
from stories import LONGER, VAULT_ID, WRITES, applied, instance_of, rolled, two_vaults
from trial import Trial

BUSY = "Another operation is in progress on the resource. Please try again later."
ALERTS = manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}])
MONITORING = {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}}}


@pytest.mark.parametrize("kind", WRITES)
@pytest.mark.parametrize(
    ("status", "code"), [(409, "OperationInProgress"), (409, "Conflict"), (412, "PreconditionFailed")]
)
def test_f20_a_conflict_that_passes_is_looked_into_and_tried_again(
    quickstart: Trial, kind: str, status: int, code: str
) -> None:
    hit = quickstart.inject(kind, error(status, code, BUSY), times=2)
    run = quickstart.apply()
    if kind != "PATCH backupVaults":  # the mark alone: not worth a fight, said in a warning
        assert run.code == 0, run.text
    assert len(hit.hits) in (1, 2)


def test_f20_a_rival_that_wrote_the_same_leaves_nothing_to_do(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.said = ALERTS

    def rival(asked: Asked) -> Answer:
        quickstart.sandbox.patch(VAULT_ID, {"properties": MONITORING})
        return error(409, "Conflict", "The vault was changed meanwhile.")(asked)

    quickstart.inject("PATCH backupVaults", rival)
    run = quickstart.apply()
    assert run.code == 0, run.text
    sent = [call for call in run.writes if call.kind == "PATCH backupVaults" and "properties" in call.body]
    assert len(sent) == 1, "what is as wanted already isn't sent again"


def test_f20_a_rival_that_always_wins_is_named_and_not_fought(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.said = ALERTS
    hit = quickstart.inject(
        "PATCH backupVaults", error(412, "PreconditionFailed", "The etag is another one."), times=999
    )
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("vault/").code == "changed-by-someone-else"
    assert "changed by someone else" in run.out
    assert len(hit.hits) <= 8
    assert run.seconds < 600


def test_f20_an_instance_that_a_rival_is_changing_is_waited_for(quickstart: Trial) -> None:
    rolled(quickstart)
    row = instance_of(quickstart)

    def rival() -> None:
        quickstart.ask("POST", f"{row['id']}/suspendBackups")

    quickstart.inject("PUT backupPolicies", first(rival))
    quickstart.has_rivals = True
    run = quickstart.apply()
    assert run.code in (0, 1)


def test_f32_an_instance_being_deleted_is_never_written_over(quickstart: Trial) -> None:
    applied(quickstart)
    row = instance_of(quickstart)
    quickstart.ask("DELETE", row["id"])
    run = quickstart.apply()
    deleted = quickstart.sandbox.ids(f"{VAULT_ID}/backupInstances/*")
    for call in run.writes:
        assert call.method != "PUT" or "/backupInstances/" not in call.path, f"{call} onto a dying object; {deleted}"
    quickstart.wait(120)
    again = quickstart.apply()
    assert again.code == 0, again.text
    assert [call.kind for call in again.writes if call.method == "POST"] == ["POST undelete", "POST resumeProtection"]


def test_f32_an_instance_being_updated_is_waited_for(quickstart: Trial) -> None:
    rolled(quickstart)
    row = instance_of(quickstart)
    quickstart.ask("POST", f"{row['id']}/stopProtection")
    quickstart.wait(5)
    run = quickstart.apply()
    assert run.code == 0 or run.result("disk/").status in ("in-progress", "failed"), run.text


def test_f32_a_vault_being_deleted_is_refused_and_never_written_to(quickstart: Trial) -> None:
    deleting = {"id": VAULT_ID, "properties": {"provisioningState": "Deleting"}}
    applied(quickstart)
    quickstart.sandbox.patch(VAULT_ID, deleting)
    quickstart.cures.append(
        lambda: quickstart.sandbox.patch(VAULT_ID, {"properties": {"provisioningState": "Succeeded"}})
    )
    quickstart.said = manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}], policies=[LONGER])
    run = quickstart.apply()
    assert run.code == 1
    assert [call for call in run.writes if VAULT_ID.lower() in call.path.lower()] == []
    assert "vault-deleting" in run.text


def test_f32_a_vault_being_updated_is_waited_for(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.ask("PATCH", VAULT_ID, {"tags": {"reconciler-owner": "quickstart", "by": "hand"}})
    quickstart.said = ALERTS
    run = quickstart.apply()
    assert run.code == 0, run.text


LOCKED: list[tuple[str, str]] = [
    (group_id(APPS, "snapshotrg"), "role/"),
    (VAULT_ID, "vault/"),
    (disk_id("data-1"), "role/"),
]


@pytest.mark.parametrize(("scope", "stopped"), LOCKED, ids=["snapshot group", "vault", "disk"])
def test_f33_a_readonly_lock_is_final_and_named_and_never_removed(
    trials: Callable[..., Trial], scope: str, stopped: str
) -> None:
    estate, said = two_vaults()
    trial = trials(estate, said)
    if scope == VAULT_ID:
        applied(trial)
        trial.said = said | {"vaults": [said["vaults"][0] | {"alertsForAllJobFailures": True}, said["vaults"][1]]}
    held = lock(scope)
    trial.place(held)
    if scope != disk_id("data-1") and scope != VAULT_ID:
        trial.place({"id": scope, "location": "westus"})
    trial.cures.append(lambda: trial.sandbox.remove(held["id"]))
    run = trial.apply()
    assert run.code == 1
    told = run.text.lower()
    assert "hands-off" in told or scope.lower() in told, run.text
    assert run.seconds < 900, "terminal"
    assert held["id"].lower() in map(str.lower, trial.sandbox.ids(held["id"]))
    assert not [call for call in run.writes if "/locks/" in call.path.lower()]
    if scope == disk_id("data-1"):
        other = [row for row in run.outcome.results if row.address.endswith("/data-0") and row.kind == "disk"]
        assert [row.status for row in other] == ["done"], "other branches go on"
    assert stopped


def test_f33_a_lock_that_appears_between_plan_and_write(trials: Callable[..., Trial]) -> None:
    trial = trials(*two_vaults())
    held = lock(disk_id("data-1"))
    trial.inject("PUT backupVaults", first(lambda: trial.place(held)))
    trial.cures.append(lambda: trial.sandbox.remove(held["id"]))
    run = trial.apply()
    assert run.code == 1
    (failed,) = [row for row in run.outcome.results if row.status == "failed"]
    assert failed.code == "ScopeLocked"
    assert disk_id("data-1").lower() in failed.message.lower()
    assert "lock" in failed.hint
    assert [row.status for row in run.outcome.results if row.address.endswith("/data-0")] == ["done", "done"]
    assert run.seconds < 900
