"""On-demand backups of many disks at once: checked first, sent through the governor, and followed if asked.

Azure's `ruleName` is the policy's backup rule, read from the live policy; the retention rule is sent as an override.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.azure import jobs as source
from reconciler.azure.auditing import about
from reconciler.azure.connection import Azure
from reconciler.azure.fields import pick, text_at
from reconciler.azure.operations import finish
from reconciler.azure.reads import together
from reconciler.azure.requesting import Requests
from reconciler.base.clock import Clock
from reconciler.model import addresses
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, OperationFailed, ReconcilerError, Told, Transient, Unproven
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import Job, ended_well
from reconciler.model.manifest import Manifest
from reconciler.model.protection import Health, health_of
from reconciler.model.resources import Instance, Target
from reconciler.model.results.backup import COMPLETED, FAILED, READY, REFUSED, RUNNING, STARTED, Backup
from reconciler.model.writes import Subject
from reconciler.verbs import jobs
from reconciler.verbs.targets import Targets, find

A_DAY = 10
"""The most on-demand backups of one instance per day, from Azure's support matrix."""

DEFAULT_RULE = "Default"
_BEGIN_SECONDS = 600.0
_LOST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Request:
    """The request: the retention rule's name, whether to follow the jobs, and until when (monotonic).

    `parallelism`: the most requests under way at once.
    """

    retention_rule: str = DEFAULT_RULE
    dry_run: bool = False
    wait: bool = False
    deadline: float = 0.0
    parallelism: int = 32


Tell = Callable[[Backup], None]


async def back_up(
    azure: Azure, clock: Clock, manifest: Manifest, named: Sequence[str], asked: Request, tell: Tell
) -> tuple[Backup, ...]:
    """Back up the named disks, by default all that the manifest declares, as their policies allow.

    A disk that can't be backed up is refused before anything is sent for it; the rest continue. `tell` gets each step.
    """
    targets = await find(azure, clock, manifest, named)
    prepared = _prepared(targets, asked, await _today(azure, clock, targets))
    for row in prepared:
        tell(row)
    if asked.dry_run:
        return prepared
    slots, requests = asyncio.Semaphore(asked.parallelism), Requests(azure)

    async def one(row: Backup) -> Backup:
        return _with_name(await _sent(azure, clock, requests, row, asked, tell, slots)) if row.status == READY else row

    return tuple(await together(*map(one, prepared)))


def _with_name(row: Backup) -> Backup:
    """The backup, whose job says the short name of the disk, too."""
    return replace(row, job=replace(row.job, disk_name=row.name)) if row.job else row


async def _today(azure: Azure, clock: Clock, targets: Targets) -> Counter[str]:
    """The number of on-demand backups that began today (UTC), by instance."""
    day = clock.now().date()
    found = await source.jobs_of(azure, targets.vaults)
    return Counter(
        job.instance.key
        for job in found
        if job.instance and job.began and job.by_user and lower(job.operation) != "restore" and job.began.date() == day
    )


def _prepared(targets: Targets, asked: Request, today: Mapping[str, int]) -> tuple[Backup, ...]:
    names = targets.estate.names
    rows = [_check(targets, target, asked, today) for target in targets.disks]
    rows += (
        Backup(ArmId(one.address.disk.key), REFUSED, code=one.code, message=one.message, hint=one.hint)
        for one in targets.left_out
        if one.address.disk
    )
    return tuple(replace(row, name=names.of(row.disk)) for row in sorted(rows, key=lambda row: row.disk.key))


def _check(targets: Targets, target: Target, asked: Request, today: Mapping[str, int]) -> Backup:
    row = Backup(target.disk, REFUSED)
    instance = target.instance
    if instance is None:
        hint = "protect it first: `reconciler apply`"
        return replace(row, code=error_codes.NOT_PROTECTED.code, message="it has no backup instance", hint=hint)
    row = replace(row, instance=instance.id)
    if health_of(instance) is not Health.CONFIGURED:
        hint = "see `reconciler status`: only a disk whose protection is configured can be backed up"
        return replace(
            row, code=error_codes.NOT_PROTECTED.code, message=f"its protection is {instance.state}", hint=hint
        )
    if today.get(instance.id.key, 0) >= A_DAY:
        message = f"{A_DAY} on-demand backups began today, and Azure accepts no more"
        return replace(
            row,
            code=error_codes.BACKUP_LIMIT.code,
            message=message,
            hint="try again tomorrow (UTC), or wait for the schedule",
        )
    return _ruled(targets, row, instance, asked.retention_rule)


