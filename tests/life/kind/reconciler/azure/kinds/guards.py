"""Resource guards: read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.azure.fields import id_of, location, pick, tags_of
from reconciler.azure.receipts import Receipt, Write
from reconciler.model.changes import Op, Step
from reconciler.model.resources import ResourceGuard

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = "microsoft.dataprotection/resourceguards"


def project(body: Mapping[str, Any]) -> ResourceGuard:
    """A resource guard."""
    return ResourceGuard(id_of(body), location(pick(body, "location")), tags_of(body))


async def _put(sdk: Operations, step: Step) -> Receipt:
    return await sdk.put(step.target.text, step.body)


WRITES: Mapping[Op, Write] = {Op.GUARD_PUT: _put}
