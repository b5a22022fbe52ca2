"""R11: what Azure's own operation failed at is tried again: questions always, writes that may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from forging import Azure, fails, quickstart

Forged = Callable[..., AbstractContextManager[Azure]]

VALIDATE, INSTANCE, RESTORE = (
    "POST */validateForBackup",
    "PUT */backupInstances/*",
    "POST */backupInstances/*/validateRestore",
)


@pytest.mark.parametrize(
    "code", ["CloudServiceRetryableError", "CloudInternalError", "UserErrorMaxConcurrentOperationLimitReached"]
)
@pytest.mark.parametrize("where", [VALIDATE, INSTANCE])
def test_one_failure_of_azure_s_own_doesn_t_fail_the_disk(forged: Forged, where: str, code: str) -> None:
    rule = fails(where, code, "Azure failed.", takes_effect=False, once=True)
    with forged(quickstart(fresh=True), rule, clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert azure.run("drift").code == 0


@pytest.mark.parametrize("where", [VALIDATE, INSTANCE])
def test_a_failure_that_stays_is_told_with_its_code(forged: Forged, where: str) -> None:
    with forged(
        quickstart(fresh=True),
        fails(where, "CloudServiceRetryableError", "Azure failed.", takes_effect=False),
        clock="virtual",
    ) as azure:
        done = azure.run("apply", "--auto-approve")
        assert (done.code, "CloudServiceRetryableError" in done.text) == (1, True), done
        assert 2 <= len(azure.calls(where)) <= 6


def test_a_preflight_asks_again(forged: Forged) -> None:
    """Everything stands but the instance, so that Azure can be asked about the disk."""
    rule = fails(VALIDATE, "CloudServiceRetryableError", "Azure failed.", takes_effect=False, once=True)
    with forged(quickstart(), clock="virtual") as azure:
        azure.delete("*/backupInstances/*")
        azure.advance("1h")
        azure.rules(rule)
        done = azure.run("plan", "--preflight", "--format", "json")
        assert done.code == 0, done
        assert not {one["code"] for one in done.document["findings"]} & {"preflight-failed", "preflight-refused"}
