"""Looks at the backups of every declared disk: lists, two queries of Resource Graph, and few recovery points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from reconciler.applying.look import drafted, estate_for
from reconciler.azure import projection
from reconciler.azure.connection import Azure
from reconciler.azure.graph import graph_if_it_answers
from reconciler.azure.together import together
from reconciler.clock import Clock
from reconciler.estate import Estate, Instance
from reconciler.ids import lower
from reconciler.manifest.model import Manifest
from reconciler.planning.draft import Draft
from reconciler.planning.status import Status, Told, doubtful, statuses

_JOBS = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.operationCategory =~ 'Backup' "
    "| summarize newest = max(todatetime(tostring(properties.startTime))) "
    "by instance = tolower(tostring(properties.backupInstanceId)), status = tolower(tostring(properties.status))"
)
_SNAPSHOTS = (
    "resources | where type =~ 'microsoft.compute/snapshots' | where properties.incremental == true "
    "| summarize snapshots = count() by disk = tolower(tostring(properties.creationData.sourceResourceId))"
)
_LEAST_READS = 20
_READS_PER_DISK = 0.02


async def status(azure: Azure, clock: Clock, manifest: Manifest) -> Status:
    """The status of every declared disk; ReadIncomplete when a list of the estate can't be read to its end."""
    return await status_on(azure, clock, manifest, await estate_for(azure, manifest))


async def status_on(azure: Azure, clock: Clock, manifest: Manifest, estate: Estate) -> Status:
    """The status of every declared disk on an estate that was read already."""
    told, skipped = await _told(azure)

    def first(draft: Draft) -> tuple[int, list[Instance]]:
        return len(statuses(draft, told).rows), doubtful(draft, told)

    disks, asked = await drafted(azure, clock, manifest, estate, first)
    most = max(_LEAST_READS, int(disks * _READS_PER_DISK))
    told.points.update(await _points(azure, asked[:most]))
    if len(asked) > most:
        skipped.append(
            f"recovery points of {len(asked) - most} disks were not read: only {most} are, of those in doubt"
        )
    return await drafted(azure, clock, manifest, estate, lambda draft: statuses(draft, told, tuple(skipped)))


async def _told(azure: Azure) -> tuple[Told, list[str]]:
    jobs, snapshots = await together(graph_if_it_answers(azure, _JOBS), graph_if_it_answers(azure, _SNAPSHOTS))
    skipped = []
    if jobs is None:
        skipped.append("Resource Graph didn't answer: jobs are not known")
    if snapshots is None:
        skipped.append("Resource Graph didn't answer: snapshots were not counted")
    return Told(
        None if jobs is None else _by_instance(jobs), None if snapshots is None else _by_disk(snapshots)
    ), skipped


def _by_instance(rows: Iterable[Any]) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = {}
    for row in rows:
        began = projection.moment(projection.pick(row, "newest"))
        if began is not None:
            found.setdefault(str(projection.pick(row, "instance")), {})[str(projection.pick(row, "status"))] = began
    return found


def _by_disk(rows: Iterable[Any]) -> dict[str, int]:
    counts = ((projection.pick(row, "disk"), projection.pick(row, "snapshots")) for row in rows)
    return {lower(disk): count for disk, count in counts if isinstance(disk, str) and isinstance(count, int)}


async def _points(azure: Azure, instances: Iterable[Instance]) -> Mapping[str, datetime | None]:
    """The newest recovery point of each instance (None: it has none)."""
    asked = list(instances)
    found = await together(*(_newest(azure, one) for one in asked))
    return {one.id.key: newest for one, newest in zip(asked, found, strict=True)}


async def _newest(azure: Azure, instance: Instance) -> datetime | None:
    rows = await azure.list(f"{instance.id}/recoveryPoints")
    times = (projection.moment(projection.pick(row, "properties", "recoveryPointTime")) for row in rows)
    return max(filter(None, times), default=None)
