"""On-demand backups as a listing and data: one line for each disk, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.results.backup import Backup
from reconciler.report.documents import Document, head
from reconciler.report.jobs import job_document
from reconciler.report.listing import Item, Listing, Table

_HEADINGS = ("disk", "status", "retention rule", "recovery point", "job")


def _cells(row: Backup) -> tuple[str, ...]:
    return (
        row.disk.name,
        row.status,
        row.retention_rule or "-",
        row.job.point if row.job and row.job.point else "-",
        row.job_id.name if row.job_id else "-",
    )


def _trouble(row: Backup) -> Item:
    details = (("hint", row.hint),) if row.hint else ()
    return Item(row.disk.text, f"{row.message} [{row.code}]", row.status, details=details)


def _summary(rows: Sequence[Backup], *, dry_run: bool) -> str:
    """The summary: `Backup: 2 started, 1 refused of 3 disks.`"""
    counts = Counter(row.status for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing declared"
    nothing = " Nothing was sent: this was a dry run." if dry_run else ""
    return f"Backup: {told} of {counted(len(rows), 'disk')}.{nothing}"


def backups_listing(rows: Sequence[Backup], *, dry_run: bool = False) -> Listing:
    """The table, and what went wrong."""
    table = Table("Backups on demand", _HEADINGS, tuple(map(_cells, rows)))
    troubles = [_trouble(row) for row in rows if not row.ok]
    return Listing(
        "Backups on demand",
        _summary(rows, dry_run=dry_run),
        (table,) if rows else (),
        {"": troubles},
        is_well=bool(rows) and not troubles,
    )


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
