"""On-demand backups as a listing and data: one line for each disk, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.results.backup import COMPLETED, FAILED, READY, REFUSED, RUNNING, STARTED, Backup
from reconciler.model.short_names import apart
from reconciler.report.columns import Cell, Heading, Table, cells, none
from reconciler.report.documents import Document, head
from reconciler.report.jobs import job_document
from reconciler.report.listing import Item, Listing

_COLUMNS = (
    Heading("status", is_state=True),
    Heading("disk", tells_apart=1, is_name=True),
    Heading("retention rule", drops=2),
    Heading("job", drops=1),
    Heading("recovery point", drops=3),
)
_TONES = {FAILED: "bad", REFUSED: "bad", RUNNING: "busy", READY: "busy", STARTED: "busy", COMPLETED: "good"}
_RANKS = {status: rank for rank, status in enumerate(_TONES)}


def _cells(row: Backup, shown: Mapping[str, str]) -> tuple[Cell, ...]:
    return cells(
        Cell(row.status, tone=_TONES[row.status]),
        shown[row.disk.key],
        row.retention_rule or none(),
        row.job_id.name if row.job_id else none(),
        row.job.point if row.job and row.job.point else none(),
    )


def _trouble(row: Backup) -> Item:
    details = (("hint", row.hint),) if row.hint else ()
    return Item(row.name or row.disk.text, f"{row.message} [{row.code}]", row.status, details=details)


def _summary(rows: Sequence[Backup], *, dry_run: bool) -> str:
    """The summary: `Backup: 2 started, 1 refused of 3 disks.`"""
    counts = Counter(row.status for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing declared"
    nothing = " Nothing was sent: this was a dry run." if dry_run else ""
    return f"Backup: {told} of {counted(len(rows), 'disk')}.{nothing}"


def backups_listing(rows: Sequence[Backup], *, dry_run: bool = False) -> Listing:
    """The table, and what went wrong."""
    shown = apart({row.disk.key: row.name or row.disk.name for row in rows})
    ordered = sorted(rows, key=lambda row: _RANKS[row.status])
    table = Table("", _COLUMNS, tuple(_cells(row, shown) for row in ordered))
    troubles = [_trouble(row) for row in rows if not row.ok]
    return Listing(
        "Backups on demand",
        _summary(rows, dry_run=dry_run),
        (table,) if rows else (),
        {"": troubles},
        is_well=bool(rows) and not troubles,
    )


def backups_document(rows: Sequence[Backup], *, manifest: str, dry_run: bool = False) -> Document:
    """Every disk with its backup as data."""
    return {
        **head(manifest),
        "dry_run": dry_run,
        "ok": bool(rows) and all(row.ok for row in rows),
        "backups": [
            {
                "disk": row.disk.text,
                "name": row.name,
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
