"""Plans, drift and results as JUnit XML, which every CI system shows: a suite for each manifest file, a case for each address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from reconciler.base.escape import commands, plain
from reconciler.model.addresses import Address
from reconciler.model.changes import Change
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift, class_of
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.lines import change_lines, gate_hint
from reconciler.report.notices import Base


@dataclass(slots=True)
class _Case:
    """One test case: its failures (kind and text), why it was skipped, and other output."""

    name: str
    kind: str
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: str = ""
    out: list[str] = field(default_factory=list)


class _Report:
    """Suites by file and cases by address, in the order in which they were added."""

    def __init__(self, base: Base, names: ShortNames) -> None:
        self._base, self._names = base, names
        self._suites: dict[str, dict[str, _Case]] = {}
        self._files: dict[str, str] = {}

    def said(self, text: str) -> str:
        """A sentence with short names, made harmless."""
        return plain(self._names.of_message(text))

    def case(self, name: Address, place: Place | None) -> _Case:
        """The case of an address; the first place given for it decides its file."""
        path = self._files.setdefault(name, self._base.path(place))
        cases = self._suites.setdefault(path, {})
        return cases.setdefault(name, _Case(name, name.kind or "finding"))

    def findings(self, findings: Iterable[Finding], counted: Sequence[str] = ()) -> None:
        """Add findings; an error fails its case, and so does a finding whose class of drift is in `counted`."""
        for finding in findings:
            case = self.case(finding.address or Address(f"{finding.code}: {finding.message}"), finding.place)
            hint = f"\nhint: {plain(finding.hint)}" if finding.hint else ""
            if finding.severity is Severity.ERROR or finding.drift in counted:
                case.failures.append((finding.code, self.said(finding.message) + hint))
            else:
                case.out.append(f"{finding.severity}[{finding.code}]: {self.said(finding.message)}{hint}")

    def gates(self, plan: Plan) -> None:
        """Add the closed gates, each as a case that fails."""
        for gate in plan.closed_gates:
            case = self.case(Address(f"gate-{gate.name}", "gate"), None)
            case.failures.append(("gate", f"{self.said(gate.message)}\nhint: {plain(gate_hint(gate))}"))

    def text(self, name: str) -> str:
        """The whole report as XML."""
        root = ET.Element("testsuites", {"name": plain(name)})
        for path in sorted(self._suites):
            root.append(_suite(path, list(self._suites[path].values())))
        for key in ("tests", "failures", "errors"):
            root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
        ET.indent(root)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(path: str, cases: Sequence[_Case]) -> ET.Element:
    failures = sum(bool(case.failures) for case in cases)
    counts = {"tests": len(cases), "failures": failures, "errors": 0}
    skipped = sum(bool(case.skipped) and not case.failures for case in cases)
    told = {key: str(count) for key, count in (counts | {"skipped": skipped}).items()}
    suite = ET.Element("testsuite", {"name": plain(path), **told})
    suite.extend(map(_element, cases))
    return suite


def _element(case: _Case) -> ET.Element:
    element = ET.Element("testcase", {"classname": case.kind, "name": plain(case.name)})
    if case.failures:
        kinds = ", ".join(dict.fromkeys(kind for kind, _ in case.failures))
        said = [text for _, text in case.failures]
        failure = ET.SubElement(element, "failure", {"type": plain(kinds), "message": said[0].partition("\n")[0]})
        failure.text = commands("\n".join(said))
    elif case.skipped:
        ET.SubElement(element, "skipped", {"message": case.skipped})
    if case.out:
        ET.SubElement(element, "system-out").text = commands("\n".join(case.out))
    return element


def _diff(change: Change) -> str:
    return "\n".join(f"{line.symbol or ' '} {'  ' * line.depth}{line.text}" for line in change_lines(change))


def _declared(report: _Report, plan: Plan) -> None:
    """Add a case for every declared disk, so that those without changes are shown too."""
    places = {change.address: change.place for change in plan.changes}
    places.update({finding.address: finding.place for finding in plan.findings if finding.place})
    for address in sorted({*plan.expected, *(change.address for change in plan.changes)}):
        report.case(address, places.get(address))


def validate_junit(findings: Sequence[Finding], base: Base, *, name: str) -> str:
    """The findings of `validate`; a manifest without findings is one case that passes."""
    report = _Report(base, ShortNames())
    report.findings(findings)
    if not findings:
        report.case(Address("manifest", "manifest"), None)
    return report.text(name)


def plan_junit(plan: Plan, base: Base) -> str:
    """A plan: closed gates and errors fail; a change passes, with its differences as output."""
    report = _Report(base, plan.names)
    _declared(report, plan)
    for change in plan.changes:
        report.case(change.address, change.place).out.append(_diff(change))
    report.findings(plan.findings)
    report.gates(plan)
    return report.text(plan.manifest)


def drift_junit(drift: Drift, base: Base) -> str:
    """Drift: a change fails if its class counts."""
    report = _Report(base, drift.plan.names)
    _declared(report, drift.plan)
    for change in drift.plan.changes:
        case, name = report.case(change.address, change.place), class_of(change)
        if name in drift.fail_on:
            case.failures.append((name, report.said(change.reason or name)))
        case.out.append(_diff(change))
    report.findings(drift.plan.findings, drift.fail_on)
    return report.text(drift.plan.manifest)


def outcome_junit(outcome: Outcome, plan: Plan, base: Base) -> str:
    """The outcome of an apply: failed changes, changes skipped because of them, and done ones."""
    report = _Report(base, plan.names)
    _declared(report, plan)
    diffs = {change.address: _diff(change) for change in plan.changes}
    for result in outcome.results:
        case = report.case(result.address, None)
        if result.address in diffs:
            case.out.append(diffs[result.address])
        _tell_result(case, result, report.said(result.said))
    report.findings((*outcome.errors, *outcome.warnings))
    return report.text(plan.manifest)


def _tell_result(case: _Case, result: Result, said: str) -> None:
    said = said or str(result.status)
    if result.status is Status.SKIPPED:
        case.skipped = f"because {said}"
    elif result.status is not Status.DONE:
        hint = f"\nhint: {plain(result.hint)}" if result.hint else ""
        case.failures.append((result.code or str(result.status), said + hint))
