"""Notices, which a CI system shows beside a line of the manifest: findings, closed gates, drift and failures."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from reconciler.base.redaction import redact
from reconciler.model.changes import Change
from reconciler.model.codes import errors as error_codes
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift, class_of
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.lines import gate_hint

_SEPARATOR = "\0"


class Base(NamedTuple):
    """Where the manifest is: its folder, relative to the repository's root, and the file for notices without a place."""

    folder: str
    file: str

    def path(self, place: Place | None) -> str:
        """The file of a place relative to the repository's root, with `/` between folders."""
        return posixpath.normpath(posixpath.join(self.folder, place.file if place else self.file))


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to show: a stable `code`, its severity, the text, and the place (`line`, `column` from 1)."""

    code: str
    severity: Severity
    message: str
    hint: str
    address: str
    path: str
    line: int = 1
    column: int = 1

    @property
    def sentence(self) -> str:
        """Address, message and hint in one line."""
        address = f"{self.address}: " if self.address else ""
        return f"{address}{self.message}{f' (hint: {self.hint})' if self.hint else ''}"

    @property
    def fingerprint(self) -> str:
        """A text that stays the same when lines move: code, file and address, or the message without an address."""
        parts = (self.code, self.path, self.address or self.message)
        return sha256(_SEPARATOR.join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def fingerprints(notices: Iterable[Notice]) -> Iterator[tuple[Notice, str]]:
    """Each notice with a unique fingerprint; equal ones are numbered by their order."""
    seen: dict[str, int] = {}
    for notice in notices:
        own = notice.fingerprint
        count = seen[own] = seen.get(own, 0) + 1
        yield notice, own if count == 1 else sha256(f"{own}:{count}".encode()).hexdigest()


def of_findings(findings: Iterable[Finding], base: Base) -> tuple[Notice, ...]:
    """The findings as notices, most severe first."""
    return _ranked(_of_finding(finding, base) for finding in findings)


def of_plan(plan: Plan, base: Base) -> tuple[Notice, ...]:
    """The findings and closed gates of a plan; its changes are not notices, since they are no problem."""
    return _ranked((*_gates(plan, base), *(_of_finding(finding, base) for finding in plan.findings)))


def of_drift(drift: Drift, base: Base) -> tuple[Notice, ...]:
    """A warning for each change whose class of drift counts, and the findings."""
    changes = (_of_change(change, drift, base) for change in drift.plan.changes)
    return _ranked((*changes, *(_of_finding(finding, base) for finding in drift.plan.findings)))


def of_outcome(outcome: Outcome, plan: Plan, base: Base) -> tuple[Notice, ...]:
    """The results of an apply that aren't done, and the plan's errors and warnings."""
    places = {change.address: change.place for change in plan.changes}
    left = (_of_result(result, places.get(result.address), base) for result in outcome.results)
    findings = (_of_finding(finding, base) for finding in (*outcome.errors, *outcome.warnings))
    return _ranked((*filter(None, left), *findings))


def _ranked(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(sorted(notices, key=lambda notice: notice.severity.rank))


def _notice(
    code: str, severity: Severity, message: str, hint: str, address: str, place: Place | None, base: Base
) -> Notice:
    line, column = (place.line, place.column) if place else (1, 1)
    return Notice(code, severity, redact(message), redact(hint), address, base.path(place), line, column)


def _of_finding(finding: Finding, base: Base) -> Notice:
    return _notice(finding.code, finding.severity, finding.message, finding.hint, finding.address, finding.place, base)


def _gates(plan: Plan, base: Base) -> Iterator[Notice]:
    for gate in plan.closed_gates:
        yield _notice(f"gate-{gate.name}", Severity.ERROR, gate.message, gate_hint(gate), "", None, base)


def _of_change(change: Change, drift: Drift, base: Base) -> Notice:
    name = class_of(change)
    severity = Severity.WARNING if name in drift.fail_on else Severity.INFO
    return _notice(f"drift-{name}", severity, change.reason, "", change.address, change.place, base)


_UNDONE = {
    Status.FAILED: error_codes.APPLY_FAILED,
    Status.SKIPPED: error_codes.APPLY_SKIPPED,
    Status.IN_PROGRESS: error_codes.APPLY_IN_PROGRESS,
}


def _of_result(result: Result, place: Place | None, base: Base) -> Notice | None:
    if result.status is Status.DONE:
        return None
    severity = Severity.ERROR if result.status is Status.FAILED else Severity.WARNING
    said = result.because or result.message
    message = f"{result.code}: {said}" if result.code and said else said or result.code or str(result.status)
    return _notice(_UNDONE[result.status].code, severity, message, result.hint, result.address, place, base)
