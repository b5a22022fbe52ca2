"""Jobs of vaults: a single job in full, the list of a vault, and all jobs that Resource Graph shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from reconciler.azure.connection import Azure
from reconciler.azure.disks import is_disks
from reconciler.azure.failures import told
from reconciler.azure.fields import id_of, moment, parsed, pick, quoted, text_at, understood
from reconciler.azure.graph import graph, graph_if_it_answers, literal
from reconciler.azure.reads import known, together
from reconciler.base import escape
from reconciler.model.errors import Told
from reconciler.model.estate import AHEAD
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import WELL, Job
from reconciler.model.known import Known, No, Unsure, Yes

_ANYTHING_ELSE = "look up this code on Azure's page `Troubleshoot Azure Disk Backup`"
_SHOW = "look at the vault's jobs with `reconciler jobs list PATH`, then run it again"
Newest: TypeAlias = Mapping[str, datetime]
"""When the newest job of each status began, by lower-cased status."""

_NEWEST = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.operationCategory =~ 'Backup' "
    "| summarize newest = max(todatetime(tostring(properties.startTime))) "
    "by instance = tolower(tostring(properties.backupInstanceId)), status = tolower(tostring(properties.status)), "
    "kind = tolower(tostring(properties.dataSourceType))"
)
_RUNNING = "inprogress"
_EVERY = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.dataSourceType =~ 'Microsoft.Compute/disks' | project id, properties"
)
_NAMED = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.dataSourceId in~ ({disks}) | summarize by disk = tolower(tostring(properties.dataSourceId))"
)


async def jobs_of(azure: Azure, vaults: Iterable[ArmId]) -> list[Job]:
    """The jobs of disks in vaults, newest first; ReadIncomplete when a list can't be read to its end."""
    lists = await together(*(azure.list(f"{vault}/backupJobs") for vault in vaults))
    return newest_first(filter(is_of_disk, (_projected(row) for rows in lists for row in rows)))


async def jobs_everywhere(azure: Azure) -> list[Job]:
    """The jobs of disks that Resource Graph shows the caller, in any vault, newest first; it may lag."""
    return newest_first(filter(is_of_disk, map(_projected, await graph(azure, _EVERY))))


@dataclass(slots=True)
class Backups:
    """When the newest backup of each status began, by lower-cased instance id; what isn't known says why.

    `listed` are the vaults whose own lists were read, with what is known of an instance there that has no jobs.
    """

    newest: dict[str, Known[Newest]] = field(default_factory=dict)
    listed: dict[ArmId, Known[Newest]] = field(default_factory=dict)

    def __or__(self, other: Backups) -> Backups:
        """Both together; for vaults in the other's `listed`, only what the other knows."""
        kept = {key: told for key, told in self.newest.items() if not other.listed or _vault(key) not in other.listed}
        return Backups(kept | other.newest, self.listed | other.listed)


async def newest_backups(azure: Azure, vaults: Iterable[ArmId]) -> Backups:
    """The newest backups in these vaults, from Resource Graph.

    Where it shows no backup at all in a vault, or an impossible one (`_is_odd`), that vault's own list is read instead.
    """
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    odd: set[ArmId] = set()
    match await graph_if_it_answers(azure, _NEWEST, _newest):
        case Yes(rows):
            for instance, status, began in rows:
                if not instance:
                    continue
                if _is_odd(azure, status, began):
                    odd.add(_vault(instance))
                elif began is not None:
                    found[instance][status] = began
    shown = set(map(_vault, found)) - odd
    told = Backups({key: Yes(newest) for key, newest in found.items()})
    return told | await listed_backups(azure, set(vaults) - shown)


def _vault(instance: str) -> ArmId:
    return ArmId(instance).parent


def _is_odd(azure: Azure, status: str, began: datetime | None) -> bool:
    """Whether a job makes no sense: it has no status, it failed at an unknown time, or it begins in the future."""
    if began is None:
        return status not in WELL | {_RUNNING}
    return not status or began > azure.clock.now() + AHEAD


async def listed_backups(azure: Azure, vaults: Iterable[ArmId]) -> Backups:
    """The newest backups in these vaults, from their own lists."""
    asked = sorted(vaults)
    told = Backups()
    lists = await together(*(known(_backups_in(azure, vault)) for vault in asked))
    for vault, answer in zip(asked, lists, strict=True):
        match answer:
            case Yes(newest):
                told.newest.update(newest)
                told.listed[vault] = Yes({})
            case Unsure():
                told.listed[vault] = answer
            case No():
                told.listed[vault] = Unsure("the vault is gone, though it was listed a moment ago", "run it again")
    return told


