"""Items of Markdown lists: changes, findings, gates and results, in the groups and with the short names of the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.base.escape import code, markdown, prose
from reconciler.model.changes import Change
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Gate
from reconciler.model.results.outcome import Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.caret import location
from reconciler.report.causes import Fold, folds
from reconciler.report.lines import gate_hint
from reconciler.report.plans.paragraphs import Paragraph, paragraphs
from reconciler.report.plans.words import folded

_BREAK = "  \n  "


def change_items(changes: Iterable[Change], names: ShortNames, root: str) -> Iterator[str]:
    """The changes in blocks of one shape; dangerous ones first, each by itself and in bold."""
    return map(_change, paragraphs(changes, names, root))


def _change(one: Paragraph) -> str:
    head = code(one.heads[0]) if one.is_single else markdown(one.heads[0])
    head = f"**{head}**" if one.danger else head
    reason = f" {markdown(one.reason)}" if one.reason else ""
    fields = [code(f"{line.symbol} {line.text}") for line in one.fields]
    place = code(one.place) if one.place else ""
    said = " · ".join(filter(None, [markdown("; ".join(one.said)), place]))
    return _BREAK.join(filter(None, [f"- {code(one.symbol)} {head}{reason}", *fields, said]))


def finding_items(findings: Sequence[Finding], root: str, names: ShortNames) -> Iterator[str]:
    """Findings with their places, those of one kind told once, and so is each hint; what is wrong in bold."""
    for block in folds(findings, names):
        finding = block.first
        address = code(names.shown(finding.address)) if finding.address else ""
        if finding.severity is Severity.ERROR and address:
            address = f"**{address}**"
        place = f" ({code(location(finding.place, root))})" if finding.place else ""
        said = prose(names.of_message(finding.message))
        first = f"{code(finding.code)}{' ' if address else ''}{address}: {said}{place}"
        yield _item(first, block.hint, *block.others(names, markdown))


def gate_item(gate: Gate, names: ShortNames) -> str:
    """A closed gate: its name in bold, what it refuses, the first of what it is about, and how to open it."""
    about = folded([names.shown(address) for address in gate.addresses])
    return _item(
        f"**{code(f'gate[{gate.name}]')}**: {prose(names.of_message(gate.message))}", gate_hint(gate), markdown(about)
    )


def result_items(told: Iterable[Fold[Result]], names: ShortNames) -> Iterator[str]:
    """Blocks of results; what isn't done in bold."""
    for block in told:
        result = block.first
        address = code(names.shown(result.address))
        address = address if result.status is Status.DONE else f"**{address}**"
        reason = prose(names.of_message(result.said))
        if result.status is Status.SKIPPED:
            reason = f"skipped (because {reason})"
        said = " ".join(filter(None, [code(result.code) if result.code else "", reason]))
        yield _item(f"{address}{': ' if said else ''}{said}", block.hint, *block.others(names, markdown))


def _item(first: str, hint: str, *others: str) -> str:
    return _BREAK.join(filter(None, [f"- {first}", *others, f"hint: {prose(hint)}" if hint else ""]))
