"""A disk's own list of the instances that protect it, in every vault that the caller may read."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm import Request, Response, lower, public
from reconciler.sandbox.dataprotection import lookups
from reconciler.sandbox.dataprotection.instances import KIND
from reconciler.sandbox.dataprotection.namespace import provider
from reconciler.sandbox.paging import page_of
from reconciler.sandbox.rights import may
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World


@provider.route("GET", "{scope}/providers/Microsoft.DataProtection/backupInstances", "", collection=False)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The instances of a datasource, their ids written under the datasource as in Azure's example."""
    scope = ids["scope"]
    found = [
        _row(world, scope, instance)
        for instance in lookups.protecting(world, lower(scope))
        if may(world, request.caller, f"{KIND}/read", instance["id"])
    ]
    return page_of(world, request, found)


def _row(world: World, scope: str, instance: Record) -> dict[str, Any]:
    row = public(instance)
    if world.switch("extension_ids") == "extension":
        row["id"] = f"{scope}/providers/Microsoft.DataProtection/backupInstances/{instance['name']}"
    return row
