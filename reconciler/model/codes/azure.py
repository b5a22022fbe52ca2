"""Azure's own codes: what each means for the next try, and what to do about it.

They are those of Azure's troubleshooting pages for disk backup and of recorded traffic. The flags `isRetryable` and
`isUserError` beside them are ignored, because they are wrong too often (recorded: false on errors that pass).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from reconciler.model.codes.disks import PROTECTED_ELSEWHERE


class Nature(Enum):
    """What a code means for the next try."""

    UNKNOWN = "unknown"
    FINAL = "final"
    PERMISSION = "permission"
    UNKNOWN_YET = "unknown yet"
    PROTECTED = "protected"
    LOCKED = "locked"
    RETRYABLE = "retryable"


@dataclass(frozen=True, slots=True)
class AzureCode:
    """One of Azure's codes: its meaning in one sentence, what to do next, what it means for the next try."""

    code: str
    meaning: str
    hint: str
    nature: Nature = Nature.FINAL


_LACKS = "The vault's identity lacks a role assignment, or it isn't effective yet."
_GRANT = "grant what `reconciler plan PATH` shows as missing; roles take up to half an hour to become effective"
_ALREADY = "The disk has a backup instance already, in this vault or in another."
_TAKE_OVER = PROTECTED_ELSEWHERE.hint
_UNLOCK = "ask the owner of the management lock to remove it, then apply again; reconciler never removes locks"
_REGISTER = "register the resource provider: `az provider register --namespace Microsoft.DataProtection` (and `Microsoft.Compute`)"
_AGAIN = "run the command again in a few minutes; if it fails again, give Azure support the request or job id"
_GROUP_GONE = (
    "the snapshot resource group is gone, with everything in it: see `reconciler plan PATH` for how to continue backups"
)
_NO_DISK = "the disk is gone: restore it, or take it out of the manifest under `removed`"
_KEY = "enable the key of the disk encryption set in its key vault, or give the set another key"
_PLAN = "plan again, and look at the object's activity log"


def _each(codes: str, meaning: str, hint: str, nature: Nature = Nature.FINAL) -> Iterator[AzureCode]:
    for code in codes.split():
        yield AzureCode(code, meaning, hint, nature)


