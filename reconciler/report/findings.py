"""Findings as text for a terminal: those of one kind are told once, with the names of all that they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.base.escape import plain
from reconciler.model.findings import Finding, Severity
from reconciler.model.short_names import ShortNames
from reconciler.report.caret import location
from reconciler.report.causes import Fold, folds, under_causes
from reconciler.report.lines import by_severity
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped


def finding_lines(findings: Sequence[Finding], style: Style, root: str, names: ShortNames) -> Iterator[str]:
    """Findings by severity, each with its place, its hint and what waits for it."""
    for heading, chosen in by_severity(under_causes(findings, whole=style.whole)):
        if style.whole or chosen[0].severity is not Severity.INFO:
            yield style.bold(f"{heading}:")
        yield from told(chosen, style, root, names)
        yield ""


def told(findings: Sequence[Finding], style: Style, root: str, names: ShortNames) -> Iterator[str]:
    """The findings in their order, those of one kind together with the first of it, and each hint once."""
    for block in folds(findings, names, whole=style.whole):
        yield from _block(block, style, root, names)


def _block(block: Fold[Finding], style: Style, root: str, names: ShortNames) -> Iterator[str]:
    finding = block.first
    severity, is_brief = str(finding.severity), finding.severity is Severity.INFO and not style.whole
    head = style.severity(severity, f"{severity}[{plain(finding.code)}]")
    address = f" {plain(names.shown(finding.address))}:" if finding.address else ":"
    message = finding.message if style.whole else names.of_message(finding.message)
    yield from wrapped(f"  {head}{address} ", plain(message), style)
    if finding.place and not (is_brief and finding.address):
        yield f"    --> {location(finding.place, root)}"
    for line in block.others(names):
        yield from wrapped("    ", line, style)
    if block.hint and not is_brief:
        hint = block.hint if style.whole else names.of_message(block.hint)
        yield from wrapped(f"    {style.hint('hint')}: ", plain(hint), style)
