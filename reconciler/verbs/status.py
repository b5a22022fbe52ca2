"""Checks the backups of every declared disk, with lists, two queries of Resource Graph, and few recovery points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.azure import fields, projection
from reconciler.azure.connection import Azure
from reconciler.azure.jobs import Backups, doubted, listed_backups, newest_backups
from reconciler.azure.reads import VANISHED, known, together
from reconciler.azure.survey import snapshot_counts, snapshots_in
from reconciler.base.clock import Clock
from reconciler.flow.look import drafted, estate_for
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId
from reconciler.model.known import Known, No, Unsure, Yes
from reconciler.model.manifest import Manifest
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.model.results.status import BackupStatus
from reconciler.planning.backups import newest_point, unlisted
from reconciler.planning.draft import Draft
from reconciler.planning.status import Evidence, contradicted, doubtful, protecting, statuses, suspected

_LEAST_READS = 20
_READS_PER_DISK = 0.02


async def status(azure: Azure, clock: Clock, manifest: Manifest) -> BackupStatus:
    """The status of every declared disk; ReadIncomplete when a list of the estate can't be read to the end."""
    with azure.looking():
        return await status_on(azure, clock, manifest, await estate_for(azure, manifest))


async def status_on(azure: Azure, clock: Clock, manifest: Manifest, estate: Estate) -> BackupStatus:
    """The status of every declared disk, for an estate that was already read."""
    held, vaults = await drafted(azure, clock, manifest, estate, protecting)
    told = await _told(azure, held, vaults)

    def first(draft: Draft) -> tuple[int, list[Instance]]:
        return len(statuses(draft, told).rows), doubtful(draft, told)

    disks, asked = await drafted(azure, clock, manifest, estate, first)
    most = max(_LEAST_READS, int(disks * _READS_PER_DISK))
    told.kept, told.unread = await _points(azure, asked[:most])
    told.points.update({key: newest_point(kept, clock.now()) for key, kept in told.kept.items()})
    backups = Backups(told.jobs, told.listed) | await listed_backups(azure, contradicted(held, told))
    told.jobs, told.listed = backups.newest, backups.listed
    told.jobs.update(doubted(unlisted(held, told, clock.now())))
    told.there.update(
        await _there(azure, await drafted(azure, clock, manifest, estate, lambda draft: suspected(draft, told)))
    )
    skipped = []
    if len(asked) > most:
        skipped.append(
            f"recovery points of {len(asked) - most} disks were not read: only {most} are, of those in doubt"
        )
    return await drafted(azure, clock, manifest, estate, lambda draft: statuses(draft, told, tuple(skipped)))


async def _told(azure: Azure, held: Iterable[Instance], vaults: Iterable[ArmId]) -> Evidence:
    disks = [one.disk for one in held if one.disk is not None]
    told: Sequence[Any] = await together(newest_backups(azure, vaults), snapshot_counts(azure, disks))
    backups, snapshots = told
    return Evidence(backups.newest, snapshots, azure.clock.now(), backups.listed)


async def _points(
    azure: Azure, instances: Iterable[Instance]
) -> tuple[dict[str, tuple[RecoveryPoint, ...]], dict[str, Unsure]]:
    """The recovery points of each instance by lower-cased id; and why, where they could not be read."""
    asked = list(instances)
    found = await together(*(known(_kept(azure, one)) for one in asked))
    kept: dict[str, tuple[RecoveryPoint, ...]] = {}
    unread: dict[str, Unsure] = {}
    for one, answer in zip(asked, found, strict=True):
        match answer:
            case Yes(points):
                kept[one.id.key] = points
            case Unsure():
                unread[one.id.key] = answer
            case No():
                unread[one.id.key] = VANISHED
    return kept, unread


async def _kept(azure: Azure, instance: Instance) -> tuple[RecoveryPoint, ...]:
    rows = await azure.list(f"{instance.id}/recoveryPoints")
    timed = (row for row in rows if fields.moment(fields.pick(row, "properties", "recoveryPointTime")))
    return tuple(fields.each(timed, projection.recovery_point, f"A recovery point of {instance.id}"))


async def _there(azure: Azure, groups: Iterable[ArmId]) -> Mapping[str, Known[Mapping[str, tuple[datetime, ...]]]]:
    """The snapshots in each of these resource groups, or why they are unknown."""
    asked = sorted(groups, key=lambda one: one.key)
    found = await together(*(snapshots_in(azure, one) for one in asked))
    return {one.key: answer for one, answer in zip(asked, found, strict=True)}
