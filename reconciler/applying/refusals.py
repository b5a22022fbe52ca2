"""What an Azure error means for the next try, by its code.

The codes are those of Azure's troubleshooting pages for disk backup and of recorded traffic; the flags `isRetryable`
and `isUserError` beside them are ignored, because they are wrong too often (recorded: false on errors that pass).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.azure.failures import told
from reconciler.azure.fields import pick
from reconciler.model.codes.azure import HINTS
from reconciler.model.errors import AzureError, OperationFailed
from reconciler.model.ids import ArmId, lower

_VAGUE = "bmsusererrorinvalidinput"
_PERMISSION = frozenset(
    {
        "usererrormissingrequiredpermissions",
        "usererrordiskbackupauthorizationfailed",
        _VAGUE,  # what an instance's PUT answers when the role assignment isn't effective yet
    }
)
_ALREADY_PROTECTED = frozenset(
    {
        "usererrordppdatasourcealreadyprotected",
        "usererrordppdatasourcealreadyhasbackupinstance",
    }
)
_UNKNOWN_YET = frozenset({"usererrorsnapshotrgnotfound", "usererrorinvalidoperationalstoreresourcegroup"})
_LOCKED = frozenset({"scopelocked", "resourcelocked"})
_FINAL_CONFLICTS = frozenset(
    {
        *_LOCKED,
        *_ALREADY_PROTECTED,
        "invalidresourcegrouplocation",
        "invalidresourcelocation",
        "missingsubscriptionregistration",
        "requestdisallowedbypolicy",
        "usererrordpppolicyobjectinuse",
    }
)


def is_permission(error: AzureError) -> bool:
    """Whether the vault's identity (seemingly) lacks a permission, which passes once role assignments are effective."""
    return _is_permission_code(lower(error.code))


def _is_permission_code(code: str) -> bool:
    return code in _PERMISSION or "notenoughpermissionon" in code or "msipermissionsnotpresent" in code


def is_vague(error: AzureError) -> bool:
    """Whether the code may also mean that the body really is wrong."""
    return lower(error.code) == _VAGUE


def is_passing(error: AzureError) -> bool:
    """Whether the refusal may pass: what is missing is a permission or a snapshot resource group, maybe just made."""
    return is_permission(error) or lower(error.code) in _UNKNOWN_YET


def is_already_protected(error: AzureError) -> bool:
    """Whether the disk has an instance already, here or elsewhere."""
    return lower(error.code) in _ALREADY_PROTECTED


def is_protected_in(error: AzureError, vault: ArmId) -> bool:
    """Whether the disk's instance is in this very vault, which Azure names in the message."""
    _, found, after = lower(error.message).partition(vault.key)
    return is_already_protected(error) and bool(found) and not (after[:1].isalnum() or after.startswith("-"))


def is_final_conflict(error: AzureError) -> bool:
    """Whether waiting can't resolve a 409: locks, Azure Policy, regions, quotas."""
    code = lower(error.code)
    return code in _FINAL_CONFLICTS or "quota" in code


_HINT_OF = {lower(code): hint for code, hint in HINTS.items()}


def hint_for(error: AzureError) -> str:
    """What to do about it: Azure's own advice unless something better is known."""
    code, message = lower(error.code), lower(error.message)
    if code in _ALREADY_PROTECTED and "softdeleted" in message:
        return "it is soft-deleted there: plan again to undelete it, or wait until it is purged"
    if "always-on soft delete" in message:
        return "soft delete can only be AlwaysOn there: declare `softDelete: {state: AlwaysOn}`, which can't be undone"
    return _HINT_OF.get(code) or error.hint


def failure_of(row: Mapping[str, Any], target: str) -> OperationFailed:
    """The error that a failing instance carries; among nested codes, one about permissions goes first."""
    properties = pick(row, "properties")
    status = pick(properties, "protectionStatus")
    details = pick(properties, "protectionErrorDetails") or pick(status, "errorDetails")
    state = pick(properties, "currentProtectionState") or pick(status, "status") or "a failing state"
    says = told(details if isinstance(details, Mapping) else {"details": details})
    code = next((code for code in _codes(details) if _is_permission_code(lower(code))), says.code)
    return OperationFailed(
        f"the instance is in {state}: {says.reason}",
        code=code or str(state),
        advice=says.advice,
        target=target,
        hint="" if says.advice else "look at the instance in the Azure portal, fix the cause, then apply again",
    )


def _codes(error: Any) -> Iterator[str]:
    if isinstance(error, list):
        for item in error:
            yield from _codes(item)
    elif isinstance(error, Mapping):
        if isinstance(error.get("code"), str):
            yield error["code"]
        for key in ("details", "innerError"):
            yield from _codes(error.get(key))
