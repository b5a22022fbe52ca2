"""Jobs: searched in all vaults of a manifest or everywhere, filtered, shown, and waited for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from reconciler.azure import jobs as source
from reconciler.azure.connection import Azure
from reconciler.azure.reading import short_names
from reconciler.azure.reads import together
from reconciler.base.clock import Clock
from reconciler.model import addresses
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed, UsageError
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import Job, has_ended
from reconciler.model.manifest import Manifest
from reconciler.model.short_names import ShortNames, Typed

FIRST_SECONDS, MOST_SECONDS = 15.0, 60.0
Tell = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs to take: each given field must match one of its values; disks and vaults as people name them (`Typed`)."""

    statuses: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, job: Job) -> bool:
        """Whether the filter takes a job of the right disk and vault; one without a start time is in no span of time."""
        if (self.since or self.until) and job.began is None:
            return False
        return (
            _is_word(self.statuses, job.status)
            and _is_word(self.operations, job.operation)
            and (self.since is None or (job.began is not None and job.began >= self.since))
            and (self.until is None or (job.began is not None and job.began < self.until))
        )


def _is_word(words: Sequence[str], text: str) -> bool:
    return not words or lower(text) in map(lower, words)


async def found(
    azure: Azure, manifest: Manifest | None, wanted: Filter, note: Callable[[str], None] = lambda _: None
) -> list[Job]:
    """The jobs of the manifest's vaults, newest first; without a manifest, those of Resource Graph, which may lag.

    A declared vault that doesn't exist has none. `note` gets a sentence for each name that no job has; UsageError for a
    name that several disks or vaults share.
    """
    with azure.looking():
        names = await short_names(azure)
        chosen = _Chosen(names, note)
        if manifest is None:
            jobs = await source.jobs_everywhere(azure)
            vaults = chosen.vaults(wanted.vaults, {job.id.parent: job.id.parent.name for job in jobs})
            jobs = [job for job in jobs if job.id.parent in vaults]
        else:
            vaults = chosen.vaults(wanted.vaults, {one.id: one.name for one in manifest.vaults.values()})
            there = [one for one in await together(*(_if_there(azure, one) for one in vaults)) if one is not None]
            jobs = await source.jobs_of(azure, there)
        disks = chosen.disks(wanted.disks, {job.disk for job in jobs if job.disk})
        of_them = (job for job in jobs if not wanted.disks or job.disk in disks)
        return [_named(job, names) for job in of_them if wanted.takes(job)]


def _named(job: Job, names: ShortNames) -> Job:
    return replace(job, disk_name=names.of(job.disk)) if job.disk else job


class _Chosen(NamedTuple):
    """What the command line names; UsageError for a name that several share, and a note for one that nothing has."""

    names: ShortNames
    note: Callable[[str], None]

    def vaults(self, said: Sequence[str], known: Mapping[ArmId, str]) -> list[ArmId]:
        """Those that are named, else all."""
        found = {one for text in said for one in self._one("--vault", Typed(text, self.names), known)}
        return sorted(found if said else known)

    def disks(self, said: Sequence[str], known: Collection[ArmId]) -> set[ArmId]:
        """Those that are named."""
        return {one for text in said for one in self._one("--disk", Typed(text, self.names), known)}

    def _one(self, option: str, typed: Typed, known: Collection[ArmId]) -> Sequence[ArmId]:
        found = typed.vaults(known) if isinstance(known, Mapping) else typed.disks(known)
        if typed.is_ambiguous(found):
            raise UsageError(
                f"{option} '{typed.text}' matches {len(found)}: {self.names.listed(sorted(found))}",
                hint="type more of the name, or a pattern such as `*` for all of them",
            )
        if not found and option == "--disk" and typed.of_no_disk:
            raise UsageError(f"--disk '{typed.text}' names no disk", hint=typed.of_no_disk)
        if not found:
            near = typed.near(map(addresses.disk, known)) if option == "--disk" else ""
            self.note(f"{option} '{typed.text}': no job is of anything of that name{near and f'; {near}'}")
        return found


async def _if_there(azure: Azure, vault: ArmId) -> ArmId | None:
    try:
        await azure.get(vault)
    except NotFound:
        return None
    return vault


async def shown(azure: Azure, manifest: Manifest, names: Iterable[str]) -> list[Job]:
    """Jobs in full, by id, or by name in any vault of the manifest; UsageError for one that doesn't exist."""
    short = await short_names(azure)
    return [_named(job, short) for job in await together(*(_one(azure, manifest, name) for name in names))]


async def _one(azure: Azure, manifest: Manifest, name: str) -> Job:
    places = [ArmId(name)] if name.startswith("/") else [
        ArmId(f"{vault.id}/backupJobs/{name}") for vault in manifest.vaults.values()
    ]  # fmt: skip
    for place in places:
        try:
            job = await source.job(azure, place)
        except NotFound:
            continue
        if source.is_of_disk(job):
            return job
    raise UsageError(
        f"There is no job {name} of a disk in any vault of the manifest.",
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
                hint="wait again, with a longer `--timeout`: Azure continues on its own",
            )
        await clock.sleep(seconds)
        seconds = min(seconds * 1.5, MOST_SECONDS)
        fresh = await source.job(azure, job.id)
        job = replace(fresh, disk=fresh.disk or job.disk, disk_name=job.disk_name)
