"""The status of backups as text, Markdown and data: one line for each disk."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.base.escape import code, markdown, plain
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.base.times import age
from reconciler.model.ids import ArmId
from reconciler.model.limits import MOST_SNAPSHOTS
from reconciler.model.results.status import DiskStatus, Status
from reconciler.model.states import BAD, STATES, UNKNOWN
from reconciler.report.caret import location
from reconciler.report.documents import Document, finding_document, head, place_document, stamp
from reconciler.report.markdown import cut
from reconciler.report.style import Style
from reconciler.report.tables import Table, table_markdown, table_text
from reconciler.report.terminal import findings_text

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


def summary(status: Status) -> str:
    """`Status: 48 ok, 1 late, 1 failing of 50 disks.`"""
    order = [state for state in reversed(tuple(STATES)) if status.count(state)]
    told = ", ".join(f"{status.count(state)} {state}" for state in order) or "nothing declared"
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


def _table(status: Status) -> Table:
    return Table("Backups, times in UTC", _HEADINGS, tuple(_cells(row, status.now) for row in status.rows))


def _troubles(status: Status) -> list[DiskStatus]:
    """What is not well, worst first."""
    order = list(STATES)
    rows = [row for row in status.rows if row.state in BAD | {UNKNOWN}]
    return sorted(rows, key=lambda row: order.index(row.state))


def status_text(status: Status, *, style: Style | None = None, root: str = "") -> str:
    """The table, then what is not well with its place in the manifest; `root` stands before names of files."""
    style = style or Style()
    lines = [table_text(_table(status))]
    troubles = _troubles(status)
    lines += [style.bold("Not well:")] if troubles else []
    for row in troubles:
        state = style.hint(row.state) if row.is_new else style.bad(row.state)
        lines.append(f"  {state} {plain(row.disk)}: {plain(row.note)}")
        lines.append(f"    --> {location(row.place, root)}")
    lines += [""] if troubles else []
    lines += findings_text(status.findings, style=style, root=root)
    lines += [f"Not looked at: {plain(one)}" for one in status.skipped]
    told = summary(status)
    lines.append(style.bold(told) if status.exit_code else style.good(told))
    return "\n".join(lines) + "\n"


def status_markdown(status: Status, *, root: str = "") -> str:
    """The same as Markdown, what is not well first."""
    parts = [f"## Status of {markdown(status.manifest)}\n\n**{summary(status)}**\n"]
    parts += [f"\nNot looked at: {markdown(one)}\n" for one in status.skipped]
    troubles = _troubles(status)
    parts += ["\n### Not well\n\n"] if troubles else []
    for row in troubles:
        place = code(location(row.place, root))
        parts.append(f"- {row.state} {code(row.disk)}: {markdown(row.note)} ({place})\n")
    parts += ["\n### Findings\n\n"] if status.findings else []
    parts += [f"- {code(one.code)} {code(one.address)}: {markdown(one.message)}\n" for one in status.findings]
    return cut([*parts, *table_markdown(_table(status)).splitlines(keepends=True)])


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def status_document(status: Status, *, tool_version: str) -> Document:
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
