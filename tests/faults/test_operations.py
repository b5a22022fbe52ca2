"""Operations that fail, stall, vanish or lie: what counts is the resource, and nothing is waited for for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from faults import LEAKY, Answer, Asked, Fault, answer, changed, instead, user_facing
from manifests import VAULT, manifest
from stories import ADDRESS, VAULT_ID, applied, orphaned, state_of, two_vaults
from trial import Trial

FAILED = user_facing("UserErrorVaultQuotaExceeded", f"The vault can't be made. {LEAKY}", "Delete a vault first.")


def of_vault(name: str) -> Callable[[Asked], bool]:
    return lambda asked: f"/{name}/".lower() in asked.path.lower()


def rows(change: Callable[[dict[str, Any]], object], kind: str = "") -> Fault:
    """Azure's answer with every row of a list, or the one resource, changed."""

    def each(body: Any) -> Any:
        for row in body.get("value", [body]):
            if kind in row.get("id", "").lower():
                change(row)
        return body

    return changed(each)


def test_f09_an_operation_that_failed_is_final_and_stops_only_its_dependants(trials: Callable[..., Trial]) -> None:
    trial = trials(*two_vaults())
    hit = trial.inject("GET operationStatus", instead("Failed", FAILED), times=9, where=of_vault("OtherVault"))
    run = trial.apply()
    assert (run.code, len(hit.hits)) == (1, 1)
    failed = run.result("vault/OtherVault")
    assert (failed.status, failed.code) == ("failed", "UserErrorVaultQuotaExceeded")
    assert "The vault can't be made." in failed.message
    assert "Delete a vault first." in failed.hint
    for word in ("UserErrorVaultQuotaExceeded", "The vault can't be made.", "Delete a vault first."):
        assert word in run.out
    by_vault = {row.address: row for row in run.outcome.results if "OtherVault" in row.address}
    assert {row.status for address, row in by_vault.items() if address != "vault/OtherVault"} == {"skipped"}
    assert all("vault/OtherVault" in row.because for row in by_vault.values() if row.status == "skipped")
    assert run.statuses["vault/TestBkpVault"] == "done"
    assert run.statuses[[address for address in run.statuses if address.endswith("data-1")][-1]] == "done"


def test_f09_a_stop_that_failed_is_told_with_its_cause(quickstart: Trial) -> None:
    orphaned(quickstart)
    quickstart.inject("GET operation*", instead("Failed", FAILED))
    run = quickstart.apply()
    assert run.code == 1
    assert (run.result("disk/").status, run.result("disk/").code) == ("failed", "UserErrorVaultQuotaExceeded")


def test_f10_an_operation_that_was_cancelled_says_so(quickstart: Trial) -> None:
    quickstart.inject("GET operationStatus", instead("Canceled"), where=of_vault("TestBkpVault"))
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("vault/").status == "failed"
    assert "cancelled in Azure" in run.out
    assert "invalid status" not in run.text


def test_f11_a_vault_that_is_provisioned_for_ever(quickstart: Trial) -> None:
    quickstart.inject("GET operationStatus", instead("Inprogress"), times=10_000, where=of_vault("TestBkpVault"))
    stuck = rows(lambda row: row["properties"].update(provisioningState="Provisioning"), "/backupvaults/testbkpvault")
    for kind in ("GET backupVaults", "LIST backupVaults"):
        quickstart.inject(kind, stuck, times=10_000)
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("vault/").status == "in-progress"
    assert "still in progress after 30 min" in run.out
    assert 1800 <= run.seconds <= 1900
    again = quickstart.apply()
    assert again.code == 1
    assert [call for call in again.writes if call.kind.endswith("backupVaults")] == [], "no second one is begun"


def test_f11_an_instance_that_is_configured_for_ever(quickstart: Trial) -> None:
    def stuck(row: dict[str, Any]) -> None:
        row["properties"]["currentProtectionState"] = "ConfiguringProtection"
        row["properties"]["protectionStatus"] = {"status": "ConfiguringProtection"}

    for kind in ("GET backupInstances", "LIST backupInstances"):
        quickstart.inject(kind, rows(stuck, "/backupinstances/"), times=10_000)
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("disk/").status == "in-progress"
    assert "still in progress after 30 min" in run.out
    again = quickstart.apply()
    assert again.code == 1
    assert again.writes == [], "no second one is begun"
    assert again.statuses == {ADDRESS: "in-progress"}