_ALL: Iterable[Iterable[AzureCode]] = (
    # What a backup needs
    _each(
        "UserErrorMissingRequiredPermissions UserErrorNotEnoughPermissionOnDisk"
        " UserErrorNotEnoughPermissionOnSnapshotRG UserErrorNotEnoughPermissionOnTargetRG"
        " UserErrorDiskBackupDiskOrMSIPermissionsNotPresent UserErrorDiskBackupSnapshotRGOrMSIPermissionsNotPresent"
        " UserErrorDiskBackupRestoreRGOrMSIPermissionsNotPresent UserErrorSnapshotRGOrMSIPermissionsNotPresent"
        " UserErrorMSIPermissionsNotPresentOnDES",
        _LACKS,
        _GRANT,
        Nature.PERMISSION,
    ),
    _each(
        "UserErrorDiskBackupAuthorizationFailed",
        "The vault's identity is refused: a role assignment or a lock has changed.",
        "find out which role or lock was changed: `reconciler plan PATH` shows what is missing",
        Nature.PERMISSION,
    ),
    _each(
        "BMSUserErrorInvalidInput",
        "Azure can't do what was asked, or a role assignment isn't effective yet.",
        "check the role assignments that `reconciler plan PATH` shows, then what the message names",
        Nature.PERMISSION,
    ),
    _each("UserErrorDppDatasourceAlreadyProtected UserErrorDppDatasourceAlreadyHasBackupInstance", _ALREADY, _TAKE_OVER,
          Nature.PROTECTED),
    _each("UserErrorSnapshotRGNotFound", "The snapshot resource group doesn't exist.", _GROUP_GONE, Nature.UNKNOWN_YET),
    _each(
        "UserErrorInvalidOperationalStoreResourceGroup",
        "The snapshot resource group doesn't exist, or can't hold snapshots of this disk.",
        "declare a snapshot resource group in the disk's subscription",
        Nature.UNKNOWN_YET,
    ),
    _each(
        "UserErrorSnapshotRGSubscriptionMismatch",
        "The snapshot resource group isn't in the disk's subscription.",
        "declare a snapshot resource group in the disk's subscription",
    ),
    _each(
        "UserErrorOperationalStoreParametersNotProvided",
        "The instance names no snapshot resource group.",
        "declare `snapshotResourceGroup` for the disk, then apply again",
    ),
    _each("UserErrorManagedDiskNotFound", "The disk doesn't exist any more.", _NO_DISK),
    _each(
        "UserErrorDiskBackupDiskTypeNotSupported",
        "Azure Disk Backup doesn't support this type of disk.",
        "exclude the disk (`excluded`), and back it up by other means",
    ),
    _each(
        "UserErrorDESKeyVaultKeyDisabled UserErrorDESKeyVaultKeyNotAvailable",
        "The key that encrypts the disk can't be used.",
        _KEY,
    ),
    _each(
        "UserErrorSystemIdentityNotEnabledWithVault",
        "The vault has no system identity.",
        "declare `identity: system` for the vault, then apply again",
    ),
    _each(
        "UserErrorUserIdentityNotFoundOrNotAssociatedWithVault",
        "The user-assigned identity doesn't exist, or isn't one of the vault's.",
        "check the vault's `identity` in the manifest, then apply again",
    ),
    # Restores and recovery points
    _each(
        "UserErrorSameNameDiskAlreadyExists",
        "A disk of that name exists already.",
        "restore under another name (`--name`), or delete that disk if nobody needs it",
    ),
    _each(
        "UserErrorRestoreTargetRGNotFound",
        "The resource group to restore to doesn't exist.",
        "create the resource group, or restore to another one",
    ),
    _each(
        "UserErrorSubscriptionDiskQuotaLimitReached",
        "The subscription's quota of disks is used up.",
        "ask Azure for a higher quota, or delete disks that nobody needs",
    ),
    _each(
        "UserErrorDiskSnapshotNotFound UserErrorSnapshotMetadataNotFound UserErrorRecoveryPointNotFound",
        "The recovery point, or the snapshot that it is made of, doesn't exist any more.",
        "choose another point: `reconciler recovery-points PATH` lists them",
    ),
    _each(
        "BMSUserErrorDPPAdhocBackupNotAllowedForBackupType",
        "The policy has no backup rule of that name.",
        "check the policy: `reconciler plan PATH` compares it",
    ),
    # Vaults and policies
    _each(
        "UserErrorDisableSoftDeleteNotAllowed UserErrorSoftDeleteAlwaysOnRequired",
        "Soft delete can only be AlwaysOn there.",
        "declare `softDelete: {state: AlwaysOn}`, which can't be undone",
    ),
    _each(
        "UserErrorUnsupportedVaultImmutabilityStateChange",
        "Immutability is locked, and can't be lowered.",
        "declare `immutability: Locked`",
    ),
    _each(
        "UserErrorCrossRegionRestoreStateChangeNotAllowed",
        "Cross-region restore can't be turned off again.",
        "declare `crossRegionRestore: true`",
    ),
    _each(
        "UserErrorDppPolicyObjectInUse UserErrorPolicyAssociatedWithSoftDeletedItems",
        "Backup instances use the policy, soft-deleted ones included.",
        "wait until they use another policy or are purged, then apply again",
    ),
    _each(
        "UserErrorBMSUpdatePolicyNotSupported",
        "A policy can't be changed once it exists.",
        "plan again: the policy is replaced by a new one",
    ),
    _each("UserErrorVaultNotEmpty", "The vault still holds instances or policies.", "delete these first"),
    _each(
        "UserErrorResourceGuardOperationRequestRequired",
        "A resource guard protects the vault.",
        "ask the guard's owner for access, then pass `--resource-guard-request VAULT=ID`",
    ),
    _each(
        "BMSUserErrorInvalidCriticalOperationExclusionList",
        "The resource guard doesn't know one of the operations that it is to let through.",
        "check the resource guard",
    ),
    _each("UserErrorGenericResourceNotFound", "Something that the request or job needs doesn't exist any more.",
          "find out who deleted it: `reconciler plan PATH` shows what is missing"),
    _each(
        "UserErrorBackupVaultResourceMoveInProgress UserErrorBackupVaultResourceMoveNotAllowedForMultipleResources",
        "The vault is being moved to another resource group or subscription.",
        "wait until the move is over, name the vault's new place in the manifest, then plan again",
    ),
    _each("UserErrorCrossTenantMSIMoveNotSupported", "A vault can't be moved to another tenant.",
          "make a new vault there"),
    # Resource Manager
    _each("ScopeLocked ResourceLocked", "A management lock forbids it.", _UNLOCK, Nature.LOCKED),
    _each("MissingSubscriptionRegistration UserErrorMissingSubscriptionRegistration",
          "The subscription hasn't registered the resource provider.", _REGISTER),
    _each(
        "RequestDisallowedByPolicy",
        "An Azure Policy forbids it.",
        "ask the owner of the Azure Policy for an exemption, or declare what the policy allows",
    ),
    _each(
        "InvalidResourceGroupLocation InvalidResourceLocation",
        "It exists already, in another region.",
        "declare the region that it has, or another name",
    ),
    _each("RoleAssignmentLimitExceeded", "The subscription has as many role assignments as Azure allows.",
          "use `roleAssignments: {scope: resourceGroup}`, or remove role assignments that nobody needs"),
    _each(
        "InvalidApiVersionParameter NoRegisteredProviderFound InvalidResourceType",
        "Azure doesn't know this api-version, or has no such resources in that region or cloud.",
        "leave `--api-version` out, or pass one that Azure knows; check the region and `--cloud`",
    ),
    # What passes
    _each("CloudServiceRetryableError CloudInternalError InternalServerError ServiceUnavailable ServerTimeout"
          " GatewayTimeout OperationTimedOut", "Azure failed, and asks to be tried again.", _AGAIN, Nature.RETRYABLE),
    _each("UserErrorMaxConcurrentOperationLimitReached FailedIdentityOperation",
          "Azure is still busy with other operations of the same object.", _AGAIN, Nature.RETRYABLE),
    _each(
        "BackupAgentPluginHostValidateProtectionError",
        "Azure could not check the disk.",
        _PLAN,
    ),
    _each(
        "CloudDosTimeboudLimitReached",
        "Azure refuses the operation for some hours, after repeated attempts.",
        "wait some hours, then run it again: retrying prolongs it",
    ),
)  # fmt: skip

