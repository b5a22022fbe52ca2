"""Jobs as a listing and data: one line for each, and for failed ones the reason and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.base.plurals import counted, duration
from reconciler.base.redaction import redact
from reconciler.model.errors import Told
from reconciler.model.jobs import Job, has_ended
from reconciler.model.short_names import apart
from reconciler.report.columns import NAMED, Cell, Heading, Table, cells, none, unknown
from reconciler.report.documents import Document, head, stamp
from reconciler.report.listing import Item, Listing

COLUMNS = (
    Heading("status", "how it stands or has ended, in Azure's words", is_state=True),
    Heading("began", "when it began", tells_apart=2),
    Heading("disk", f"the disk, {NAMED}", tells_apart=1, is_name=True),
    Heading("operation", "what it does: a backup, by schedule or on demand, or a restore", tells_apart=3, drops=1),
    Heading("took", "how long it took", drops=2, is_number=True),
    Heading("job", "its name, which `jobs show` takes", tells_apart=6, drops=4),
    Heading("vault", "its vault", tells_apart=5, drops=3),
    Heading("retention rule", "the rule that says how long its recovery point is kept", tells_apart=4, drops=5),
)
"""What `jobs` shows of each job."""

_TONES = {
    "completed": "good",
    "completedwithwarnings": "warn",
    "failed": "bad",
    "inprogress": "busy",
    **dict.fromkeys(("cancelled", "canceled", "cancelling"), "idle"),
}

_LONGEST = 30 * 24 * 3600
"""In seconds: no backup and no restore of a disk takes longer, so that a longer one is a mistake of its times."""


def _took(job: Job) -> Cell:
    took = (job.ended - job.began).total_seconds() if job.began and job.ended else -1
    return Cell(duration(took), took) if 0 <= took <= _LONGEST else none()


def _cells(job: Job, shown: Mapping[str, str], form: str) -> tuple[Cell, ...]:
    asked = " (on demand)" if job.by_user and job.operation.lower() != "restore" else ""
    return cells(
        Cell(job.status, tone=_TONES.get(job.status.lower(), "doubt")),
        job.began.strftime(form) if job.began else unknown(),
        shown[job.disk.key] if job.disk else unknown(),
        f"{job.operation}{asked}",
        _took(job),
        job.id.name,
        job.id.parent.name,
        job.tag or none(),
    )


def _table(jobs: Sequence[Job]) -> Table:
    shown = apart({job.disk.key: job.disk_name or job.disk.name for job in jobs if job.disk})
    minutes = Counter((job.disk, job.began.replace(second=0, microsecond=0)) for job in jobs if job.began)
    form = "%Y-%m-%d %H:%M:%S" if any(count > 1 for count in minutes.values()) else "%Y-%m-%d %H:%M"
    return Table("", COLUMNS, tuple(_cells(job, shown, form) for job in jobs), "Times in UTC.", is_asked=True)


def _summary(jobs: Sequence[Job]) -> str:
    """The summary: `3 jobs: 2 Completed, 1 Failed.`"""
    counts = Counter(job.status for job in jobs)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"{counted(len(jobs), 'job')}{f': {told}' if told else ''}."


def _failure(job: Job, says: Told) -> Item:
    details = (("code", says.code), *(("hint", advice) for advice in says.advice))
    return Item(f"{job.id.name} {job.disk_name}".rstrip(), says.message, "failed", details=details)


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
        "name": job.disk_name if job.disk else None,
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


def jobs_document(jobs: Sequence[Job], *, manifest: str | None) -> Document:
    """All jobs as data; `manifest` None: they are from Resource Graph."""
    return {**head(manifest), "jobs": [job_document(job) for job in jobs]}
