"""Writes the steps of changes: one step of a plan is one request (two where Azure needs it), and a receipt.

Only `applying/guard.py` imports it, so that every step passes the guard.

Bodies are plain dicts and go out verbatim; the SDK's models would drop keys that Azure calls read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.azure import disks
from reconciler.azure.connection import Azure
from reconciler.azure.kinds import KINDS
from reconciler.azure.receipts import Receipt, Write
from reconciler.azure.sdk import Operations
from reconciler.model.changes import Op, Step

_WRITES: Mapping[Op, Write] = {**{op: write for kind in KINDS for op, write in kind.writes.items()}, **disks.WRITES}


class Writer:
    """Runs single steps of a plan."""

    def __init__(self, azure: Azure) -> None:
        self._sdk = Operations(azure)

    async def run(self, step: Step, *, principal: str | None = None) -> Receipt:
        """Run one step; `principal` is used where the plan could not know it. AzureError when Azure refuses.

        Deleting an object that doesn't exist succeeds. A role assignment that exists under another name is `adopted`.
        """
        if principal:
            step = replace(step, body={**step.body, "principal": principal})
        return await _WRITES[step.op](self._sdk, step)
