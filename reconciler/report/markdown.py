"""Plans, drift and results as Markdown for pull requests, issues and job summaries, within the host's size limit."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.escape import code, fence, markdown, prose
from reconciler.base.plurals import counted
from reconciler.model.changes import Change
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report import trials
from reconciler.report.bullets import change_items, finding_items, gate_item, result_items
from reconciler.report.causes import folds, under_causes
from reconciler.report.comment import COMMENT_LIMIT, NOBODY, Comment, Making
from reconciler.report.lines import by_severity, change_lines, mark_line
from reconciler.report.plans.verdict import gist, is_clean, look_closely, plan_summary
from reconciler.report.plans.words import folded, short_change, use_rows
from reconciler.report.rest import rest_page, rest_said
from reconciler.report.script import role_script
from reconciler.report.terminal import HEADINGS, class_heading, outcome_summary, result_blocks, what_next

_DIFF = {"+": "+", "-": "-", "~": "!", "": " "}
_USE_HEADS = ("vault/policy", "+", r"\~", r"\-", "disks after")
"""Those of the terminal, narrow enough for a phone."""
_SYMBOLS = "<code>+</code> add, <code>~</code> change, <code>-</code> destroy"


def _diff(change: Change, names: ShortNames, root: str) -> str:
    lines = change_lines(short_change(change, names), root)
    return "\n".join(f"{_DIFF[line.symbol]} {'    ' * line.depth}{line.text}".rstrip() for line in lines)


def _marker(verb: str, manifest: str) -> str:
    """A hidden line by which a bot finds its own comment."""
    name = "".join(one for one in manifest if one.isalnum() or one in "_.") or "manifest"
    return f"<!-- reconciler:{verb}:{name} -->\n"


def _findings(page: Comment, findings: Sequence[Finding], root: str, names: ShortNames) -> None:
    """Errors and warnings, and folded away what is only good to know."""
    for heading, chosen in by_severity(under_causes(findings)):
        shown = list(finding_items(chosen, root, names))
        show = page.folded if chosen[0].severity is Severity.INFO else page.items
        show(f"{heading} ({len(chosen)})", shown)


def plan_markdown(plan: Plan, *, limit: int = COMMENT_LIMIT, root: str = "", making: Making = NOBODY) -> str:
    """The plan: verdict, what each policy gets, what needs a person, then all changes; at most `limit` characters."""
    status = (
        "no changes" if is_clean(plan) else "refused" if plan.closed_gates else "errors" if plan.errors else "changes"
    )
    names, clean = plan.names, is_clean(plan)
    verdict = plan_summary(plan) if clean else f"{gist(plan)[:1].upper()}{gist(plan)[1:]}."
    totals = "" if clean else f"**{plan_summary(plan)}** "
    page = Comment(limit, making, f"\n{totals}Checksum {code(plan.checksum)}\n")
    page.add(_marker("plan", plan.manifest))
    page.add(f"## Plan of {markdown(plan.manifest)}: {status}\n\n**{verdict}**\n\n")
    page.table(_USE_HEADS, [("/".join(row[:2]), *row[2:]) for row in use_rows(plan.uses)])
    dangers = [change for change in plan.changes if change.danger]
    if dangers:
        page.items(look_closely(dangers), list(change_items(dangers, names, root)))
    gates = [gate_item(gate, names) for gate in plan.closed_gates]
    page.items(f"Refused ({counted(len(gates), 'closed gate')})", gates)
    findings = under_causes(plan.findings)
    _findings(page, [one for one in findings if one.severity is not Severity.INFO], root, names)
    others = [change for change in plan.changes if not change.danger]
    page.folded(f"Changes ({len(others)}): {_SYMBOLS}", list(change_items(others, names, root)))
    _rest(page, plan)
    _findings(page, [one for one in findings if one.severity is Severity.INFO], root, names)
    page.code(f"Each change by itself ({len(plan.changes)})", [_diff(change, names, root) for change in plan.changes])
    return page.text()


def _rest(page: Comment, plan: Plan) -> None:
    """What Azure is working on already, marks of vaults without other changes, and role assignments for others."""
    goals: dict[str, list[str]] = {}
    for wait in plan.waits:
        goals.setdefault(wait.goal, []).append(plan.names.shown(wait.address))
    waits = [f"- {markdown(folded(shown))}: {markdown(goal)}" for goal, shown in goals.items()]
    page.items("Already in progress; apply waits for these", waits)
    marks = [f"- {code(mark_line(mark))}" for mark in plan.marks if mark.vault.key in plan.marked_alone]
    page.items("Marks to write", marks)
    if plan.emitted:
        page.code("Role assignments for others to create", role_script(plan.emitted).split("\n"), "sh")


def validate_markdown(
    findings: Sequence[Finding],
    *,
    name: str | None,
    limit: int = COMMENT_LIMIT,
    root: str = "",
    making: Making = NOBODY,
) -> str:
    """What `validate` found in the manifest `name` (None: unknown); at most `limit` characters."""
    valid = not any(finding.severity is Severity.ERROR for finding in findings)
    page = Comment(limit, making)
    page.add(_marker("validate", name or ""))
    page.add(f"## Manifest {markdown(name or '')}{' ' if name else ''}is {'valid' if valid else 'not valid'}\n")
    _findings(page, findings, root, ShortNames())
    return page.text()


def drift_markdown(
    drift: Drift, *, limit: int = COMMENT_LIMIT, root: str = "", making: Making = NOBODY, mend: str = ""
) -> str:
    """What differs now, a section for each class, and `mend`, the command that mends it; at most `limit` characters."""
    unsure = "found, with errors" if drift.counted else "could not tell"
    status = {0: "none", 1: unsure, 2: "found"}[drift.exit_code]
    plan, names = drift.plan, drift.plan.names
    page = Comment(limit, making)
    page.add(_marker("drift", plan.manifest))
    page.add(f"## Drift of {markdown(plan.manifest)}: {status}\n\n**{prose(drift.summary)}**\n")
    page.add(_mending(plan, mend))
    for name, meaning in drift.classes():
        items = [
            *change_items(drift.changes_of(name), names, root),
            *finding_items(drift.findings_of(name), root, names),
        ]
        page.items(class_heading(drift, name, meaning), items)
    _findings(page, drift.others, root, names)
    differences = [_diff(one, names, root) for one in plan.changes]
    page.code(f"Each difference by itself ({len(plan.changes)})", differences, most=limit // 2)
    return page.text()


def _mending(plan: Plan, mend: str) -> str:
    """How to mend drift: the command, for exactly this plan, and what stands in its way."""
    if not plan.changes or not mend:
        return ""
    closed = "".join(f"\n{gate_item(gate, plan.names)}" for gate in plan.closed_gates)
    refused = f"\nA closed gate refuses it as it is:\n{closed}\n" if closed else ""
    return (
        f"\nTo change Azure back to what the manifest says ({gist(plan)}):\n\n{fence(mend, 'sh')}{refused}"
        "\nIf Azure is right, change the manifest instead.\n"
    )


def outcome_markdown(
    outcome: Outcome,
    plan: Plan,
    *,
    limit: int = COMMENT_LIMIT,
    root: str = "",
    making: Making = NOBODY,
    verb: str = "apply",
    mend: str = "",
) -> str:
    """The outcome of an apply of `plan`, or of another `verb`; at most `limit` characters.

    `mend` is the command that approves what the plan leaves.
    """
    status = "complete" if outcome.ok else "interrupted" if outcome.interrupted else "incomplete"
    page = Comment(limit, making)
    page.add(_marker(verb, plan.manifest))
    summary = f"**{markdown(outcome_summary(outcome, verb))}**"
    left = "" if outcome.ok else f"\n\n{prose(what_next(outcome, verb))}"
    rest = f" {markdown(rest_said(plan))}" if plan.rest else ""
    page.add(f"## {verb.capitalize()} of {markdown(plan.manifest)}: {status}\n\n{summary}{rest}{left}\n")
    for state, heading, told in result_blocks(outcome, plan.names):
        if state is not Status.DONE and told:
            page.items(heading, list(result_items(told, plan.names)))
        elif not told:
            page.add(f"\n### {heading}\n")
    _findings(page, (*outcome.errors, *outcome.warnings), root, plan.names)
    if found := trials.rows(outcome, plan.names):
        page.add("\n### Trial restores\n\n")
        page.table(trials.HEADS, found)
    rest_page(page, plan, root, mend, ok=outcome.ok)
    done = outcome.with_status(Status.DONE)
    page.folded(f"{HEADINGS[Status.DONE]} ({len(done)})", _done(done, plan, root))
    return page.text()


def _done(results: Sequence[Result], plan: Plan, root: str) -> list[str]:
    """What is done: changes in the blocks of the plan, except those with a remark, and what was waited for."""
    plain = {result.address for result in results if not result.message}
    changes = [change for change in plan.changes if change.address in plain]
    told = {change.address for change in changes}
    rest = [result for result in results if result.address not in told]
    return [*change_items(changes, plan.names, root), *result_items(folds(rest, plan.names), plan.names)]
