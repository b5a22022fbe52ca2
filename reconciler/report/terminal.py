"""Plans, drift and results as text for a terminal, in Terraform's style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.codes import errors as error_codes
from reconciler.model.findings import Finding
from reconciler.model.plan import Gate, Plan
from reconciler.model.results.drift import IN_PROGRESS, Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.caret import location
from reconciler.report.lines import SYMBOLS, Line, by_severity, change_lines, gate_hint, mark_line, with_hints
from reconciler.report.script import role_commands
from reconciler.report.style import Style

NO_CHANGES = "No changes. Azure matches the manifest."
"""Shown only when there is nothing to do, nothing is refused and nothing is wrong."""


def is_clean(plan: Plan) -> bool:
    """Whether the plan writes nothing and has no closed gates and no errors."""
    return not (plan.changes or plan.marks or plan.closed_gates or plan.errors)


def plan_summary(plan: Plan, verb: str = "") -> str:
    """The summary: `Plan: 1 to add, 2 to change, 0 to destroy.`, or that there are no changes.

    `verb`: the command that will do it, if it isn't `apply`; without changes it is refused, or has nothing to do.
    """
    if is_clean(plan):
        if verb:
            return f"Nothing to {verb}."
        drifted = sum(bool(finding.drift) and finding.drift != "in-progress" for finding in plan.findings)
        if drifted:
            return f"No changes. {counted(drifted, 'finding counts', 'findings count')} as drift."
        at_work = max(len(plan.waits), sum(finding.drift == IN_PROGRESS for finding in plan.findings))
        if at_work:
            objects = counted(at_work, "object")
            return f"No changes. Azure is at work on {objects}; whether it matches can be checked after that."
        return "No changes to what was asked for; the rest was not compared." if plan.is_partial else NO_CHANGES
    if verb and not plan.changes:
        return f"{verb.capitalize()} refused."
    counts = plan.summary
    expiring = f" Resuming cleans up {counted(plan.expiring, 'recovery point')}." if plan.expiring else ""
    return f"Plan: {counts.add} to add, {counts.change} to change, {counts.destroy} to destroy.{expiring}"


def _indented(line: Line, style: Style) -> str:
    symbol = style.symbol(line.symbol, line.symbol) if line.symbol else " "
    text = style.bold(line.text) if line.depth == 0 else line.text if line.symbol else style.dim(line.text)
    return f"{'  ' + '    ' * line.depth}{symbol} {text}"


def _change(change: Change, style: Style, root: str) -> Iterator[str]:
    for line in change_lines(change, root):
        yield _indented(line, style)
    yield ""


def _finding(finding: Finding, hint: str, style: Style, root: str) -> Iterator[str]:
    severity = str(finding.severity)
    address = f" {plain(finding.address)}:" if finding.address else ":"
    yield f"  {style.severity(severity, f'{severity}[{plain(finding.code)}]')}{address} {plain(finding.message)}"
    if finding.place:
        yield f"    --> {location(finding.place, root)}"
    if hint:
        yield f"    {style.hint('hint')}: {plain(hint)}"


def finding_lines(findings: Sequence[Finding], style: Style, root: str) -> Iterator[str]:
    """Findings by severity, each with its place and its hint."""
    for heading, chosen in by_severity(findings):
        yield style.bold(f"{heading}:")
        for finding, hint in with_hints(chosen):
            yield from _finding(finding, hint, style, root)
        yield ""


def _gates(gates: Sequence[Gate], style: Style) -> Iterator[str]:
    closed = [gate for gate in gates if not gate.is_open and not gate.is_local]
    opened = [gate for gate in gates if gate.is_open]
    if closed:
        yield style.bold("Refused, nothing will be written while these gates are closed:")
        for gate in closed:
            yield f"  {style.bad('gate[' + plain(gate.name) + ']')}: {plain(gate.message)}"
            yield from (f"      {plain(address)}" for address in gate.addresses)
            yield f"    {style.hint('hint')}: {plain(gate_hint(gate))}"
        yield ""
    if opened:
        yield style.bold("Opened on the command line:")
        yield from (f"  gate[{plain(gate.name)}]: {plain(gate.message)}" for gate in opened)
        yield ""


def plan_text(plan: Plan, *, style: Style | None = None, root: str = "", verb: str = "") -> str:
    """The whole plan. `root` is put before the manifest's file names, so that places can be clicked.

    `verb`: the command that will do it, if it isn't `apply`.
    """
    style = style or Style()
    lines: list[str] = []
    if plan.changes:
        legend = "+ add, ~ change, - destroy"
        who = f"reconciler {verb} makes" if verb else f"Manifest {plain(plan.manifest)} asks for"
        lines += [f"{who} these changes ({legend}):", ""]
        for change in plan.changes:
            lines += _change(change, style, root)
    if plan.marks:
        lines.append(style.bold("Marks to write, once all other changes of their vault are done:"))
        lines += [f"  {style.symbol('~', '~')} {plain(line)}" for line in map(mark_line, plan.marks)] + [""]
    if plan.waits:
        lines.append(style.bold("Already in progress in Azure; apply waits for these:"))
        lines += [f"  {plain(wait.address)}: {plain(wait.goal)}" for wait in plan.waits] + [""]
    if plan.emitted:
        lines.append(style.bold("Role assignments for others to create (mode emit):"))
        lines += [f"  {command}" for command in role_commands(plan.emitted)] + [""]
    lines += finding_lines(plan.findings, style, root)
    lines += _gates(plan.gates, style)
    summary = plan_summary(plan, verb)
    lines.append(style.good(summary) if is_clean(plan) else style.bold(summary))
    if plan.changes or not verb:
        lines.append(f"Checksum: {plain(plan.checksum)}")
    return "\n".join(lines) + "\n"


HEADINGS = {
    Status.FAILED: "Failed",
    Status.SKIPPED: "Skipped",
    Status.IN_PROGRESS: "Still in progress in Azure",
    Status.DONE: "Done",
}
"""How results ended, in the order of reports."""


def outcome_summary(outcome: Outcome, verb: str = "apply") -> str:
    """`Apply complete! Resources: …` when all is as declared, else `Apply incomplete!` with what is left."""
    name = verb.capitalize()
    counts = f"Resources: {outcome.added} added, {outcome.changed} changed, {outcome.destroyed} destroyed"
    if outcome.ok:
        return f"{name} complete! {counts}."
    left = [
        f"{len(outcome.with_status(status))} {word}"
        for status, word in (
            (Status.FAILED, "failed"),
            (Status.SKIPPED, "skipped"),
            (Status.IN_PROGRESS, "in progress"),
        )
        if outcome.with_status(status)
    ]
    if outcome.errors:
        left.append(f"{len(outcome.errors)} not possible")
    word = f"{name} interrupted by {plain(outcome.interrupted)}!" if outcome.interrupted else f"{name} incomplete!"
    return f"{word} {counts}{'; ' if left else ''}{', '.join(left)}."


_REPEATABLE = frozenset({"apply", "move"})
"""What does nothing twice when it is run again; a second backup, restore or drill makes another."""


def what_next(outcome: Outcome, verb: str = "apply") -> str:
    """How much of an incomplete run is done, and how to finish it."""
    done = f"{len(outcome.with_status(Status.DONE))} of {len(outcome.results) + len(outcome.errors)} done"
    skipped = "; finished work is skipped" if verb in _REPEATABLE else ""
    if any(result.code == error_codes.NO_TOKEN.code for result in outcome.results):
        return f"The sign-in was lost; {done}. Sign in and run `{verb}` again{skipped}."
    return f"{done}. Fix any errors and run `{verb}` again{skipped}."


def _result(result: Result, style: Style) -> Iterator[str]:
    symbol = SYMBOLS[result.action] if result.action else " "
    code = f" {plain(result.code)}:" if result.code else ""
    said = plain(result.message)
    if result.status is Status.SKIPPED:
        code, said = "", f"skipped (because {plain(result.because or result.message)})"
    colon = ":" if code or said else ""
    yield f"  {symbol} {plain(result.address)}{colon}{code}{' ' if said else ''}{said}"
    if result.hint:
        yield f"      {style.hint('hint')}: {plain(result.hint)}"


def outcome_text(outcome: Outcome, *, style: Style | None = None, root: str = "", verb: str = "apply") -> str:
    """The outcome of an apply, or of another `verb`; unless all succeeded, each result with cause and hint."""
    style = style or Style()
    lines: list[str] = []
    if not outcome.ok:
        for status, heading in HEADINGS.items():
            results = outcome.with_status(status)
            if results:
                lines.append(style.bold(f"{heading} ({len(results)}):"))
                for result in results:
                    lines += _result(result, style)
                lines.append("")
    lines += finding_lines((*outcome.errors, *outcome.warnings), style, root)
    summary = outcome_summary(outcome, verb)
    lines.append(style.good(summary) if outcome.ok else style.bad(summary))
    if not outcome.ok:
        lines.append(what_next(outcome, verb))
    return "\n".join(lines) + "\n"


def made_text(outcome: Outcome, plan: Plan) -> str:
    """The ids of the disks that a restore made, with remarks."""
    lines = [
        f"Restored: {plain(change.address)}{f' ({plain(result.message)})' if result.message else ''}\n"
        for change, result in zip(plan.changes, outcome.results, strict=False)
        if change.kind is Kind.RESTORE and change.action is not Action.DESTROY and result.status is Status.DONE
    ]
    return "".join(lines)


def drift_text(drift: Drift, *, style: Style | None = None, root: str = "") -> str:
    """What differs now, each class of drift under its own heading, then the other findings."""
    style = style or Style()
    lines: list[str] = []
    for name, meaning in drift.classes():
        changes, findings = drift.changes_of(name), drift.findings_of(name)
        counted = "" if name in drift.fail_on else "; not counted, see `--fail-on`"
        lines += [style.bold(f"{name} ({len(changes) + len(findings)}): {meaning}{counted}"), ""]
        for change in changes:
            lines += _change(change, style, root)
        for finding, hint in with_hints(findings):
            lines += _finding(finding, hint, style, root)
        if findings:
            lines.append("")
    lines += finding_lines(drift.others, style, root)
    lines.append(style.good(drift.summary) if drift.exit_code == 0 else style.bad(drift.summary))
    return "\n".join(lines) + "\n"