def _ruled(targets: Targets, row: Backup, instance: Instance, wanted: str) -> Backup:
    """The backup with the rule names of the live policy; refused when it has no rule of that name."""
    policy = targets.estate.policies.get(instance.policy.key) if instance.policy else None
    found = pick(policy.body, "policyRules") if policy else None
    rules = [rule for rule in found if isinstance(rule, Mapping)] if isinstance(found, list) else []
    backups = _names(rules, "azurebackuprule")
    retentions = _names(rules, "azureretentionrule")
    if not backups:
        message = f"its policy {instance.policy.name if instance.policy else ''} has no backup rule that this version can read"
        return replace(
            row,
            code=error_codes.NO_BACKUP_RULE.code,
            message=message,
            hint="check the policy; `reconciler plan` compares it with the manifest",
        )
    chosen = next((name for name in retentions if lower(name) == lower(wanted)), "")
    if not chosen:
        message = f"its policy has no retention rule '{wanted}'"
        return replace(
            row,
            code=error_codes.NO_SUCH_RULE.code,
            message=message,
            hint=f"choose from {', '.join(retentions) or 'none'}",
        )
    return replace(row, status=READY, rule=backups[0], retention_rule=chosen)


def _names(rules: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    named = (text_at(rule, "name") for rule in rules if lower(text_at(rule, "objectType")) == kind)
    return [name for name in named if name]


async def _sent(
    azure: Azure, clock: Clock, requests: Requests, row: Backup, asked: Request, tell: Tell, slots: asyncio.Semaphore
) -> Backup:
    """The backup once its job has begun, or, with `wait`, once the job has ended."""
    try:
        async with slots:
            row = await _started(azure, clock, requests, row)
        tell(row)
        return await _followed(azure, clock, row, asked, tell) if asked.wait else row
    except ReconcilerError as error:
        advice = error.advice if isinstance(error, AzureError) else ()
        status = RUNNING if error.code == error_codes.STILL_IN_PROGRESS.code else FAILED
        failed = replace(
            row, status=status, code=error.code, message=error.message, hint=error.hint or " ".join(advice)
        )
        tell(failed)
        return failed


async def _started(azure: Azure, clock: Clock, requests: Requests, row: Backup) -> Backup:
    if row.instance is None:
        raise ValueError(row)
    before = clock.now()
    try:
        with about(_subject(row)):
            receipt = await requests.back_up(row.instance, row.rule, row.retention_rule)
    except (Transient, Unproven) as error:
        begun = await _begun_since(azure, clock, row.instance, before.timestamp()) if error.sent_unknown else None
        if begun is None:
            raise
        return replace(row, status=STARTED, job=begun, job_id=begun.id)
    ended = await finish(azure, receipt, deadline=clock.monotonic() + _BEGIN_SECONDS)
    name = pick(ended, "properties", "jobId") or pick(ended, "jobId")
    if isinstance(name, str) and name:
        return replace(row, status=STARTED, job_id=ArmId(name))
    begun = await _begun_since(azure, clock, row.instance, before.timestamp())
    return replace(row, status=STARTED, job=begun, job_id=begun.id if begun else None)


def _subject(row: Backup) -> Subject:
    after = {"rule": row.rule, "retention_rule": row.retention_rule}
    return Subject(addresses.disk(row.disk), "instance.backup", {}, after)


async def _begun_since(azure: Azure, clock: Clock, instance: ArmId, moment: float) -> Job | None:
    """The on-demand job that began since `moment`, for a request that may or may not have reached Azure."""
    until = clock.monotonic() + _LOST_SECONDS
    while clock.monotonic() < until:
        for job in await source.jobs_of(azure, [instance.parent]):
            if job.instance == instance and job.by_user and job.began and job.began.timestamp() >= moment - 1:
                return job
        await clock.sleep(_LOST_SECONDS / 8)
    return None


async def _followed(azure: Azure, clock: Clock, row: Backup, asked: Request, tell: Tell) -> Backup:
    if row.job_id is None:
        raise OperationFailed(
            "Azure accepted the backup, but shows no job for it yet.",
            code=error_codes.STILL_IN_PROGRESS,
            hint="wait until `reconciler jobs list PATH` shows it; don't start another one before",
        )

    def on_the_way(job: Job) -> None:
        tell(replace(row, job=job))

    first = await source.job(azure, row.job_id)
    (job,) = await jobs.waited(azure, clock, [first], deadline=asked.deadline, tell=on_the_way)
    if ended_well(job):
        done = replace(row, status=COMPLETED, job=job)
        tell(done)
        return done
    says = job.error or Told("", "")
    raise OperationFailed(
        says.message or f"The job ended as {job.status}, and {says.reason}.",
        code=says.code or error_codes.JOB_FAILED,
        advice=says.advice,
        hint="" if says.advice else f"see `reconciler jobs show PATH {job.id.name}`",
    )
