"""Where a disk comes from: the disk and the restores that were to make it, each read by id.

Resource Graph is not asked: it lags, and the restore in question may have begun a minute ago, in a run that was killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.disks import project
from reconciler.azure.fields import id_of, moment, pick, pick_each, text_at, understood
from reconciler.azure.jobs import jobs_of
from reconciler.azure.reads import together, unsure
from reconciler.model.errors import AzureError, NotFound, ReadIncomplete
from reconciler.model.estate import Trace
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import ENDED, Job, RestoreJob
from reconciler.model.known import NO, Known, Yes
from reconciler.model.resources import Origin

_SNAPSHOTS = "microsoft.compute/snapshots"
_MOST_JOBS = 50
"""How many restores of one instance are read, newest first; Azure accepts ten a day."""


class Lists:
    """The jobs of vaults, each listed once, when they are first asked for."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._found: dict[ArmId, asyncio.Future[list[Job]]] = {}

    async def of(self, vault: ArmId) -> list[Job]:
        """The jobs of a vault, newest first; ReadIncomplete when they can't be listed to the end."""
        if vault not in self._found:
            self._found[vault] = asyncio.ensure_future(jobs_of(self._azure, [vault]))
        return await self._found[vault]


async def trace(
    azure: Azure,
    disk: ArmId,
    instance: ArmId | None = None,
    *,
    job: ArmId | None = None,
    lists: Lists | None = None,
) -> Known[Trace]:
    """Where a disk comes from, if it exists.

    `job` is the restore that was to make it; without it all restores of `instance`, if given, are searched, in `lists` if
    other disks are traced, too.
    ReadIncomplete when the list of jobs can't be read to the end.
    """
    try:
        body = await azure.get(disk)
        jobs = await _read(
            azure, [job] if job else await _restores_of(lists or Lists(azure), instance) if instance else []
        )
    except NotFound:
        return NO
    except AzureError as error:
        return unsure(error)
    try:
        with understood(f"The disk `{disk}`"):
            shown, own = project(body), origin(body)
    except ReadIncomplete as error:
        return unsure(error)
    made = tuple(one for one in jobs if one.target == disk or (job and one.target is None))
    return Yes(Trace(shown, own, await _snapshot(azure, own.source), made))


async def completed(azure: Azure, jobs: Iterable[RestoreJob]) -> tuple[RestoreJob, ...]:
    """The jobs sorted by id, those still running read in full; one that can't be read stays as it is."""

    async def one(row: RestoreJob) -> RestoreJob:
        if lower(row.status) in ENDED:
            return row
        try:
            return restore_job(await azure.get(row.id))
        except AzureError:
            return row

    return tuple(sorted(await together(*map(one, jobs)), key=lambda row: row.id.key))


def origin(body: Mapping[str, Any]) -> Origin:
    """What the body of a disk or a snapshot says about how it was made."""
    unique_id, creation, created, held = pick_each(
        pick(body, "properties"), "uniqueId", "creationData", "timeCreated", "LastOwnershipUpdateTime"
    )
    option, source, source_unique_id = pick_each(creation, "createOption", "sourceResourceId", "sourceUniqueId")
    return Origin(
        unique_id=lower(str(unique_id or "")),
        option=str(option or ""),
        source=ArmId(source) if isinstance(source, str) and source else None,
        source_unique_id=lower(str(source_unique_id or "")),
        created=moment(created),
        held=moment(held),
    )


def restore_job(body: Mapping[str, Any]) -> RestoreJob:
    """A restore job; the fields that lists don't have are empty for a row of a list."""
    properties = pick(body, "properties") or {}
    target = pick(properties, "extendedInfo", "recoveryDestination")
    return RestoreJob(
        id=id_of(body),
        status=text_at(properties, "status"),
        began=moment(pick(properties, "startTime")),
        ended=moment(pick(properties, "endTime")),
        point=text_at(properties, "extendedInfo", "sourceRecoverPoint", "recoveryPointID"),
        target=ArmId(target) if isinstance(target, str) and target else None,
    )


async def _restores_of(lists: Lists, instance: ArmId) -> list[ArmId]:
    found = await lists.of(instance.parent)
    return [one.id for one in found if one.instance == instance and lower(one.operation) == "restore"][:_MOST_JOBS]


async def _read(azure: Azure, jobs: Iterable[ArmId]) -> list[RestoreJob]:
    found = await together(*(_one(azure, job) for job in jobs))
    return [one for one in found if one is not None]


async def _one(azure: Azure, job: ArmId) -> RestoreJob | None:
    try:
        return restore_job(await azure.get(job))
    except NotFound:
        return None


async def _snapshot(azure: Azure, source: ArmId | None) -> Known[Origin]:
    """The origin of the snapshot that a disk was made from; no when the disk names none, or it is gone."""
    if source is None or source.type != _SNAPSHOTS:
        return NO
    try:
        return Yes(origin(await azure.get(source)))
    except NotFound:
        return NO
    except AzureError as error:
        return unsure(error)
