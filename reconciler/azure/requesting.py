"""Requests to Azure other than the steps of changes: whether something could be done, and on-demand backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.azure import bodies
from reconciler.azure.connection import Azure
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


async def validate(sdk: Operations, vault: ArmId, properties: Mapping[str, Any]) -> Receipt:
    """The first answer to validateForBackup of an instance with these properties."""
    instances = sdk.dataprotection(vault.subscription).backup_instances
    body = {"backupInstance": bodies.writable_properties(properties)}
    return await sdk.begin(instances.begin_validate_for_backup, vault.group, vault.name, body)


def restore_request(step: Step) -> dict[str, Any]:
    """The body of a restore, with the resource guard's requests."""
    return {**step.body, **(bodies.guard_requests(step.guard) or {})}


def place(target: ArmId) -> tuple[str, str, str]:
    """Resource group, vault and name of an object in a vault."""
    return target.group, target.parent.name, target.name
