"""Where a disk comes from: the disk and the restores that were to make it, each read by id.

Resource Graph is not asked: it lags, and the restore in question may have begun a minute ago, in a run that was killed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.disks import project
from reconciler.azure.fields import NONSENSE, id_of, moment, pick, pick_each, text_at, understood
from reconciler.azure.jobs import jobs_of
from reconciler.azure.reads import together, unsure
from reconciler.model.errors import AzureError, NotFound, ReadIncomplete
from reconciler.model.estate import Trace
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import ENDED, Job, RestoreJob
from reconciler.model.known import NO, Known, Yes
from reconciler.model.resources import Origin

_SNAPSHOTS = "microsoft.compute/snapshots"
_MANY = 250
"""How many disks of a subscription are read by their ids: as many reads as Azure accepts at once. A list may show for a
while what was deleted, so it stands in for more reads only, which would take long.
"""

_MOST_PAGES = 250
"""How many pages the list of a resource group's snapshots has at most: a subscription holds 50,000 in a region, and a page
has 200. So for more disks than this one list is less.
"""

_MOST_JOBS = 50
"""How many restores of one instance are read, newest first; Azure accepts ten a day."""


class Lists:
    """What is listed once for all disks that are traced together, when it is first asked for: the jobs of each vault,
    and, where `disks` are many, the disks of each subscription and the snapshots of each resource group.

    A list only ever saves reads: what it doesn't show, or shows in part, is read by its id.
    """

    def __init__(self, azure: Azure, disks: Iterable[ArmId] = ()) -> None:
        self._azure = azure
        self._found: dict[ArmId, asyncio.Future[list[Job]]] = {}
        self._shown: dict[str, asyncio.Future[Mapping[str, Mapping[str, Any]]]] = {}
        self._counts = Counter(disk.subscription for disk in disks)
        self._total = self._counts.total()

    async def of(self, vault: ArmId) -> list[Job]:
        """The jobs of a vault, newest first; ReadIncomplete when they can't be listed to the end."""
        if vault not in self._found:
            self._found[vault] = asyncio.ensure_future(jobs_of(self._azure, [vault]))
        return await self._found[vault]

    async def disk(self, disk: ArmId) -> Mapping[str, Any]:
        """The body of a disk, by its id if no list shows it; NotFound, or another AzureError."""
        found = None
        if self._counts[disk.subscription] > _MANY:
            found = await self._row(f"/subscriptions/{disk.subscription}/providers/Microsoft.Compute/disks", disk)
        return await self._azure.get(disk) if found is None else found

    async def snapshot(self, snapshot: ArmId) -> Mapping[str, Any]:
        """The body of a snapshot, as that of a disk."""
        found = None
        if self._total > _MOST_PAGES:
            found = await self._row(f"{snapshot.group_id}/providers/Microsoft.Compute/snapshots", snapshot)
        return await self._azure.settled.get(snapshot, _is_told) if found is None else found

    async def _row(self, path: str, resource: ArmId) -> Mapping[str, Any] | None:
        if path.lower() not in self._shown:
            self._shown[path.lower()] = asyncio.ensure_future(self._rows(path))
        return (await self._shown[path.lower()]).get(resource.key)

    async def _rows(self, path: str) -> Mapping[str, Mapping[str, Any]]:
        try:
            rows = await self._azure.list(path)
        except (AzureError, ReadIncomplete):
            return {}
        return {lower(str(row.get("id"))): row for row in rows if _is_told(row)}


async def trace(
    azure: Azure,
    disk: ArmId,
    instance: ArmId | None = None,
    *,
    lists: Lists | None = None,
) -> Known[Trace]:
    """Where a disk comes from, if it exists.

    All restores of `instance`, if given, are searched, in `lists` if other disks are traced, too.
    ReadIncomplete when the list of jobs can't be read to the end.
    """
    lists = lists or Lists(azure)
    try:
        body = await lists.disk(disk)
        jobs = await _read(azure, await _restores_of(lists, instance) if instance else [])
    except NotFound:
        return NO
    except AzureError as error:
        return unsure(error)
    return await traced(lists, disk, body, (one for one in jobs if one.target == disk))


async def traced(lists: Lists, disk: ArmId, body: Mapping[str, Any], jobs: Iterable[RestoreJob]) -> Known[Trace]:
    """Where a disk comes from that was just read, and that these restores may have made."""
    try:
        with understood(f"The disk `{disk}`"):
            shown, own = project(body), origin(body)
    except ReadIncomplete as error:
        return unsure(error)
    return Yes(Trace(shown, own, await _snapshot(lists, own.source), tuple(jobs)))


async def completed(azure: Azure, jobs: Iterable[RestoreJob]) -> tuple[RestoreJob, ...]:
    """The jobs sorted by id, those still running read in full; one that can't be read stays as it is."""

    async def one(row: RestoreJob) -> RestoreJob:
        if lower(row.status) in ENDED:
            return row
        try:
            return restore_job(await job_of(azure, row.id))
        except AzureError:
            return row

    return tuple(sorted(await together(*map(one, jobs)), key=lambda row: row.id.key))


async def job_of(azure: Azure, job: ArmId) -> Mapping[str, Any]:
    """The body of a job, read once if it has ended; NotFound or another AzureError."""
    return await azure.settled.get(job, lambda body: lower(text_at(body, "properties", "status")) in ENDED)


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


def _is_told(body: Mapping[str, Any]) -> bool:
    """Whether the body of a disk or a snapshot says which one it is and how it was made; only then it can be disproved."""
    try:
        own = origin(body)
    except NONSENSE:
        return False
    return bool(own.unique_id and own.created and own.option)


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
        return restore_job(await job_of(azure, job))
    except NotFound:
        return None


async def _snapshot(lists: Lists, source: ArmId | None) -> Known[Origin]:
    """The origin of the snapshot that a disk was made from; no when the disk names none, or it is gone."""
    if source is None or source.type != _SNAPSHOTS:
        return NO
    try:
        return Yes(origin(await lists.snapshot(source)))
    except NotFound:
        return NO
    except AzureError as error:
        return unsure(error)