def test_f11_a_stop_that_never_ends(quickstart: Trial) -> None:
    orphaned(quickstart)
    link = f"https://management.azure.com{VAULT_ID}/operationStatus/stuck?api-version=2025-07-01"
    quickstart.inject("POST stopProtection", answer(202, Azure_AsyncOperation=link, Retry_After="10"))
    quickstart.inject("GET operationStatus", answer(200, {"name": "stuck", "status": "Inprogress"}), times=10_000)
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("disk/").status == "in-progress"
    assert "still in progress after 30 min" in run.out
    assert len([call for call in run.writes if call.kind == "POST stopProtection"]) == 1


def empty(asked: Asked) -> Answer:
    """The answer without its body."""
    status, headers, _, latency = asked.act()
    return status, headers, b"", latency


@pytest.mark.parametrize(
    "fault",
    [answer(404), empty, instead("Inprogress"), instead("Reticulating"), instead("InProgress"), answer(403)],
    ids=["404", "empty", "Inprogress", "unknown word", "InProgress", "403"],
)
@pytest.mark.parametrize("story", ["create", "stop"])
def test_f12_an_operation_that_can_t_be_understood_leaves_it_to_the_resource(
    quickstart: Trial, fault: Fault, story: str
) -> None:
    if story == "stop":
        orphaned(quickstart)
    hit = quickstart.inject("GET operation*", fault, times=4)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert hit.hits
    if story == "stop":
        assert state_of(quickstart) == "ProtectionStopped"


def test_f12_an_unknown_word_is_in_progress_until_the_deadline(quickstart: Trial) -> None:
    quickstart.inject("GET operationStatus", instead("Reticulating"), times=10_000, where=of_vault("TestBkpVault"))
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("vault/").status == "in-progress"


def configuring_until(trial: Trial, seconds: float, then: Callable[[dict[str, Any]], object]) -> None:
    """From its PUT on, an instance is shown as being configured for that long, and as `then` makes it afterwards."""
    begun: list[float] = []

    def change(row: dict[str, Any]) -> None:
        begun.append(trial.sandbox.time().timestamp())
        if begun[-1] - begun[0] < seconds:
            row["properties"]["currentProtectionState"] = "ConfiguringProtection"
            row["properties"]["protectionStatus"] = {"status": "ConfiguringProtection"}
        else:
            then(row)

    for kind in ("GET backupInstances", "LIST backupInstances"):
        trial.inject(kind, rows(change, "/backupinstances/"), times=10_000)


def test_f13_an_operation_that_succeeded_long_before_the_disk_is_protected(quickstart: Trial) -> None:
    configuring_until(quickstart, 600, lambda row: None)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert run.seconds >= 600
    assert len([call for call in run.writes if call.kind == "PUT backupInstances"]) == 1


def test_f13_protection_that_ends_in_an_error_is_a_failure_with_its_details(quickstart: Trial) -> None:
    def failing(row: dict[str, Any]) -> None:
        problem = {
            "code": "UserErrorDiskTooOdd",
            "message": f"The disk is odd. {LEAKY}",
            "recommendedAction": ["Mend it."],
        }
        row["properties"]["currentProtectionState"] = "ProtectionError"
        row["properties"]["protectionStatus"] = {"status": "ProtectionError", "errorDetails": problem}

    configuring_until(quickstart, 300, failing)
    run = quickstart.apply()
    assert run.code == 1
    assert (run.result("disk/").status, run.result("disk/").code) == ("failed", "UserErrorDiskTooOdd")
    assert "The disk is odd." in run.out
    assert "Mend it." in run.out


def test_f09_a_failed_vault_is_mended_by_the_next_run(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.said = manifest(vaults=[VAULT | {"softDelete": {"state": "On", "retentionDays": 30}}])
    quickstart.inject("GET operation*", instead("Failed", FAILED))
    run = quickstart.apply()
    assert (run.code, run.statuses) == (1, {"vault/TestBkpVault": "failed"})
