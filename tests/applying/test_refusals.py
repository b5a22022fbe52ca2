from __future__ import annotations

from typing import Any

import pytest

from reconciler.applying.refusals import (
    failure_of,
    is_already_protected,
    is_final_conflict,
    is_permission,
    is_protected_in,
)
from reconciler.model.errors import AzureError, Conflict
from reconciler.model.ids import ArmId


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("UserErrorMissingRequiredPermissions", True),
        ("UserErrorNotEnoughPermissionOnDisk", True),
        ("UserErrorNotEnoughPermissionOnSnapshotRG", True),
        ("UserErrorDiskBackupDiskOrMSIPermissionsNotPresent", True),
        ("UserErrorMSIPermissionsNotPresentOnDES", True),
        ("UserErrorDiskBackupAuthorizationFailed", True),
        ("BMSUserErrorInvalidInput", True),
        ("AuthorizationFailed", False),
        ("UserErrorSnapshotRGNotFound", False),
        ("", False),
    ],
)
def test_a_missing_permission_of_the_vaults_identity_is_known_by_its_code(code: str, expected: bool) -> None:
    assert is_permission(AzureError("no", code=code)) is expected


def test_f33_a_lock_is_final() -> None:
    assert is_final_conflict(Conflict("The scope is locked", code="ScopeLocked"))


def test_f37_a_disk_protected_elsewhere_is_final() -> None:
    assert is_already_protected(AzureError("already", code="UserErrorDppDatasourceAlreadyHasBackupInstance"))


def test_what_nobody_knows_is_tried_again() -> None:
    assert not is_final_conflict(Conflict("Something is under way", code="AnotherOperationInProgress"))
    assert is_final_conflict(Conflict("no more", code="SomeQuotaExceeded"))


@pytest.mark.parametrize("place", ["protectionErrorDetails", "protectionStatus"])
def test_a_failing_instance_tells_the_innermost_reason_and_the_code_of_the_missing_permission(place: str) -> None:
    details: dict[str, Any] = {
        "code": "InternalServerError",
        "message": "It failed.",
        "recommendedAction": ["Grant it."],
        "details": [
            {
                "code": "UserErrorNotEnoughPermissionOnDisk",
                "innerError": {"additionalInfo": {"DetailedNonLocalisedMessage": "The client lacks disks/read."}},
            }
        ],
    }
    error = details if place == "protectionErrorDetails" else {"errorDetails": details}
    found = failure_of({"properties": {"currentProtectionState": "ProtectionError", place: error}}, "/i")
    assert found.code == "UserErrorNotEnoughPermissionOnDisk"
    assert "ProtectionError" in found.message
    assert "The client lacks disks/read." in found.message
    assert "role" in found.hint, "our own advice is better than `Grant it.`"


def test_a_failing_instance_without_a_reason_still_fails_with_words() -> None:
    found = failure_of({"properties": {"protectionStatus": {"status": "ProtectionError"}}}, "/i")
    assert found.code == "ProtectionError"
    assert "no reason" in found.message
    assert found.hint


@pytest.mark.parametrize(("tail", "expected"), [(".", True), ("", True), ("2.", False), ("-old.", False)])
def test_the_vault_that_protects_a_disk_is_read_from_the_message(tail: str, expected: bool) -> None:
    vault = ArmId("/subscriptions/s/resourceGroups/r/providers/Microsoft.DataProtection/backupVaults/v")
    message = f"Datasource is already protected under the Backup vault {vault.text.upper()}{tail}"
    error = AzureError(message, code="UserErrorDppDatasourceAlreadyProtected")
    assert is_protected_in(error, vault) is expected


def test_what_is_added_to_a_message_is_not_taken_for_azures_words() -> None:
    vault = ArmId("/subscriptions/s/resourceGroups/r/providers/Microsoft.DataProtection/backupVaults/SoftDeleted")
    error = AzureError("The disk is protected.", code="UserErrorDppDatasourceAlreadyProtected")
    before = error.hint
    error.message += f" Its instances: {vault}/backupInstances/i."
    assert (error.hint, is_protected_in(error, vault)) == (before, False)
