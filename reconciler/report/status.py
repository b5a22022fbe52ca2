"""The status of backups as a listing and data: one line for each disk, or counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from reconciler.base.durations import age
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.ids import lower
from reconciler.model.limits import MOST_SNAPSHOTS
from reconciler.model.results.status import (
    BAD,
    HALTED,
    LATE,
    OK,
    STATES,
    UNKNOWN,
    WAITING,
    BackupStatus,
    DiskStatus,
)
from reconciler.model.short_names import apart
from reconciler.report.columns import NAMED, Cell, Heading, Table, cells, none, unknown
from reconciler.report.documents import Document, finding_document, head, place_document, stamp
from reconciler.report.listing import Item, Listing

COLUMNS = (
    Heading("state", "what is right or wrong with the backups of the disk", is_state=True),
    Heading("disk", f"the disk, {NAMED}", tells_apart=1, is_name=True),
    Heading("age", "how old its newest recovery point is", is_number=True),
    Heading("promised", "how old that may be, by the schedule of the policy", drops=1, is_number=True),
    Heading("policy", "the policy, by its name in the manifest if it was made from that", drops=2),
    Heading("newest", "when its newest recovery point was made", drops=3),
    Heading("vault", "the vault that it is backed up to", drops=4),
    Heading("last job", "how the last backup went, and when it began", drops=5),
    Heading("protection", "what Azure says of its backup instance", drops=6),
    Heading("last drill", "how long ago a drill has restored it", drops=7),
    Heading("snapshots", "how many snapshots it has, of those that Azure allows", drops=8),
    Heading("group", "the resource group of the disk", drops=9),
    Heading("subscription", "the subscription of the disk, by its name or else its id", drops=10),
)
"""What `status` shows of each disk."""

_TONES = {
    **dict.fromkeys(BAD, "bad"), LATE: "warn", UNKNOWN: "doubt", WAITING: "busy", HALTED: "idle", OK: "good",
}  # fmt: skip
_RANKS = {state: rank for rank, state in enumerate(STATES)}


def _summary(status: BackupStatus) -> str:
    """The summary: `Status: 48 ok, 1 late, 1 failing of 50 disks.`"""
    told = ", ".join(f"{count} {state}" for state, count in reversed(status.counts.items())) or "nothing declared"
    return f"Status: {told} of {counted(len(status.rows), 'disk')}."


def _policy(row: DiskStatus, status: BackupStatus) -> str:
    return status.policies.get(lower(row.policy), row.policy)


def _cells(row: DiskStatus, shown: str, status: BackupStatus) -> tuple[Cell, ...]:
    names, now = status.names, status.now

    def absent(field: str, text: str = "-") -> Cell:
        return unknown() if field in row.untold else none(text)

    return cells(
        Cell(row.state, _RANKS[row.state], _TONES[row.state]),
        shown,
        Cell(age(row.age), row.age) if row.age is not None else absent("newest"),
        Cell(age(row.promise), row.promise) if row.promise is not None else absent("promise"),
        _policy(row, status) or absent("policy"),
        f"{row.newest:%Y-%m-%d %H:%M}" if row.newest else absent("newest"),
        row.vault.name if row.vault else none(),
        Cell(f"{row.job} {row.job_began:%Y-%m-%d %H:%M}", row.job_began) if row.job_began else absent("job"),
        row.protection or absent("protection", "none"),
        _drill(row, now) or absent("proven", "never"),
        unknown() if row.snapshots is None else Cell(f"{row.snapshots} of {MOST_SNAPSHOTS}", row.snapshots),
        names.own_group(row.disk),
        names.subscription(row.disk.subscription),
    )


def _drill(row: DiskStatus, now: datetime) -> Cell | None:
    """How long ago a drill has restored it, or failed to; None: no drill did."""
    if row.drill_failed:
        return Cell(f"failed {age(now - row.drill_failed)} ago", now - row.drill_failed, _TONES["failing"])
    return Cell(f"{age(now - row.proven)} ago", now - row.proven) if row.proven else None


def status_listing(status: BackupStatus) -> Listing:
    """The table, worst first, and the disks that aren't well, with their place in the manifest."""
    ordered = sorted(status.rows, key=lambda row: _RANKS[row.state])
    items = [
        Item(status.names.of(row.disk), row.note, row.state, place=row.place, is_bad=not row.is_new)
        for row in ordered
        if row.state in BAD | {UNKNOWN}
    ]
    shown = apart({row.disk.key: status.names.of(row.disk) for row in ordered})
    rows = tuple(_cells(row, shown[row.disk.key], status) for row in ordered)
    table = Table("", COLUMNS, rows, "Times in UTC.", is_asked=True)
    return Listing(
        f"Status of {status.manifest}",
        _summary(status),
        (table,) if ordered else (),
        {"Not well": items},
        status.findings,
        status.skipped,
        is_well=not status.exit_code,
        names=status.names,
    )


def status_counts(status: BackupStatus) -> Listing:
    """How many disks are in which state, by vault and policy, and how many findings there are."""
    places: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in status.rows:
        places[one.vault.name if one.vault else "", _policy(one, status)][one.state] += 1
    columns = (Heading("policy", is_name=True), *(Heading(name, is_number=True) for name in ("disks", *status.counts)))
    rows = [_counted("/".join(place), counts, status) for place, counts in sorted(places.items())]
    if len(rows) > 1:
        rows.append(_counted("all", Counter(status.counts), status))
    findings = Counter(one.code for one in status.findings)
    told = ", ".join(f"{count} {code}" for code, count in sorted(findings.items()))
    table = Table("", columns, tuple(rows), f"Findings: {told}." if told else "")
    return Listing(
        f"Status of {status.manifest}",
        _summary(status),
        (table,) if rows else (),
        skipped=status.skipped,
        is_well=not status.exit_code,
    )


def _counted(place: str, counts: Counter[str], status: BackupStatus) -> tuple[Cell, ...]:
    states = (
        Cell(str(counts[state]), tone=_TONES[state] if state != OK else "") if counts[state] else none("0")
        for state in status.counts
    )
    return cells(place.strip("/") or none(), str(counts.total()), *states)


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def status_document(status: BackupStatus) -> Document:
    """Every disk with times in UTC and ages in whole seconds."""
    return {
        **head(status.manifest),
        "now": stamp(status.now),
        "exit_code": status.exit_code,
        "summary": {"disks": len(status.rows), **{state: status.count(state) for state in STATES}},
        "disks": [
            {
                "disk": row.disk.text,
                "name": status.names.of(row.disk),
                "state": row.state,
                "note": redact(row.note),
                "protection": row.protection,
                "policy": row.policy,
                "vault": row.vault.text if row.vault else None,
                "newest_recovery_point": stamp(row.newest),
                "age_seconds": _seconds(row.age),
                "promised_seconds": _seconds(row.promise),
                "last_job": row.job,
                "last_job_began": stamp(row.job_began),
                "jobs_known": row.jobs_known,
                "last_proven": stamp(row.proven),
                **({"drill_failed": stamp(row.drill_failed)} if row.drill_failed else {}),
                "snapshots": row.snapshots,
                "place": place_document(row.place),
            }
            for row in status.rows
        ],
        "findings": [finding_document(finding, status.names) for finding in status.findings],
        "skipped": list(status.skipped),
    }
