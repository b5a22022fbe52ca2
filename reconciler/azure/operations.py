"""Long-running operations, polled until they end or the deadline comes.

Recorded traffic spells the status `Inprogress` and `InProgress`, and answers HTTP 200 even for `Failed`. DataProtection
ends an instance's operation long before the instance is protected, so the resource itself is read afterwards.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from reconciler.azure import failures
from reconciler.azure.connection import Azure, Followed
from reconciler.azure.deadlines import until
from reconciler.azure.receipts import Receipt
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed, OutOfReach, Transient, Unproven

_FIRST_WAIT = 2.0
_LONGEST_WAIT = 30.0
_FAILED = frozenset({"failed", "canceled", "cancelled"})


async def finish(azure: Azure, receipt: Receipt, *, deadline: float, expected: float = 0.0) -> dict[str, Any]:
    """Wait until the operation of a receipt ends, at most until `deadline` (monotonic, of the connection's clock).

    The first poll is when Azure asks for it, and not before the `expected` seconds are over.

    Returns the last status body, or the receipt's own body where there was no operation; empty when the operation's
    URL is gone, gives nothing, or is out of the caller's reach: then the resource itself has to be read.
    OperationFailed when it failed, was cancelled, or still runs at the deadline (`still-in-progress`).
    """
    url = receipt.operation or receipt.location
    if not url:
        return dict(receipt.body)
    wait, patience = max(receipt.retry_after, expected), _FIRST_WAIT
    while True:
        await _pause(azure, wait or patience, deadline)
        patience = min(patience * 1.5, _LONGEST_WAIT)
        try:
            with until(deadline):
                found = await azure.follow(url)
        except (NotFound, Unproven, OutOfReach) as error:
            if error.code == error_codes.NO_TOKEN.code:
                raise
            return {}
        except Transient as error:
            raise _still_running(error.message) from error
        if _has_ended(found, by_status=bool(receipt.operation)):
            return found.body
        wait = found.retry_after


def _has_ended(found: Followed, *, by_status: bool) -> bool:
    """Whether the operation succeeded; OperationFailed when it didn't. An unknown status counts as in progress."""
    status = str(found.body.get("status") or "").lower()
    if status in _FAILED:
        raise _failed(found.body, status)
    if not by_status and "error" in found.body:
        raise _failed(found.body, "failed")
    if not by_status:
        return found.status != HTTPStatus.ACCEPTED and status in ("", "succeeded")
    return not found.body or status == "succeeded"


async def _pause(azure: Azure, seconds: float, deadline: float) -> None:
    """Wait before the next poll; the last one is at the deadline itself."""
    left = deadline - azure.clock.monotonic()
    if left <= 0:
        raise _still_running("")
    await azure.clock.sleep(min(seconds, left))


def _failed(body: dict[str, Any], status: str) -> OperationFailed:
    says = failures.told(body.get("error"))
    if status != "failed" and not says.message:
        return OperationFailed(
            "The operation was cancelled in Azure before it ended.",
            code=says.code or error_codes.CANCELED,
            hint="check the vault's activity log for who cancelled it, then run it again",
        )
    message = says.message or f"The operation failed, and {says.reason}."
    code = says.code or error_codes.OPERATION_FAILED.code
    told = f"{message} ({code})" if says.code else message
    hint = "" if says.advice or says.code else "look at the vault's activity log, then run it again"
    return OperationFailed(told, code=code, advice=says.advice, hint=hint)


def _still_running(reason: str) -> OperationFailed:
    return OperationFailed(
        f"The operation was still in progress at the deadline.{f' Could not read its status: {reason}' if reason else ''}",
        code=error_codes.STILL_IN_PROGRESS,
        hint="run it again later: Azure continues on its own, and no second operation is started",
    )
