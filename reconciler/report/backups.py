"""On-demand backups as text, Markdown and data: one line for each disk, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.escape import code, markdown, plain
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.results.backup import Backup
from reconciler.report.documents import Document, head
from reconciler.report.jobs import job_document
from reconciler.report.markdown import cut
from reconciler.report.style import Style
from reconciler.report.tables import Table, table_markdown, table_text

_HEADINGS = ("disk", "status", "retention rule", "recovery point", "job")


def _cells(row: Backup) -> tuple[str, ...]:
    return (
        row.disk.name,
        row.status,
        row.retention_rule or "-",
        row.job.point if row.job and row.job.point else "-",
        row.job_id.name if row.job_id else "-",
    )


def _table(rows: Sequence[Backup]) -> Table:
    return Table("Backups on demand", _HEADINGS, tuple(map(_cells, rows)))


def summary(rows: Sequence[Backup], *, dry_run: bool = False) -> str:
    """`Backup: 2 started, 1 refused of 3 disks.`"""
    statuses = sorted({row.status for row in rows})
    counts = ", ".join(f"{sum(row.status == one for row in rows)} {one}" for one in statuses) or "nothing declared"
    nothing = " Nothing was sent: this was a dry run." if dry_run else ""
    return f"Backup: {counts} of {counted(len(rows), 'disk')}.{nothing}"


def backups_text(rows: Sequence[Backup], *, style: Style | None = None, dry_run: bool = False) -> str:
    """The table, then what went wrong."""
    style = style or Style()
    lines = [table_text(_table(rows))] if rows else []
    bad = [row for row in rows if not row.ok]
    for row in bad:
        lines.append(f"{style.bad(row.status)} {plain(row.disk)}: {plain(row.message)} [{plain(row.code)}]")
        lines += [f"  hint: {plain(row.hint)}"] if row.hint else []
    told = summary(rows, dry_run=dry_run)
    lines += ["", style.bold(told)] if bad else [style.good(told) if rows else style.bold(told)]
    return "\n".join(lines) + "\n"


def backups_markdown(rows: Sequence[Backup], *, dry_run: bool = False) -> str:
    """The same as Markdown, what went wrong first."""
    parts = [f"## Backups on demand\n\n**{summary(rows, dry_run=dry_run)}**\n\n"]
    for row in rows:
        if not row.ok:
            hint = f" ({markdown(row.hint)})" if row.hint else ""
            parts.append(f"- {row.status} {code(row.disk.text)}: {markdown(row.message)} {code(row.code)}{hint}\n")
    return cut([*parts, *table_markdown(_table(rows)).splitlines(keepends=True)] if rows else parts)


def backups_document(rows: Sequence[Backup], *, tool_version: str, manifest: str, dry_run: bool = False) -> Document:
    """Every disk with its backup as data."""
    return {
        **head(tool_version, manifest),
        "dry_run": dry_run,
        "ok": bool(rows) and all(row.ok for row in rows),
        "backups": [
            {
                "disk": row.disk.text,
                "status": row.status,
                "instance": row.instance.text if row.instance else None,
                "backup_rule": row.rule or None,
                "retention_rule": row.retention_rule or None,
                "job_id": row.job_id.text if row.job_id else None,
                "job": job_document(row.job) if row.job else None,
                "code": row.code or None,
                "message": redact(row.message),
                "hint": redact(row.hint),
            }
            for row in rows
        ],
    }
