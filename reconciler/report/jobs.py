"""Jobs as text, Markdown and data: one line for each, and of those that failed why and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.escape import code, markdown, plain
from reconciler.base.plurals import counted, duration
from reconciler.base.redaction import redact
from reconciler.model.errors import Told
from reconciler.model.jobs import Job, has_ended
from reconciler.report.documents import Document, head, stamp
from reconciler.report.markdown import cut
from reconciler.report.style import Style
from reconciler.report.tables import Table, table_markdown, table_text

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


def summary(jobs: Sequence[Job]) -> str:
    """`3 jobs: 2 Completed, 1 Failed.`"""
    statuses = sorted({job.status for job in jobs})
    counts = ", ".join(f"{sum(job.status == one for job in jobs)} {plain(one)}" for one in statuses)
    return f"{counted(len(jobs), 'job')}{f': {counts}' if counts else ''}."


def _troubles(jobs: Sequence[Job]) -> list[tuple[Job, Told]]:
    return [(job, job.error) for job in jobs if job.error]


def jobs_text(jobs: Sequence[Job], *, style: Style | None = None) -> str:
    """The table, then why jobs failed."""
    style = style or Style()
    lines = [table_text(_table(jobs))] if jobs else []
    for job, says in _troubles(jobs):
        lines.append(f"{style.bad('failed')} {plain(job.id.name)} {plain(job.disk or '')}: {plain(says.message)}")
        lines.append(f"  code: {plain(says.code)}")
        lines += [f"  hint: {plain(advice)}" for advice in says.advice]
    lines += [""] if _troubles(jobs) else []
    lines.append(summary(jobs))
    return "\n".join(lines) + "\n"


def jobs_markdown(jobs: Sequence[Job]) -> str:
    """The same as Markdown, failures first."""
    parts = [f"## Jobs\n\n**{markdown(summary(jobs))}**\n"]
    parts += ["\n### Failed\n\n"] if _troubles(jobs) else []
    for job, says in _troubles(jobs):
        parts.append(
            f"- {code(job.id.name)} {code(str(job.disk or ''))}: {markdown(says.message)} ({code(says.code)})\n"
        )
        parts += [f"  - {markdown(advice)}\n" for advice in says.advice]
    return cut([*parts, *table_markdown(_table(jobs)).splitlines(keepends=True)] if jobs else parts)


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
    """All jobs as data; `manifest` None: they are those of Resource Graph."""
    return {**head(tool_version, manifest), "jobs": [job_document(job) for job in jobs]}
