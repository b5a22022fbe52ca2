"""Writes the steps of changes: one step of a plan is one request (two where Azure needs it), and a receipt.

Only `applying/guard.py` imports it, so that every step passes the guard.

Bodies are plain dicts and go out verbatim; the SDK's models would drop keys that Azure calls read-only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import orjson

from reconciler.azure import bodies
from reconciler.azure.connection import Azure
from reconciler.azure.receipts import Receipt
from reconciler.azure.requesting import place, restore_request, validate
from reconciler.azure.sdk import Operations, satisfied
from reconciler.model.changes import Op, Step
from reconciler.model.errors import Conflict
from reconciler.model.names import role_name

_ASSIGNMENTS = "/providers/microsoft.authorization/roleassignments/"
_GUARD_PROXY = "DppResourceGuardProxy"


class Writer:
    """Runs single steps of a plan."""

    def __init__(self, azure: Azure) -> None:
        self._sdk = Operations(azure)

    async def run(self, step: Step, *, principal: str | None = None) -> Receipt:
        """Run one step; `principal` is used where the plan could not know it. AzureError when Azure refuses.

        Deleting an object that doesn't exist succeeds. A role assignment that exists under another name is `adopted`.
        """
        if step.op is Op.ROLE_PUT:
            return await _put_role(self._sdk, step, principal or str(step.body["principal"]))
        return await _WRITES[step.op](self._sdk, step)


async def _put_group(sdk: Operations, step: Step) -> Receipt:
    return await sdk.put(f"/subscriptions/{step.target.subscription}/resourcegroups/{step.target.name}", step.body)


async def _put_vault(sdk: Operations, step: Step) -> Receipt:
    vaults = sdk.dataprotection(step.target.subscription).backup_vaults
    body = bodies.guarded(step.body, step.guard)
    return await sdk.begin(vaults.begin_create_or_update, step.target.group, step.target.name, body)


async def _patch_vault(sdk: Operations, step: Step) -> Receipt:
    vaults = sdk.dataprotection(step.target.subscription).backup_vaults
    body = bodies.guarded(step.body, step.guard)
    return await sdk.begin(vaults.begin_update, step.target.group, step.target.name, body)


async def _put_policy(sdk: Operations, step: Step) -> Receipt:
    policies = sdk.dataprotection(step.target.subscription).backup_policies
    return await sdk.run(policies.create_or_update, *place(step.target), dict(step.body))


async def _delete_policy(sdk: Operations, step: Step) -> Receipt:
    policies = sdk.dataprotection(step.target.subscription).backup_policies
    return await satisfied(sdk.run(policies.delete, *place(step.target)))


async def _put_role(sdk: Operations, step: Step, principal: str) -> Receipt:
    """Create a role assignment; the body is sent as bytes, since the SDK's model would drop keys of a dict."""
    scope, role = step.target, str(step.body["role"])
    assignments = sdk.authorization(scope.subscription).role_assignments
    content = orjson.dumps(bodies.role_assignment(scope, role, principal))
    try:
        return await sdk.run(assignments.create, scope.text.lstrip("/"), role_name(scope, role, principal), content)
    except Conflict as error:
        if error.code != "RoleAssignmentExists":
            raise
        return Receipt(error.status, adopted=True)


async def _delete_role(sdk: Operations, step: Step) -> Receipt:
    assignments = sdk.authorization(step.target.subscription).role_assignments
    scope = step.target.text[: step.target.key.rindex(_ASSIGNMENTS)]
    return await satisfied(sdk.run(assignments.delete, scope.lstrip("/"), step.target.name))


async def _put_instance(sdk: Operations, step: Step) -> Receipt:
    """Write an instance through the ARM client: each disk needs this write, and the SDK's takes half as long again."""
    return await sdk.put(step.target.text, bodies.guarded(step.body, step.guard))


async def _merge_instance(sdk: Operations, step: Step) -> Receipt:
    live = await sdk.azure.get(step.target)
    if bodies.says_already(live, step.body):
        return Receipt(HTTPStatus.OK, live, unchanged=True)
    return await _put_over(sdk, live, step)


async def _repair_instance(sdk: Operations, step: Step) -> Receipt:
    return await _put_over(sdk, await sdk.azure.get(step.target), step)


async def _put_over(sdk: Operations, live: Mapping[str, Any], step: Step) -> Receipt:
    return await _put_instance(sdk, replace(step, body=bodies.merged(bodies.writable(live), step.body)))


async def _validate_instance(sdk: Operations, step: Step) -> Receipt:
    live = await sdk.azure.get(step.target)
    return await validate(sdk, step.target.parent, live.get("properties") or {})


async def _stop_instance(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_stop_protection, *place(step.target), bodies.guard_requests(step.guard))


async def _suspend_instance(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_suspend_backups, *place(step.target), bodies.guard_requests(step.guard))


async def _resume_instance(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_resume_protection, *place(step.target))


async def _undelete_instance(sdk: Operations, step: Step) -> Receipt:
    deleted = sdk.dataprotection(step.target.subscription).deleted_backup_instances
    return await sdk.begin(deleted.begin_undelete, *place(step.target))


async def _delete_instance(sdk: Operations, step: Step) -> Receipt:
    """Delete an instance; under a resource guard it is unlocked first, since DELETE itself takes no guard request."""
    client = sdk.dataprotection(step.target.subscription)
    group, vault, name = place(step.target)
    if step.guard:
        unlock = {**(bodies.guard_requests(step.guard) or {}), "resourceToBeDeleted": step.target.text}
        await sdk.run(client.dpp_resource_guard_proxy.unlock_delete, group, vault, _GUARD_PROXY, unlock)
    return await satisfied(sdk.begin(client.backup_instances.begin_delete, group, vault, name))


async def _start_restore(sdk: Operations, step: Step) -> Receipt:
    instances = sdk.dataprotection(step.target.subscription).backup_instances
    return await sdk.begin(instances.begin_trigger_restore, *place(step.target), restore_request(step))


async def _patch_disk(sdk: Operations, step: Step) -> Receipt:
    """Change a disk's tags; a PATCH replaces them all, so the existing ones are sent too."""
    live = await sdk.azure.get(step.target)
    tags = bodies.merged(live.get("tags") or {}, step.body.get("tags") or {})
    return await sdk.patch(step.target.text, {**step.body, "tags": tags})


async def _delete_disk(sdk: Operations, step: Step) -> Receipt:
    return await satisfied(sdk.delete(step.target.text))


_WRITES: Mapping[Op, Callable[[Operations, Step], Awaitable[Receipt]]] = {
    Op.GROUP_PUT: _put_group,
    Op.VAULT_PUT: _put_vault,
    Op.VAULT_PATCH: _patch_vault,
    Op.POLICY_PUT: _put_policy,
    Op.POLICY_DELETE: _delete_policy,
    Op.ROLE_DELETE: _delete_role,
    Op.INSTANCE_PUT: _put_instance,
    Op.INSTANCE_MERGE: _merge_instance,
    Op.INSTANCE_REPAIR: _repair_instance,
    Op.INSTANCE_VALIDATE: _validate_instance,
    Op.INSTANCE_STOP: _stop_instance,
    Op.INSTANCE_SUSPEND: _suspend_instance,
    Op.INSTANCE_RESUME: _resume_instance,
    Op.INSTANCE_UNDELETE: _undelete_instance,
    Op.INSTANCE_DELETE: _delete_instance,
    Op.RESTORE_START: _start_restore,
    Op.DISK_PATCH: _patch_disk,
    Op.DISK_DELETE: _delete_disk,
}
