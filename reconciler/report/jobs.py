"""Jobs as a listing and data: one line for each, and for failed ones the reason and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.base.plurals import counted, duration
from reconciler.base.redaction import redact
from reconciler.model.errors import Told
from reconciler.model.jobs import Job, has_ended
from reconciler.report.documents import Document, head, stamp
from reconciler.report.listing import Item, Listing, Table

_HEADINGS = ("began", "disk", "operation", "status", "took", "retention rule", "vault", "job")


def _took(job: Job) -> str:
    if not (job.began and job.ended):
        return "-"
    return duration((job.ended - job.began).total_seconds())


def _cells(job: Job) -> tuple[str, ...]:
    asked = " (on demand)" if job.by_user and job.operation.lower() != "restore" else ""
    return (
        f"{job.began:%Y-%m-%d %H:%M}" if job.began else "-",
        job.disk.name if job.disk else "-",
        f"{job.operation}{asked}",
        job.status,
        _took(job),
        job.tag or "-",
        job.id.parent.name,
        job.id.name,
    )


def _table(jobs: Sequence[Job]) -> Table:
    rows = [_cells(job) for job in jobs]
    kept = [at for at, name in enumerate(_HEADINGS) if name != "retention rule" or any(job.tag for job in jobs)]
    return Table(
        "Jobs, times in UTC",
        tuple(_HEADINGS[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in rows),
    )


def _summary(jobs: Sequence[Job]) -> str:
    """The summary: `3 jobs: 2 Completed, 1 Failed.`"""
    counts = Counter(job.status for job in jobs)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"{counted(len(jobs), 'job')}{f': {told}' if told else ''}."


def _failure(job: Job, says: Told) -> Item:
    details = (("code", says.code), *(("hint", advice) for advice in says.advice))
    return Item(f"{job.id.name} {job.disk or ''}".rstrip(), says.message, "failed", details=details)


def jobs_listing(jobs: Sequence[Job]) -> Listing:
    """The table, and why jobs failed."""
    failures = [_failure(job, job.error) for job in jobs if job.error]
    return Listing("Jobs", _summary(jobs), (_table(jobs),) if jobs else (), {"": failures})


def job_document(job: Job) -> Document:
    """One job as data."""
    says = job.error
    error = {"code": says.code, "message": redact(says.message), "advice": list(says.advice)} if says else None
    return {
        "id": job.id.text,
        "vault": job.id.parent.text,
        "disk": job.disk.text if job.disk else None,
        "instance": job.instance.text if job.instance else None,
        "policy": job.policy,
        "operation": job.operation,
        "on_demand": job.by_user,
        "status": job.status,
        "ended_yet": has_ended(job),
        "began": stamp(job.began),
        "ended": stamp(job.ended),
        "retention_rule": job.tag or None,
        "recovery_point": job.point or None,
        "error": error,
    }


def jobs_document(jobs: Sequence[Job], *, tool_version: str, manifest: str | None) -> Document:
    """All jobs as data; `manifest` None: they are from Resource Graph."""
    return {**head(tool_version, manifest), "jobs": [job_document(job) for job in jobs]}
