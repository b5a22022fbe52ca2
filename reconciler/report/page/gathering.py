"""Gathers the data of the page: a plan, a status, a coverage, and the outcome of an apply before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.model.findings import Finding
from reconciler.model.ids import lower
from reconciler.model.plan import Plan
from reconciler.model.results import status as telling
from reconciler.model.results.coverage import COVERED, EXCLUDED, UNCOVERED, UNKNOWN, Coverage, Covered
from reconciler.model.results.outcome import Outcome
from reconciler.model.results.status import BackupStatus, DiskStatus
from reconciler.model.short_names import ShortNames
from reconciler.report.page.model import BAD, GOOD, LATE, LEFT_OUT, NEW, OPEN, DiskRow, Page

_COVERED = {COVERED: GOOD, EXCLUDED: LEFT_OUT, UNCOVERED: OPEN, UNKNOWN: LATE}
_STATUS = {
    telling.OK: GOOD,
    telling.WAITING: GOOD,
    telling.HALTED: LEFT_OUT,
    telling.LATE: LATE,
    telling.UNKNOWN: LATE,
    telling.FAILING: BAD,
    telling.GONE: BAD,
    telling.UNPROTECTED: BAD,
}
"""Unknown counts as late, so that no disk is called covered unless it is known to be."""


def gathered(
    plan: Plan,
    status: BackupStatus,
    coverage: Coverage,
    *,
    made: datetime,
    version: str,
    root: str = "",
    outcome: Outcome | None = None,
) -> Page:
    """The page of one estate, with the `outcome` of an apply, if any; findings of several looks are shown once."""
    own = (*_findings(outcome), *plan.findings, *status.findings)
    known = {(one.code, lower(one.address)) for one in own}
    told = {row.disk.key: row for row in status.rows}
    rows = [_row(row, told.pop(row.disk.id.key, None), status) for row in coverage.rows]
    rows += [_declared(DiskRow(row.disk, BAD), row, status) for row in told.values()]
    return Page(
        manifest=plan.manifest,
        made=made.isoformat(timespec="seconds"),
        version=version,
        disks=tuple(sorted(rows, key=lambda row: row.id.key)),
        plan=plan,
        findings=tuple(
            _once((*own, *(one for one in coverage.findings if (one.code, lower(one.address)) not in known)))
        ),
        skipped=tuple(dict.fromkeys((*status.skipped, *coverage.skipped))),
        root=root,
        outcome=outcome,
        names=plan.names,
    )


def unseen(
    outcome: Outcome, manifest: str, why: str, *, made: datetime, version: str, names: ShortNames, root: str = ""
) -> Page:
    """The page of an apply after which Azure was not read, with the reason."""
    return Page(
        manifest,
        made.isoformat(timespec="seconds"),
        version,
        findings=tuple(_findings(outcome)),
        skipped=(why,),
        root=root,
        outcome=outcome,
        names=names,
    )


def _findings(outcome: Outcome | None) -> Iterator[Finding]:
    if outcome is not None:
        yield from (*outcome.errors, *outcome.warnings)


def _row(row: Covered, declared: DiskStatus | None, status: BackupStatus) -> DiskRow:
    vault = row.instance.parent.name if row.instance else ""
    known = DiskRow(row.disk.id, _COVERED[row.state], vault, note=row.reason if row.state != COVERED else "")
    return _declared(known, declared, status) if declared else known


def _declared(known: DiskRow, row: DiskStatus, status: BackupStatus) -> DiskRow:
    """The row with what the status says; a disk that has an instance counts for the vault of that."""
    vault = row.vault.name if row.vault and row.protection else ""
    return replace(
        known,
        state=NEW if row.is_new else _STATUS[row.state],
        vault=known.vault or vault,
        policy=status.policies.get(lower(row.policy), row.policy),
        protection=row.protection,
        newest=row.newest.isoformat(timespec="seconds") if row.newest else "",
        age_hours=_hours(row.age),
        promise_hours=_hours(row.promise),
        proven=row.proven.isoformat(timespec="seconds") if row.proven else "",
        note="" if row.state == telling.OK else row.note,
    )


def _hours(age: timedelta | None) -> float | None:
    return None if age is None else age.total_seconds() / 3600


def _once(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    seen = set()
    for finding in findings:
        key = (finding.code, lower(finding.address), finding.message)
        if key not in seen:
            seen.add(key)
            yield finding
