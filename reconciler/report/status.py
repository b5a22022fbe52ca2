"""The status of backups as a listing and data: one line for each disk."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.base.times import age
from reconciler.model.ids import ArmId
from reconciler.model.limits import MOST_SNAPSHOTS
from reconciler.model.results.status import BackupStatus, DiskStatus
from reconciler.model.states import BAD, STATES, UNKNOWN
from reconciler.report.documents import Document, finding_document, head, place_document, stamp
from reconciler.report.listing import Item, Listing, Table

_HEADINGS = (
    "disk",
    "state",
    "protection",
    "policy",
    "newest",
    "age",
    "promised",
    "last job",
    "last drill",
    "snapshots",
)


def _summary(status: BackupStatus) -> str:
    """The summary: `Status: 48 ok, 1 late, 1 failing of 50 disks.`"""
    told = ", ".join(f"{count} {state}" for state, count in reversed(status.counts.items())) or "nothing declared"
    return f"Status: {told} of {counted(len(status.rows), 'disk')}."


def _cells(row: DiskStatus, now: datetime) -> tuple[str, ...]:
    return (
        ArmId(row.disk).name,
        row.state,
        row.protection or "none",
        row.policy or "-",
        f"{row.newest:%Y-%m-%d %H:%M}" if row.newest else "-",
        age(row.age) if row.age is not None else "-",
        age(row.promise) if row.promise is not None else "-",
        f"{row.job} {row.job_began:%Y-%m-%d %H:%M}" if row.job_began else "-",
        f"{age(now - row.proven)} ago" if row.proven else "never",
        "-" if row.snapshots is None else f"{row.snapshots} of {MOST_SNAPSHOTS}",
    )


def status_listing(status: BackupStatus) -> Listing:
    """The table, and the disks that aren't well, worst first, with their place in the manifest."""
    troubles = [row for state in STATES if state in BAD | {UNKNOWN} for row in status.rows if row.state == state]
    items = [Item(row.disk, row.note, row.state, place=row.place, is_bad=not row.is_new) for row in troubles]
    rows = tuple(_cells(row, status.now) for row in status.rows)
    return Listing(
        f"Status of {status.manifest}",
        _summary(status),
        (Table("Backups, times in UTC", _HEADINGS, rows),) if rows else (),
        {"Not well": items},
        status.findings,
        status.skipped,
        is_well=not status.exit_code,
    )


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def status_document(status: BackupStatus, *, tool_version: str) -> Document:
    """Every disk with times in UTC and ages in whole seconds."""
    return {
        **head(tool_version, status.manifest),
        "now": stamp(status.now),
        "exit_code": status.exit_code,
        "summary": {"disks": len(status.rows), **{state: status.count(state) for state in STATES}},
        "disks": [
            {
                "disk": row.disk,
                "state": row.state,
                "note": redact(row.note),
                "protection": row.protection,
                "policy": row.policy,
                "newest_recovery_point": stamp(row.newest),
                "age_seconds": _seconds(row.age),
                "promised_seconds": _seconds(row.promise),
                "last_job": row.job,
                "last_job_began": stamp(row.job_began),
                "last_proven": stamp(row.proven),
                "snapshots": row.snapshots,
                "place": place_document(row.place),
            }
            for row in status.rows
        ],
        "findings": [finding_document(finding) for finding in status.findings],
        "skipped": list(status.skipped),
    }
