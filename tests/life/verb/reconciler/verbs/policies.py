"""The backup policies of vaults."""

from __future__ import annotations

from reconciler.azure.connection import Azure
from reconciler.azure.fields import understood
from reconciler.azure.kinds.policies import project
from reconciler.azure.reads import together
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest
from reconciler.model.resources import Policy


async def listed(azure: Azure, manifest: Manifest) -> dict[ArmId, list[Policy]]:
    """The policies of each vault; ReadIncomplete when a list can't be read to its end."""
    vaults = [manifest.vaults[name].id for name in sorted(manifest.vaults)]
    return dict(zip(vaults, await together(*(_of(azure, vault) for vault in vaults)), strict=True))


async def _of(azure: Azure, vault: ArmId) -> list[Policy]:
    rows = await azure.list(f"{vault}/backupPolicies")
    with understood(f"A policy of {vault}"):
        return sorted((project(row, vault=vault) for row in rows), key=lambda one: one.id.key)
