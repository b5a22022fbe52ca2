"""R5: a write whose operation failed is told with Azure's error, even where the instance never leaves its state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from forging import Azure, Done, edits_rows, fails, quickstart
from manifests import POLICY, manifest

Forged = Callable[..., AbstractContextManager[Azure]]

INSTANCE = "PUT */backupInstances/*"
HALFWAY = {
    "properties.currentProtectionState": "ConfiguringProtection",
    "properties.protectionStatus": {"status": "ConfiguringProtection"},
    "properties.provisioningState": "Failed",
}
IN_PROGRESS = "in progress"
SETTINGS = pytest.mark.parametrize("setting", ["repaired", "no-op", "operation-failed"])


def applied(azure: Azure) -> tuple[Done, float]:
    """An apply, and how many minutes it took in Azure's time."""
    began = azure.now
    done = azure.run("apply", "--auto-approve")
    return done, (azure.now - began).total_seconds() / 60


def test_the_operation_s_error_is_told_at_once(forged: Forged) -> None:
    rule = fails(INSTANCE, "UserErrorDiskOddlyShaped", "This disk is oddly shaped.", shows=HALFWAY)
    with forged(quickstart(fresh=True), rule, clock="virtual") as azure:
        done, _ = applied(azure)
        assert (done.code, "UserErrorDiskOddlyShaped" in done.text) == (1, True), done
        assert "oddly shaped" in done.text
        assert IN_PROGRESS not in done.text


@SETTINGS
def test_missing_permissions_are_told_once_their_time_is_over_and_repaired_later(forged: Forged, setting: str) -> None:
    """They are repaired as far as Azure lets a write repair them; else that is told, by every run anew."""
    with forged(quickstart(fresh=True), clock="virtual") as azure:
        azure.switch(permission_failure="given-up", check_failure="given-up", propagation="5400")
        azure.switch(given_up_instance=setting)
        done, minutes = applied(azure)
        assert (done.code, IN_PROGRESS in done.text) == (1, False), done
        assert minutes < 45
        azure.advance("2h")
        done, _ = applied(azure)
        assert done.code == 0, done
        assert azure.run("drift").code == 0


@SETTINGS
def test_what_somebody_else_s_write_left_halfway_is_repaired_or_told(forged: Forged, setting: str) -> None:
    repaired = setting == "repaired"
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        azure.switch(given_up_instance=setting)
        azure.patch("*/backupInstances/*", {"properties": {"currentProtectionState": "ConfiguringProtection",
            "protectionStatus": {"status": "ConfiguringProtection"}, "provisioningState": "Failed"}})  # fmt: skip
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, drift.document["classes"]["unhealthy"]["count"]) == (2, 1), drift
        done, minutes = applied(azure)
        assert (done.code, minutes < 10, IN_PROGRESS in done.text) == (0 if repaired else 1, True, False), done
        assert azure.run("drift").code == (0 if repaired else 2)


def test_a_policy_change_that_fails_halfway_is_told(forged: Forged) -> None:
    longer = manifest(policies=[POLICY | {"retention": {"default": "30d"}}])
    rule = fails(INSTANCE, "UserErrorPolicyTooLong", "The policy is too long.", takes_effect=False)
    halfway = edits_rows("GET */backupInstances", "*", {
        "properties.currentProtectionState": "UpdatingProtection", "properties.provisioningState": "Failed",
    }, optional=True)  # fmt: skip
    with forged(quickstart().saying(**{key: longer[key] for key in ("policies",)}), clock="virtual") as azure:
        azure.rules(rule, halfway)
        done, minutes = applied(azure)
        assert (done.code, IN_PROGRESS in done.text, minutes < 15) == (1, False, True), (done, minutes)
