"""Requests to Azure other than the steps of changes: whether something could be done, and on-demand backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.azure.bodies import place
from reconciler.azure.connection import Azure
from reconciler.azure.kinds.instances import restore_request, validate
from reconciler.azure.receipts import Receipt
from reconciler.azure.sdk import Operations
from reconciler.model.changes import Step
from reconciler.model.ids import ArmId


class Requests:
    """The questions that take a POST, and on-demand backups; each method returns the first answer."""

    def __init__(self, azure: Azure) -> None:
        self._sdk = Operations(azure)

    async def validate(self, vault: ArmId, properties: Mapping[str, Any]) -> Receipt:
        """Ask Azure whether an instance with these properties could be protected (validateForBackup)."""
        return await validate(self._sdk, vault, properties)

    async def validate_restore(self, start: Step) -> Receipt:
        """Ask Azure whether a restore could be done (validateRestore)."""
        instances = self._sdk.dataprotection(start.target.subscription).backup_instances
        body = {"restoreRequestObject": restore_request(start)}
        return await self._sdk.begin(instances.begin_validate_for_restore, *place(start.target), body)

    async def back_up(self, instance: ArmId, rule: str, retention: str) -> Receipt:
        """Begin an on-demand backup with a policy's backup rule and one of its retention rules."""
        instances = self._sdk.dataprotection(instance.subscription).backup_instances
        body = {"backupRuleOptions": {"ruleName": rule, "triggerOption": {"retentionTagOverride": retention}}}
        return await self._sdk.begin(instances.begin_adhoc_backup, *place(instance), body)
