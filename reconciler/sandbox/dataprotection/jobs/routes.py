"""Backup jobs: a single one in full, and a list that shows less of each (recorded traffic)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.errors import refusal
from reconciler.sandbox.dataprotection.jobs import bodies as job_bodies
from reconciler.sandbox.dataprotection.namespace import JOBS, VAULT, provider, the, vault_id
from reconciler.sandbox.dataprotection.recovery_points import bodies as point_bodies
from reconciler.sandbox.graph.queries import shows
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, adopted

KIND = job_bodies.KIND
A_DAY = 10
_READ = f"{KIND}/read"
_RETRY_AFTER = 30
_IN_GRAPH = 14 * 86400.0


@adopted(JOBS)
def adopt(_world: World, _address: str, record: Record) -> None:
    """A job of an estate file, or made by hand: when it began."""
    started = (record.get("properties") or {}).get("startTime")
    if started:
        record["_began"] = datetime.fromisoformat(started).timestamp()


@shows(JOBS)
def in_graph(world: World, job: Record) -> Record | None:
    """A job as Resource Graph shows it, which keeps jobs for 14 days (Azure Backup's own docs)."""
    return public(job) if job.get("_began", world.timestamp) > world.timestamp - _IN_GRAPH else None


def begin(
    world: World, instance: Record, name: str, *, tag: str = "", by_user: bool, restore: Record | None = None
) -> Record:
    """Store the job of a backup, or of a restore, that begins now."""
    facts = point_bodies.facts(world, instance)
    job = job_bodies.begun(world, facts, name, tag=tag, by_user=by_user, began=world.timestamp, restore=restore)
    return world.store(job["id"], job)


def check_today(world: World, instance: Record, what: str) -> None:
    """400 when an instance has had its ten on-demand backups, or restores, of the day (Azure's support matrix for disks)."""
    if world.count(instance["id"], f"{what} of {world.now:%Y-%m-%d}") > A_DAY:
        raise refusal(
            400, "UserErrorMaxConcurrentOperationLimitReached", f"A backup instance takes {A_DAY} {what} a day."
        )


def answer(
    world: World, request: Request, vault: Record, job: Record, *, begins: float, lasts: float, ends: str, **data: Any
) -> Response:
    """202 for a job that was asked for: its operation ends when it begins, the event `ends` happens when it is over.

    Both in seconds from now; the event gets the job's id and `data`.
    """
    world.after(lasts, ends, job=job["id"], **data)
    links = operations.at_vault(vault, retry_after=_RETRY_AFTER)
    headers = operations.start(world, request, data["instance"], links, seconds=begins, then="job_began", job=job["id"])
    return Response(202, None, headers)


@operations.completion
def job_began(world: World, **data: Any) -> dict[str, Any]:
    """The operation ends as soon as the job has begun, and names it."""
    del world
    return {"jobId": data["job"], **operations.JOB_INFO}


def end(world: World, job: Record, *, error: dict[str, Any] | None = None, point: Record | None = None) -> None:
    """Let a job end now, well with its recovery point or badly with an error."""
    job_bodies.ended(world, job, world.timestamp, error=error, point=point["name"] if point else "")


@provider.route("GET", f"{VAULT}/backupJobs/{{job}}", _READ)
def get(world: World, _request: Request, **ids: str) -> Response:
    """One job in full."""
    return Response(200, public(the(world, f"{vault_id(ids)}/backupJobs/{ids['job']}")))


@provider.route("GET", f"{VAULT}/backupJobs", _READ)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The jobs of a vault: without extended info, durations as hh:mm:ss."""

    def row(job: Record) -> dict[str, Any]:
        body = public(job)
        seconds = _until(world, body["properties"].get("endTime")) - job.get("_began", world.timestamp)
        short = {"extendedInfo": None, "duration": _clock(max(0.0, seconds))}
        return {**body, "properties": {**body["properties"], **short}}

    return page(world, request, world.table(JOBS), lower(vault_id(ids)), size=200, render=row)


def _until(world: World, end_time: str | None) -> float:
    if not end_time or end_time.startswith("0001-"):
        return world.timestamp
    return datetime.fromisoformat(end_time[:26] + "+00:00").timestamp()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02}:{minutes:02}:{rest:010.7f}"
