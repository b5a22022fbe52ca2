"""Backup policies of any datasource type: read, made and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.azure import disks
from reconciler.azure.bodies import place
from reconciler.azure.fields import id_of, pick
from reconciler.azure.receipts import Receipt, Write, satisfied
from reconciler.model.changes import Op, Step
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Policy

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = "microsoft.dataprotection/backupvaults/backuppolicies"


def project(body: Mapping[str, Any], *, vault: ArmId | None = None) -> Policy:
    """A backup policy of any datasource type; `vault` is the one that listed it, if known."""
    properties = pick(body, "properties") or {}
    types = pick(properties, "datasourceTypes") or ()
    own = id_of(body)
    return Policy(
        id=own,
        vault=vault or own.parent,
        is_disk=any(lower(str(kind)) == disks.TYPE for kind in types),
        body=properties,
    )


async def _put(sdk: Operations, step: Step) -> Receipt:
    policies = sdk.dataprotection(step.target.subscription).backup_policies
    return await sdk.run(policies.create_or_update, *place(step.target), dict(step.body))


async def _delete(sdk: Operations, step: Step) -> Receipt:
    policies = sdk.dataprotection(step.target.subscription).backup_policies
    return await satisfied(sdk.run(policies.delete, *place(step.target)))


WRITES: Mapping[Op, Write] = {Op.POLICY_PUT: _put, Op.POLICY_DELETE: _delete}