def doubted(lacking: Mapping[str, str]) -> Mapping[str, Known[Newest]]:
    """Unsure for the jobs of each instance whose list isn't complete, with the reason given for it."""
    return {instance: Unsure(because, _SHOW) for instance, because in lacking.items()}


async def _backups_in(azure: Azure, vault: ArmId) -> dict[str, Known[Newest]]:
    """The newest backups of each instance in a vault's list; unsure for one with a row that makes no sense."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    odd: dict[str, Known[Newest]] = {}
    for row in await azure.list(f"{vault}/backupJobs"):
        own = _projected(row)
        if (
            own.instance is None
            or not is_of_disk(own)
            or lower(str(pick(row, "properties", "operationCategory") or "backup")) != "backup"
        ):
            continue
        key, status = own.instance.key, lower(own.status)
        if _is_odd(azure, status, own.began):
            ahead = f"began at {own.began:%Y-%m-%d %H:%M} UTC" if status and own.began else ""
            what = (
                f"{ahead} according to Azure, which is in the future" if ahead else "shows no status or no start time"
            )
            odd[key] = Unsure(f"the job {own.id.name} {what}", _SHOW)
        elif own.began is not None:
            found[key][status] = max(own.began, found[key].get(status, own.began))
    return {key: Yes(newest) for key, newest in found.items()} | odd


def _newest(row: Mapping[str, Any]) -> tuple[str, str, datetime | None]:
    """The instance (empty: it isn't a disk's), status and time of a row."""
    instance, status, began = (pick(row, key) for key in ("instance", "status", "newest"))
    if not isinstance(instance, str) or not isinstance(status, str) or not status or (began and parsed(began) is None):
        raise ValueError(f"{escape.value(row)} is no job")
    is_others = not is_disks(pick(row, "kind"), None)
    return "" if is_others else lower(instance), lower(status), moment(began)


async def with_jobs(azure: Azure, disks: Iterable[ArmId], vaults: Iterable[ArmId]) -> frozenset[str]:
    """The lower-cased ids of those disks that a job names, in any vault by Resource Graph, else in these vaults' lists.

    Resource Graph keeps jobs for 14 days. ReadIncomplete when neither can be read.
    """
    query = _NAMED.format(disks=", ".join(literal(disk.key) for disk in disks))
    match await graph_if_it_answers(azure, query, lambda row: lower(str(row["disk"]))):
        case Yes(found):
            return frozenset(found)
    return frozenset(one.disk.key for one in await jobs_of(azure, vaults) if one.disk is not None)


async def job(azure: Azure, address: ArmId) -> Job:
    """One job in full; NotFound when there is none."""
    return _projected(await azure.get(address))


def is_of_disk(one: Job) -> bool:
    """Whether a job is of a disk, as far as it says what it is of."""
    return is_disks(one.kind, one.disk)


def newest_first(jobs: Iterable[Job]) -> list[Job]:
    """The jobs sorted by when they began, newest first, each id once."""
    found = {one.id.key: one for one in jobs}
    return sorted(found.values(), key=lambda one: (one.began or datetime.min.replace(tzinfo=UTC), one.id.key))[::-1]


def _cause(details: Any) -> Told | None:
    """What Azure says of a failed job: code, message with the actual reason, and advice."""
    errors = [row for row in details if isinstance(row, Mapping)] if isinstance(details, list) else []
    if not errors:
        return None
    says = told({"details": errors})
    return says if says.advice else replace(says, advice=(_ANYTHING_ELSE,))


def _projected(body: Mapping[str, Any]) -> Job:
    with understood(f"The job {quoted(body)}"):
        properties = pick(body, "properties") or {}
        address = id_of(body)
        extended = pick(properties, "extendedInfo") or {}
        return Job(
            id=address,
            status=text_at(properties, "status"),
            operation=text_at(properties, "operation"),
            by_user=pick(properties, "isUserTriggered") is True,
            began=moment(pick(properties, "startTime")),
            ended=moment(pick(properties, "endTime")),
            instance=_id(pick(properties, "backupInstanceId")),
            disk=_id(pick(properties, "dataSourceId")),
            kind=text_at(properties, "dataSourceType"),
            policy=text_at(properties, "policyName"),
            error=_cause(pick(properties, "errorDetails")),
            tag=text_at(extended, "additionalDetails", "RetentionTag"),
            point=text_at(extended, "targetRecoverPoint", "recoveryPointID"),
        )


def _id(text: Any) -> ArmId | None:
    return ArmId(text) if isinstance(text, str) and text.startswith("/") else None
