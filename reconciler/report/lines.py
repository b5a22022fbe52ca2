"""A plan's changes as lines that the terminal and Markdown share: a symbol, a depth and a text each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.base.escape import plain
from reconciler.model.changes import Action, Change, FieldChange
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Gate, Mark
from reconciler.report.caret import location
from reconciler.report.values import leaves, shown

SYMBOLS = {Action.ADD: "+", Action.CHANGE: "~", Action.DESTROY: "-"}
"""Terraform's symbols."""

SEVERITIES = (
    (Severity.ERROR, "Errors"),
    (Severity.WARNING, "Warnings"),
    (Severity.INFO, "For your information"),
)
"""Severities in the order of reports, with their headings."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report: `symbol` is `+`, `~`, `-` or nothing, `depth` how far it is indented."""

    symbol: str
    depth: int
    text: str


def _field(difference: FieldChange) -> Line:
    path = plain(difference.path)
    if difference.before is None:
        return Line("+", 1, f"{path}: {shown(difference.after)}")
    if difference.after is None:
        return Line("-", 1, f"{path}: {shown(difference.before)}")
    return Line("~", 1, f"{path}: {shown(difference.before)} -> {shown(difference.after)}")


def _fields(change: Change) -> Iterator[Line]:
    if change.fields:
        yield from map(_field, change.fields)
    elif change.action is Action.ADD and change.after:
        yield from (Line("+", 1, f"{plain(path)}: {shown(value)}") for path, value in leaves(change.after))
    elif change.action is Action.DESTROY and change.before:
        yield from (Line("-", 1, f"{plain(path)}: {shown(value)}") for path, value in leaves(change.before))


def change_lines(change: Change, root: str = "") -> list[Line]:
    """A change: its address and reason, the differences, details, and its place in the manifest."""
    reason = f"  ({plain(change.reason)})" if change.reason else ""
    lines = [Line(SYMBOLS[change.action], 0, f"{plain(change.address)}{reason}"), *_fields(change)]
    lines += [Line("", 1, plain(text)) for text in change.detail]
    if change.place:
        lines.append(Line("", 1, f"--> {location(change.place, root)}"))
    return lines


def mark_line(mark: Mark) -> str:
    """The line of a mark: `mark vault/TestBkpVault: reconciler-applied 0123 -> 4567`."""
    return f"mark {mark.address}: {mark.tag} {mark.before or 'none'} -> {mark.after}"


def by_severity(findings: Sequence[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings by the heading of their severity, in the plan's order, without empty headings."""
    for severity, heading in SEVERITIES:
        chosen = [finding for finding in findings if finding.severity is severity]
        if chosen:
            yield heading, chosen


def gate_hint(gate: Gate) -> str:
    """How to open a closed gate: its own hint, and the option if that doesn't name it."""
    return f"{gate.hint}; if this is intended, pass `{gate.opener}`" if gate.opener else gate.hint
