"""Jobs of vaults: one in full, the list of a vault, and Resource Graph over everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.failures import Told, told
from reconciler.azure.graph import graph
from reconciler.azure.projection import moment, pick, understood
from reconciler.azure.together import together
from reconciler.estate import Job
from reconciler.ids import ArmId, lower

_WAYS_OUT = {
    "manageddisknotfound": "the disk is gone: restore it, or take it out of the manifest under `removed`",
    "snapshotrgnotfound": "the snapshot resource group is gone, with all that it held: `reconciler plan PATH` says how backups go on",
    "permission": "grant what `reconciler plan PATH` shows as missing; roles take up to half an hour to become effective",
    "authorizationfailed": "see which role or lock was changed: `reconciler plan PATH` shows what is missing",
    "internalerror": "wait for the next backup; if it stays, give Azure support the job's id",
    "genericresourcenotfound": "something that the job needed was deleted while it ran: see `reconciler plan PATH`",
}
"""What to do about codes without advice of Azure's own, by a part of the lower-cased code."""

_ANYTHING_ELSE = "look this code up on Azure's page `Troubleshoot Azure Disk Backup`"
ENDED = frozenset({"completed", "completedwithwarnings", "failed", "cancelled", "canceled"})
WELL = frozenset({"completed", "completedwithwarnings"})
_EVERY = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.dataSourceType =~ 'Microsoft.Compute/disks' | project id, properties"
)


async def jobs_of(azure: Azure, vaults: Iterable[ArmId]) -> list[Job]:
    """The jobs of vaults, newest first; ReadIncomplete when a list can't be read to its end."""
    lists = await together(*(azure.list(f"{vault}/backupJobs") for vault in vaults))
    return newest_first(_projected(row) for rows in lists for row in rows)


async def jobs_everywhere(azure: Azure) -> list[Job]:
    """The jobs of disks that Resource Graph shows the caller, in any vault, newest first; it may lag."""
    return newest_first(_projected(row) for row in await graph(azure, _EVERY) if isinstance(row, Mapping))


async def job(azure: Azure, address: ArmId) -> Job:
    """One job in full; NotFound when there is none."""
    return _projected(await azure.get(address))


def newest_first(jobs: Iterable[Job]) -> list[Job]:
    """The jobs by when they began; each id once."""
    found = {one.id.key: one for one in jobs}
    return sorted(found.values(), key=lambda one: (one.began or datetime.min.replace(tzinfo=UTC), one.id.key))[::-1]


def has_ended(one: Job) -> bool:
    """Whether a job is over; a word that nobody knows means that it isn't."""
    return lower(one.status) in ENDED


def ended_well(one: Job) -> bool:
    """Whether a job is over, and did what it was to do."""
    return lower(one.status) in WELL


def cause(one: Job) -> Told:
    """What Azure says of a job that failed: code, message with the true reason, and what to do, ours where it has none."""
    if not one.error:
        return Told("", "")
    says = told({"details": list(one.error)})
    if says.advice:
        return says
    code = lower(says.code)
    way = next((way for part, way in _WAYS_OUT.items() if part in code), _ANYTHING_ELSE)
    return replace(says, advice=(way,))


def _projected(body: Mapping[str, Any]) -> Job:
    with understood("A job"):
        properties = pick(body, "properties") or {}
        address = ArmId(str(pick(body, "id")))
        errors = pick(properties, "errorDetails")
        extended = pick(properties, "extendedInfo") or {}
        return Job(
            id=address,
            status=str(pick(properties, "status") or ""),
            operation=str(pick(properties, "operation") or ""),
            by_user=pick(properties, "isUserTriggered") is True,
            began=moment(pick(properties, "startTime")),
            ended=moment(pick(properties, "endTime")),
            instance=_id(pick(properties, "backupInstanceId")),
            disk=_id(pick(properties, "dataSourceId")),
            policy=str(pick(properties, "policyName") or ""),
            error=tuple(row for row in errors if isinstance(row, Mapping)) if isinstance(errors, list) else (),
            tag=str(pick(extended, "additionalDetails", "RetentionTag") or ""),
            point=str(pick(extended, "targetRecoverPoint", "recoveryPointID") or ""),
        )


def _id(text: Any) -> ArmId | None:
    return ArmId(text) if isinstance(text, str) and text.startswith("/") else None
