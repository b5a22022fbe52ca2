"""Notices, which a CI system shows beside a line of the manifest: findings, closed gates, drift and failures."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple

from reconciler.base.redaction import redact
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.changes import Change
from reconciler.model.codes import errors as error_codes
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift, class_of
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.causes import Fold, Remark, folds, under_causes
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
    """One thing to show: a stable `code`, its severity, the text, and the place (`line`, `column` from 1).

    `address` identifies it, and `name` is how that is shown.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    address: Address
    path: str
    line: int = 1
    column: int = 1
    name: str = ""

    @property
    def about(self) -> str:
        """The short name of what it is about; empty when that is nothing in particular."""
        return self.name or self.address

    @property
    def sentence(self) -> str:
        """Short name, message and hint in one line."""
        about = f"{self.about}: " if self.about else ""
        return f"{about}{self.message}{f' (hint: {self.hint})' if self.hint else ''}"

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


def of_findings(findings: Sequence[Finding], base: Base, *, whole: bool = False) -> tuple[Notice, ...]:
    """The findings as notices, most severe first. Here and below, nothing is folded if `whole`."""
    return _ranked(_findings(findings, base, ShortNames(), whole=whole), ShortNames())


def of_plan(plan: Plan, base: Base, *, whole: bool = False) -> tuple[Notice, ...]:
    """The findings and closed gates of a plan; its changes are not notices, since they are no problem."""
    found = _findings(plan.findings, base, plan.names, whole=whole)
    return _ranked((*_gates(plan, base), *found), plan.names)


def of_drift(drift: Drift, base: Base, *, whole: bool = False) -> tuple[Notice, ...]:
    """A warning for each change whose class of drift counts, and the findings."""
    names = drift.plan.names
    changes = (_of_change(change, drift, base) for change in drift.plan.changes)
    return _ranked((*changes, *_findings(drift.plan.findings, base, names, whole=whole)), names)


def of_outcome(outcome: Outcome, plan: Plan, base: Base, *, whole: bool = False) -> tuple[Notice, ...]:
    """The results of an apply that aren't done, and the plan's errors and warnings."""
    places = {change.address: change.place for change in plan.changes}
    undone = [result for result in outcome.results if result.status is not Status.DONE]
    told = _told(undone, plan.names, lambda one: places.get(one.address), whole=whole)
    left = (_of_result(block, places.get(block.first.address), base, plan.names) for block in told)
    findings = _findings((*outcome.errors, *outcome.warnings), base, plan.names, whole=whole)
    return _ranked((*left, *findings), plan.names)


def _told(
    remarks: Sequence[Remark], names: ShortNames, place: Callable[[Remark], Place | None], *, whole: bool
) -> Iterator[Fold[Remark]]:
    """The remarks under their causes; those that are alike are told in one where they have one place, too."""
    places: dict[Place | None, list[Remark]] = {}
    for one in under_causes(remarks, whole=whole):
        places.setdefault(place(one), []).append(one)
    for same in places.values():
        yield from folds(same, names, whole=whole)


def _findings(findings: Sequence[Finding], base: Base, names: ShortNames, *, whole: bool) -> Iterator[Notice]:
    for block in _told(findings, names, lambda one: one.place, whole=whole):
        one = block.first
        message = _sentence(one.message, block, names)
        yield _notice(one.code, one.severity, message, one.hint, one.address, one.place, base)


def _sentence(message: str, block: Fold[Remark], names: ShortNames) -> str:
    """A message with short names, and what else it is about."""
    return "; ".join((names.of_message(message), *block.others(names)))


def _ranked(notices: Iterable[Notice], names: ShortNames) -> tuple[Notice, ...]:
    """The notices, most severe first, with their short names."""
    named = (replace(notice, name=names.shown(notice.address)) for notice in notices)
    return tuple(sorted(named, key=lambda notice: notice.severity.rank))


def _notice(
    code: str, severity: Severity, message: str, hint: str, address: Address, place: Place | None, base: Base
) -> Notice:
    line, column = (place.line, place.column) if place else (1, 1)
    return Notice(code, severity, redact(message), redact(hint), address, base.path(place), line, column)


def _gates(plan: Plan, base: Base) -> Iterator[Notice]:
    for gate in plan.closed_gates:
        yield _notice(
            f"gate-{gate.name}",
            Severity.ERROR,
            plan.names.of_message(gate.message),
            gate_hint(gate),
            NOWHERE,
            None,
            base,
        )


def _of_change(change: Change, drift: Drift, base: Base) -> Notice:
    name = class_of(change)
    severity = Severity.WARNING if name in drift.fail_on else Severity.INFO
    return _notice(
        f"drift-{name}", severity, drift.plan.names.of_message(change.reason), "", change.address, change.place, base
    )


_UNDONE = {
    Status.FAILED: error_codes.APPLY_FAILED,
    Status.SKIPPED: error_codes.APPLY_SKIPPED,
    Status.IN_PROGRESS: error_codes.APPLY_IN_PROGRESS,
}


def _of_result(block: Fold[Result], place: Place | None, base: Base, names: ShortNames) -> Notice:
    result = block.first
    severity = Severity.ERROR if result.status is Status.FAILED else Severity.WARNING
    message = ": ".join(filter(None, (result.code, result.said))) or str(result.status)
    message = _sentence(message, block, names)
    return _notice(_UNDONE[result.status].code, severity, message, result.hint, result.address, place, base)
