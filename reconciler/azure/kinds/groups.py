"""Resource groups: read, made and changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.azure.fields import id_of, location, pick, tags_of
from reconciler.azure.receipts import Receipt, Write
from reconciler.model.changes import Op, Step
from reconciler.model.resources import ResourceGroup

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = ""
"""The id of a group names no type."""


def project(body: Mapping[str, Any]) -> ResourceGroup:
    """A resource group."""
    return ResourceGroup(id=id_of(body), location=location(pick(body, "location")), tags=tags_of(body))


async def _put(sdk: Operations, step: Step) -> Receipt:
    return await sdk.put(f"/subscriptions/{step.target.subscription}/resourcegroups/{step.target.name}", step.body)


WRITES: Mapping[Op, Write] = {Op.GROUP_PUT: _put}
