"""R12: one table of Azure's codes: every verb that meets a code gives the same hint for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import Azure, answers, edits, edits_rows, fails, quickstart

from reconciler.model.codes.azure import advice

Forged = Callable[..., AbstractContextManager[Azure]]

KNOWN = ["UserErrorManagedDiskNotFound", "UserErrorDESKeyVaultKeyDisabled", "UserErrorDiskBackupDiskTypeNotSupported"]
LOOK_UP = "look up this code on Azure's page `Troubleshoot Azure Disk Backup`"


def failed(code: str) -> dict[str, Any]:
    error = {"code": code, "message": "It can't be done.", "recommendedAction": []}
    return {"properties.status": "Failed", "properties.errorDetails": [error]}


@pytest.mark.parametrize("code", KNOWN)
def test_a_failed_job_has_the_hint_that_an_apply_has(forged: Forged, code: str) -> None:
    hint = advice(code, "")
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        job = azure.ids("*/backupJobs/*")[-1].rpartition("/")[2]
        azure.rules(edits("GET */backupJobs/*", failed(code)), edits_rows("GET */backupJobs", "*", failed(code)))
        shown = azure.run("jobs show", "backup.yaml", job)
        listed = azure.run("jobs list", "--format", "json")
        for done in (shown, listed):
            assert (hint in done.text, LOOK_UP in done.text) == (True, False), done
    rule = fails("PUT */backupInstances/*", code, "It can't be done.", takes_effect=False)
    with forged(quickstart(fresh=True), rule, clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve")
        assert (done.code, code in done.text, hint in done.text) == (1, True, True), done


@pytest.mark.parametrize("code", ["UserErrorSubscriptionDiskQuotaLimitReached", "UserErrorRestoreTargetRGNotFound"])
def test_a_failed_restore_has_the_hint_of_its_job(forged: Forged, code: str) -> None:
    said = ("PSTestDisk", "--to", "diskrg", "--name", "copy", "--auto-approve")
    rule = fails("POST */backupInstances/*/restore", code, "It can't be done.", takes_effect=False)
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(rule)
        done = azure.run("restore", "backup.yaml", *said)
        assert (done.code, code in done.text, advice(code, "") in done.text) == (1, True, True), done


def test_a_refusal_has_it_too(forged: Forged) -> None:
    code = "UserErrorResourceGuardOperationRequestRequired"
    body = {"error": {"code": code, "message": "It is guarded."}}
    with forged(quickstart(fresh=True), answers("PUT */backupPolicies/*", 400, body), clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve")
        assert (done.code, advice(code, "") in done.text) == (1, True), done


def test_a_code_that_nobody_knows_is_to_be_looked_up(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(edits_rows("GET */backupJobs", "*", failed("UserErrorNobodyKnows")))
        assert LOOK_UP in azure.run("jobs list", "--format", "json").text
