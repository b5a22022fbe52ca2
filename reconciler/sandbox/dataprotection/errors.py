"""The errors of Microsoft.DataProtection in the envelope that recorded traffic shows.

The flags isRetryable and isUserError are false whatever happened, as recorded: clients must go by the code.
"""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.messages import ArmError, not_found
from reconciler.sandbox.world import World

DETAIL = "DetailedNonLocalisedMessage"
INVALID_INPUT = "BMSUserErrorInvalidInput"
MISSING_PERMISSIONS = "UserErrorMissingRequiredPermissions"
ALREADY_HAS_INSTANCE = "UserErrorDppDatasourceAlreadyHasBackupInstance"

MESSAGES = {
    INVALID_INPUT: "The User input provided for the call is invalid.",
    MISSING_PERMISSIONS: "Appropriate permissions to perform the operation is missing.",
    "UserErrorGenericResourceNotFound": (
        "Azure resource does not exist. Please make sure required resources exist. "
        "If the issue persists, contact Microsoft support."
    ),
    "UserErrorDisableSoftDeleteNotAllowed": "Cannot disable soft delete once set to AlwaysOn",
    "UserErrorUnsupportedVaultImmutabilityStateChange": (
        "The immutable vault property for this vault is locked, hence, this setting cannot be disabled."
    ),
    "UserErrorCrossRegionRestoreStateChangeNotAllowed": (
        "CrossRegionRestore state cannot be changed from Enabled to Disabled."
    ),
    "UserErrorDppPolicyObjectInUse": (
        "Cannot delete the backup policy as one or more backup instances have been configured "
        "for protection with this policy."
    ),
    "UserErrorPolicyAssociatedWithSoftDeletedItems": (
        "Cannot delete Backup Policy as it is associated with soft deleted items"
    ),
    "UserErrorSystemIdentityNotEnabledWithVault": "System assigned identity is not enabled with the Backup vault.",
    "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault": (
        "The user assigned identity was not found or is not associated with the Backup vault."
    ),
    "UserErrorSnapshotRGSubscriptionMismatch": "Invalid subscription selected for Snapshot Data store",
    "UserErrorSnapshotRGNotFound": "The Snapshot Data store resource group could not be found.",
    "UserErrorRestoreTargetRGNotFound": "The resource group to restore into could not be found.",
    "UserErrorSameNameDiskAlreadyExists": "A disk of that name already exists in the resource group to restore into.",
    "UserErrorDiskSnapshotNotFound": "The snapshot of the recovery point could not be found.",
    "UserErrorManagedDiskNotFound": "The managed disk could not be found.",
    "UserErrorOperationalStoreParametersNotProvided": "The operational store parameters were not provided.",
    "UserErrorDiskBackupDiskTypeNotSupported": "The type of the disk is not supported for backup.",
    "CloudDosTimeboudLimitReached": (
        "The operation is blocked, as a security precaution, since multiple attempts were made "
        "beyond an internal limit."
    ),
}
_PERMISSION_ADVICE = (
    "Grant appropriate permissions to perform this operation as mentioned at "
    "https://aka.ms/UserErrorMissingRequiredPermissions and retry the operation."
)
_ASK_SUPPORT = "Please contact Microsoft Support if this is not expected."
_ADVICE = {
    MISSING_PERMISSIONS: _PERMISSION_ADVICE,
    "UserErrorDisableSoftDeleteNotAllowed": _ASK_SUPPORT,
    "UserErrorCrossRegionRestoreStateChangeNotAllowed": _ASK_SUPPORT,
    "UserErrorUnsupportedVaultImmutabilityStateChange": (
        "The vault's immutability is enabled and locked, so it can't be taken back. "
        "Learn more: https://aka.ms/AB-ImmutableVaults-States"
    ),
    "CloudDosTimeboudLimitReached": "Please retry after few hours",
}


def facing(
    code: str, message: str = "", *, advice: str = "", detail: str = "", activity: str = "", nulls: bool = True
) -> dict[str, Any]:
    """A UserFacingError: what a person is told, with the true reason in `innerError` when there is a detail."""
    recommended = advice or _ADVICE.get(code, "")
    result: dict[str, Any] = {
        "message": message or MESSAGES.get(code, code),
        "recommendedAction": [recommended] if recommended else [],
        "code": code,
        "target": "",
        "isRetryable": False,
        "isUserError": False,
        "properties": {"ActivityId": activity},
    }
    if nulls:
        result |= {"details": None, "innerError": None}
    if detail:
        result["innerError"] = {"code": code, "additionalInfo": {DETAIL: detail}}
    return result


def envelope(info: dict[str, Any], *, nulls: bool = True) -> dict[str, Any]:
    """The `error` object around a UserFacingError, as responses and failed operations carry it."""
    error: dict[str, Any] = {
        "additionalInfo": [{"type": "UserFacingError", "info": info}],
        "code": info["code"],
        "message": info["message"],
    }
    return error | ({"target": None, "details": None} if nulls else {})


class Refusal(ArmError):
    """What the provider itself refuses, as opposed to Resource Manager in front of it."""


def refusal(
    status: int, code: str, message: str = "", *, advice: str = "", detail: str = "", activity: str = ""
) -> Refusal:
    """A synchronous error response of the provider."""
    info = facing(code, message, advice=advice, detail=detail, activity=activity)
    return Refusal(status, code, info["message"], body={"error": envelope(info)})


def invalid(detail: str) -> ArmError:
    """400 for a body that the provider does not take; the reason stands only in `innerError`."""
    return refusal(400, INVALID_INPUT, detail=detail)


def missing(world: World, address: str) -> ArmError:
    """404 for an instance or policy that isn't there."""
    code = world.switch("not_found_code")
    return not_found(address) if code == "ResourceNotFound" else absent(code, f"The resource {address} was not found.")


def absent(code: str, message: str = "", *, inner: bool = True) -> ArmError:
    """The provider's own 404, without its usual envelope; not all have an `innerError` (recorded traffic)."""
    message = MESSAGES.get(code, message)
    body = {"error": {"code": code, "message": message, "target": None, "details": None}}
    if inner:
        body["error"]["innerError"] = None
    return Refusal(404, code, message, body=body, headers={"x-ms-error-code": code})
