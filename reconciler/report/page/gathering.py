"""Gathers the data of the page: a plan, a status, a coverage, and the outcome of an apply before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.model import states as telling
from reconciler.model.findings import Finding
from reconciler.model.ids import ArmId, lower
from reconciler.model.plan import Plan
from reconciler.model.results.coverage import COVERED, EXCLUDED, UNCOVERED, UNKNOWN, Coverage, Covered
from reconciler.model.results.outcome import Outcome
from reconciler.model.results.status import BackupStatus, DiskStatus
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
    told = {lower(row.disk): row for row in status.rows}
    rows = [_row(row, told.pop(row.disk.id.key, None)) for row in coverage.rows]
    rows += [_declared(DiskRow(row.disk, BAD), row) for row in told.values()]
    return Page(
        manifest=plan.manifest,
        made=made.isoformat(timespec="seconds"),
        version=version,
        disks=tuple(sorted(rows, key=lambda row: lower(row.id))),
        plan=plan,
        findings=tuple(_once((*_findings(outcome), *plan.findings, *status.findings, *coverage.findings))),
        skipped=tuple(dict.fromkeys((*status.skipped, *coverage.skipped))),
        root=root,
        outcome=outcome,
    )


def unseen(outcome: Outcome, manifest: str, why: str, *, made: datetime, version: str, root: str = "") -> Page:
    """The page of an apply after which Azure was not read, with the reason."""
    findings = tuple(_findings(outcome))
    return Page(manifest, made.isoformat(timespec="seconds"), version, None, None, findings, (why,), root, outcome)


def _findings(outcome: Outcome | None) -> Iterator[Finding]:
    if outcome is not None:
        yield from (*outcome.errors, *outcome.warnings)


def _row(row: Covered, declared: DiskStatus | None) -> DiskRow:
    vault = _vault(row.instance) if row.instance else ""
    known = DiskRow(str(row.disk.id), _COVERED[row.state], vault, note=row.reason if row.state != COVERED else "")
    return _declared(known, declared) if declared else known


def _declared(known: DiskRow, row: DiskStatus) -> DiskRow:
    return replace(
        known,
        state=NEW if row.is_new else _STATUS[row.state],
        policy=row.policy,
        protection=row.protection,
        newest=row.newest.isoformat(timespec="seconds") if row.newest else "",
        age_hours=_hours(row.age),
        promise_hours=_hours(row.promise),
        proven=row.proven.isoformat(timespec="seconds") if row.proven else "",
        note="" if row.state == telling.OK else row.note,
    )


def _vault(instance: ArmId) -> str:
    """The name of an instance's vault."""
    return instance.text.split("/")[8]


def _hours(age: timedelta | None) -> float | None:
    return None if age is None else age.total_seconds() / 3600


def _once(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    seen = set()
    for finding in findings:
        key = (finding.code, lower(finding.address), finding.message)
        if key not in seen:
            seen.add(key)
            yield finding
