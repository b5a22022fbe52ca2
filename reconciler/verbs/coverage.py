"""Checks every disk in the manifest's subscriptions, with lists and three queries of Resource Graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reconciler.azure import survey
from reconciler.azure.connection import Azure
from reconciler.azure.reading import descendants, read_estate
from reconciler.azure.reads import together
from reconciler.base.clock import Clock
from reconciler.flow.look import drafted
from reconciler.model.estate import Estate
from reconciler.model.manifest import Manifest
from reconciler.model.results.coverage import Coverage
from reconciler.model.scope import Reach, concerns
from reconciler.planning.coverage import Surveyed, bare, cover
from reconciler.planning.scope import management_groups, reach


async def coverage(azure: Azure, clock: Clock, manifest: Manifest) -> Coverage:
    """The coverage of the subscriptions that the manifest names; ReadIncomplete when one of their lists can't be read."""
    with azure.looking():
        groups = await descendants(azure, management_groups(manifest))
        wanted = reach(manifest, groups=groups)
        wanted = replace(wanted, disk_subscriptions=wanted.subscriptions)  # not only where entries look
        estate = await read_estate(azure, wanted)
        estate.management_groups = groups
        told = await _surveyed(azure, estate, wanted)
        return await drafted(azure, clock, manifest, estate, lambda draft: cover(draft, told))


async def _surveyed(azure: Azure, estate: Estate, wanted: Reach) -> Surveyed:
    held = [one for one in estate.instances.values() if one.disk]
    read = [vault for vault in estate.vaults.values() if concerns(wanted, vault)]
    told: Sequence[Any] = await together(
        survey.elsewhere(azure, bare(estate), held, read),
        survey.principals(azure, estate.vaults.values()),
        survey.foreign_snapshots(azure, {one.snapshot_group for one in held if one.snapshot_group}),
    )
    return Surveyed(*told)
