"""Managed disks: read, and written to where a restore has made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.azure.bodies import merged
from reconciler.azure.fields import (
    id_of,
    kept,
    location,
    lowered,
    moment,
    optional_id,
    pick,
    pick_each,
    shared_id,
    tags_of,
)
from reconciler.azure.receipts import Receipt, Write, satisfied
from reconciler.base import escape
from reconciler.model.changes import Op, Step
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Disk

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = "microsoft.compute/disks"


def is_disks(kind: Any, own: ArmId | None) -> bool:
    """Whether a datasource of this type and id is a disk, as far as they say: what is absent contradicts nothing.

    Vaults also hold blobs, databases and clusters, and lists may show everything whatever they are asked for.
    """
    said = isinstance(kind, str) and kind
    return (not said or lower(kind) == TYPE) and (own is None or not own.type or own.type == TYPE)


def project(body: Mapping[str, Any]) -> Disk:
    """A managed disk."""
    where, sku, holder, holders, zones, properties = pick_each(
        body, "location", "sku", "managedBy", "managedByExtended", "zones", "properties"
    )
    encryption, encrypted_within, state, provisioning_state, size, unique_id, created, secured = pick_each(
        properties,
        "encryption",
        "encryptionSettingsCollection",
        "diskState",
        "provisioningState",
        "diskSizeGB",
        "uniqueId",
        "timeCreated",
        "securityProfile",
    )
    managed_by = optional_id(holder)
    others = (
        other
        for text in (holders if isinstance(holders, list) else ())
        if (other := optional_id(text)) and other != managed_by
    )
    return Disk(
        id=id_of(body),
        location=location(where),
        sku=kept(pick(sku, "name")),
        tags=tags_of(body),
        managed_by=managed_by,
        encryption_set=shared_id(pick(encryption, "diskEncryptionSetId")),
        ade=bool(pick(encrypted_within, "enabled")),
        state=kept(state),
        provisioning_state=kept(provisioning_state),
        size_gb=size if type(size) is int else None,
        zones=tuple(map(escape.spelled, zones if isinstance(zones, list) else ())),
        also_managed_by=tuple(others),
        unique_id=lowered(unique_id) or "",
        created=moment(created),
        security=kept(pick(secured, "securityType")),
    )


def keeping_tags(step: Step, live: Mapping[str, Any]) -> Step:
    """The step that changes a disk, with the tags of its `live` body: a PATCH replaces them all."""
    return replace(step, body={**step.body, "tags": merged(live.get("tags") or {}, step.body.get("tags") or {})})


async def _patch(sdk: Operations, step: Step) -> Receipt:
    return await sdk.patch(step.target.text, step.body)


async def _delete(sdk: Operations, step: Step) -> Receipt:
    return await satisfied(sdk.delete(step.target.text))


WRITES: Mapping[Op, Write] = {Op.DISK_PATCH: _patch, Op.DISK_DELETE: _delete}
