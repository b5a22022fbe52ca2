"""Looks at every disk in the manifest's subscriptions, with lists and three queries of Resource Graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.applying.look import drafted
from reconciler.azure import projection
from reconciler.azure.connection import Azure
from reconciler.azure.graph import graph_if_it_answers, literal
from reconciler.azure.reading import descendants, read_estate
from reconciler.azure.together import together
from reconciler.clock import Clock
from reconciler.estate import Estate, Instance
from reconciler.ids import ArmId, lower
from reconciler.manifest.model import Manifest
from reconciler.planning.coverage import Coverage, Surveyed, cover
from reconciler.planning.reach import management_groups, reach

_INSTANCES = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupinstances' "
    "| where properties.dataSourceInfo.datasourceType =~ 'Microsoft.Compute/disks' | project id, properties"
)
_VAULTS = "resources | where type =~ 'microsoft.dataprotection/backupvaults' | project id, identity"
_SNAPSHOTS = (
    "resources | where type =~ 'microsoft.compute/snapshots' | where resourceGroup in~ ({groups}) "
    "| where name !startswith 'AzureBackup_' | project id, tags"
)
_MOST_GROUPS = 200
_MADE_BY = "azurebackup"


async def coverage(azure: Azure, clock: Clock, manifest: Manifest) -> Coverage:
    """The coverage of the subscriptions that the manifest names; ReadIncomplete when a list of them can't be read."""
    estate = await _everything(azure, manifest)
    told = await _surveyed(azure, estate)
    return await drafted(azure, clock, manifest, estate, lambda draft: cover(draft, told))


async def _everything(azure: Azure, manifest: Manifest) -> Estate:
    """The estate with the disks of every subscription that is named, not only of those that entries look in."""
    groups = await descendants(azure, management_groups(manifest))
    wanted = reach(manifest, groups=groups)
    estate = await read_estate(azure, replace(wanted, disk_subscriptions=wanted.subscriptions))
    estate.management_groups = groups
    return estate


async def _surveyed(azure: Azure, estate: Estate) -> Surveyed:
    held = {one.snapshot_group for one in estate.instances.values() if one.disk and one.snapshot_group}
    instances, vaults, *snapshots = await together(
        graph_if_it_answers(azure, _INSTANCES),
        graph_if_it_answers(azure, _VAULTS),
        *(graph_if_it_answers(azure, query) for query in _snapshot_queries(held)),
    )
    with projection.understood("What Resource Graph shows"):
        return Surveyed(
            elsewhere=None if instances is None else tuple(_instances(instances)),
            principals=None if vaults is None else frozenset(_principals(vaults)),
            snapshots=None if None in snapshots else tuple(sorted(_foreign(snapshots, held))),
        )


def _snapshot_queries(groups: Iterable[ArmId]) -> list[str]:
    names = sorted({lower(group.name) for group in groups})
    parts = (names[start : start + _MOST_GROUPS] for start in range(0, len(names), _MOST_GROUPS))
    return [_SNAPSHOTS.format(groups=", ".join(map(literal, part))) for part in parts]


def _instances(rows: Iterable[Any]) -> Iterable[Instance]:
    for row in rows:
        if isinstance(row, Mapping) and isinstance(projection.pick(row, "id"), str):
            yield projection.instance(row)


def _principals(rows: Iterable[Any]) -> Iterable[str]:
    for row in rows:
        yield from projection.vault(row).principals


def _foreign(lists: Iterable[Any], groups: set[ArmId]) -> Iterable[ArmId]:
    """Snapshots that lie in one of the groups themselves, and that Azure Backup hasn't tagged as its own."""
    for row in (row for rows in lists for row in rows):
        own = ArmId(str(projection.pick(row, "id") or ""))
        maker = projection.pick(row, "tags", "CreatedBy")
        if own.group_id in groups and lower(str(maker or "")) != _MADE_BY:
            yield own