CODES: Mapping[str, AzureCode] = {one.code.lower(): one for group in _ALL for one in group}
"""By the lower-cased code."""

_KIN: Mapping[str, str] = {
    "notenoughpermissionon": "usererrormissingrequiredpermissions",
    "msipermissionsnotpresent": "usererrormissingrequiredpermissions",
    "manageddisknotfound": "usererrormanageddisknotfound",
    "snapshotrgnotfound": "usererrorsnapshotrgnotfound",
    "internalerror": "cloudinternalerror",
}
"""Parts of codes that Azure hasn't published, and the code that each of them is like."""


def known(code: str) -> AzureCode | None:
    """What is known of a code, whatever its case; that of one of the same kind for an unpublished one."""
    word = code.lower()
    if word in CODES:
        return CODES[word]
    return next((CODES[like] for part, like in _KIN.items() if part in word), None)


def nature(code: str) -> Nature:
    """What a code means for the next try."""
    found = known(code)
    return found.nature if found else Nature.UNKNOWN


def advice(code: str, message: str) -> str:
    """What to do about an error, by its code and, where one code means two things, its message; empty when unknown."""
    found, words = known(code), message.lower()
    if found and found.nature is Nature.PROTECTED and "softdeleted" in words:
        return "it is soft-deleted there: plan again to undelete it, or wait until it is purged"
    if "always-on soft delete" in words:
        return CODES["usererrordisablesoftdeletenotallowed"].hint
    return found.hint if found else ""
