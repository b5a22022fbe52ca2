"""What an Azure error means for the next try, by its code (`model.codes.azure`) and what it is about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from reconciler.azure.failures import told
from reconciler.azure.fields import pick
from reconciler.base.clock import Clock
from reconciler.model.codes import azure as azure_codes
from reconciler.model.codes.azure import Nature, nature
from reconciler.model.errors import AzureError, OperationFailed
from reconciler.model.ids import ArmId, lower
from reconciler.model.protection import stuck

_VAGUE = "bmsusererrorinvalidinput"
"""What an instance's PUT answers when the role assignment isn't effective yet, and also to a wrong body."""


AGAIN_SECONDS = (10.0, 30.0, 60.0)
"""The waits before what Azure's own operation failed at is tried again."""


def is_permission(error: AzureError) -> bool:
    """Whether the vault's identity (seemingly) lacks a permission, which passes once role assignments are effective."""
    return nature(error.code) is Nature.PERMISSION


def is_vague(error: AzureError) -> bool:
    """Whether the code may also mean that the body really is wrong."""
    return lower(error.code) == _VAGUE


def is_passing(error: AzureError) -> bool:
    """Whether the refusal may pass: what is missing is a permission or a snapshot resource group, maybe just made."""
    return nature(error.code) in (Nature.PERMISSION, Nature.UNKNOWN_YET)


def is_already_protected(error: AzureError) -> bool:
    """Whether the disk has an instance already, here or elsewhere."""
    return nature(error.code) is Nature.PROTECTED


def is_protected_in(error: AzureError, vault: ArmId) -> bool:
    """Whether the disk's instance is in this very vault, which Azure names in the message."""
    _, found, after = lower(error.said).partition(vault.key)
    return is_already_protected(error) and bool(found) and not (after[:1].isalnum() or after.startswith("-"))


def is_final_conflict(error: AzureError) -> bool:
    """Whether waiting can't resolve a 409: locks, Azure Policy, regions, quotas."""
    final = nature(error.code) in (Nature.FINAL, Nature.LOCKED, Nature.PROTECTED)
    return final or "quota" in lower(error.code)


def is_retryable(error: AzureError) -> bool:
    """Whether Azure itself failed in an operation, so that the same may succeed in a moment.

    The connection has retried what failed as an answer.
    """
    return isinstance(error, OperationFailed) and nature(error.code) is Nature.RETRYABLE


async def again(clock: Clock, ask: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """What `ask` returns; it is asked again, at most three times, where Azure failed and may not fail again.

    Only for what changes nothing: a question may be asked twice.
    """
    for seconds in AGAIN_SECONDS:
        try:
            return await ask()
        except AzureError as error:
            if not is_retryable(error):
                raise
            await clock.sleep(seconds)
    return await ask()


def failure_of(row: Mapping[str, Any], target: str) -> OperationFailed:
    """The error that a failing instance carries; among nested codes, one about permissions goes first."""
    properties = pick(row, "properties")
    status = pick(properties, "protectionStatus")
    details = pick(properties, "protectionErrorDetails") or pick(status, "errorDetails")
    state = pick(properties, "currentProtectionState") or pick(status, "status") or "a failing state"
    says = told(details if isinstance(details, Mapping) else {"details": details})
    code = next((code for code in _codes(details) if nature(code) is Nature.PERMISSION), says.code)
    ours = "" if code == says.code else azure_codes.advice(code, says.message)
    return OperationFailed(
        f"the instance is in {stuck(str(state), str(pick(properties, 'provisioningState')))}: {says.reason}",
        code=code or str(state),
        advice=says.advice,
        target=target,
        hint=ours
        or " ".join(says.advice)
        or "look at the instance in the Azure portal, fix the cause, then apply again",
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
