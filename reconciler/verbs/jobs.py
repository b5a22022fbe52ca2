"""Jobs: searched in all vaults of a manifest or everywhere, filtered, shown, and waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.azure import jobs as source
from reconciler.azure.connection import Azure
from reconciler.azure.reads import together
from reconciler.base.clock import Clock
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed, UsageError
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import Job, has_ended
from reconciler.model.manifest import Manifest
from reconciler.planning.selection import glob

FIRST_SECONDS, MOST_SECONDS = 15.0, 60.0
Tell = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs: every given field has to match, with one of its words; disks and vaults by name or id, with `*`."""

    statuses: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, job: Job) -> bool:
        """Whether the filter takes a job; one without a start time is in no span of time."""
        if (self.since or self.until) and job.began is None:
            return False
        return (
            _is_word(self.statuses, job.status)
            and _is_word(self.operations, job.operation)
            and _is_named(self.disks, job.disk)
            and _is_named(self.vaults, job.id.parent)
            and (self.since is None or (job.began is not None and job.began >= self.since))
            and (self.until is None or (job.began is not None and job.began < self.until))
        )


def _is_word(words: Sequence[str], text: str) -> bool:
    return not words or lower(text) in map(lower, words)


def _is_named(patterns: Sequence[str], address: ArmId | None) -> bool:
    if not patterns:
        return True
    if address is None:
        return False
    return any(
        glob(text.rstrip("/")).match(address.key if text.startswith("/") else lower(address.name)) for text in patterns
    )


async def found(azure: Azure, manifest: Manifest | None, wanted: Filter) -> list[Job]:
    """The jobs of the manifest's vaults, newest first; without a manifest, those of Resource Graph, which may lag.

    A declared vault that doesn't exist has none. Failed jobs are read in full, with the reason.
    """
    with azure.looking():
        if manifest is None:
            return [job for job in await source.jobs_everywhere(azure) if wanted.takes(job)]
        vaults = [vault.id for vault in manifest.vaults.values() if _is_named(wanted.vaults, vault.id)]
        there = [one for one in await together(*(_if_there(azure, vault) for vault in vaults)) if one is not None]
        return [job for job in await source.jobs_of(azure, there) if wanted.takes(job)]


async def _if_there(azure: Azure, vault: ArmId) -> ArmId | None:
    try:
        await azure.get(vault)
    except NotFound:
        return None
    return vault


async def shown(azure: Azure, manifest: Manifest, names: Iterable[str]) -> list[Job]:
    """Jobs in full, by id, or by name in any vault of the manifest; UsageError for one that doesn't exist."""
    return list(await together(*(_one(azure, manifest, name) for name in names)))


async def _one(azure: Azure, manifest: Manifest, name: str) -> Job:
    places = [ArmId(name)] if name.startswith("/") else [
        ArmId(f"{vault.id}/backupJobs/{name}") for vault in manifest.vaults.values()
    ]  # fmt: skip
    for place in places:
        try:
            return await source.job(azure, place)
        except NotFound:
            continue
    raise UsageError(
        f"There is no job {name} in any vault of the manifest.",
        hint="see `reconciler jobs list PATH` for those of the last week, or give the id of another vault's job",
        code=error_codes.NO_SUCH_JOB,
    )


async def waited(azure: Azure, clock: Clock, jobs: Iterable[Job], *, deadline: float, tell: Tell) -> list[Job]:
    """The jobs once they have ended, well or badly; `tell` gets every reading. OperationFailed at the deadline (monotonic)."""
    return list(await together(*(_ended(azure, clock, one, deadline, tell) for one in jobs)))


async def _ended(azure: Azure, clock: Clock, job: Job, deadline: float, tell: Tell) -> Job:
    seconds = FIRST_SECONDS
    while True:
        tell(job)
        if has_ended(job):
            return job
        if clock.monotonic() + seconds > deadline:
            raise OperationFailed(
                f"The job {job.id.name} was still {job.status or 'running'} at the deadline.",
                code=error_codes.STILL_IN_PROGRESS,
                hint="Wait again, with a longer `--timeout`: Azure continues on its own.",
            )
        await clock.sleep(seconds)
        seconds = min(seconds * 1.5, MOST_SECONDS)
        fresh = await source.job(azure, job.id)
        job = replace(fresh, disk=fresh.disk or job.disk)
