"""Plans, drift and results as Markdown for pull requests and job summaries, within the host's size limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from reconciler.base.escape import code, fence, markdown
from reconciler.base.plurals import counted
from reconciler.model.changes import Change
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Gate, Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.caret import location
from reconciler.report.lines import by_severity, change_lines, gate_hint, mark_line
from reconciler.report.script import role_script
from reconciler.report.terminal import HEADINGS, is_clean, outcome_summary, plan_summary, what_next

COMMENT_LIMIT = 65_000
"""The most characters; GitHub refuses comments above 65,535."""

_DIFF = {"+": "+", "-": "-", "~": "!", "": " "}
_LIMIT_RESERVE = 1_000
_URL = ":/?&=%#"


def _diff(change: Change, root: str) -> str:
    return "\n".join(
        f"{_DIFF[line.symbol]} {'    ' * line.depth}{line.text}".rstrip() for line in change_lines(change, root)
    )


def _more(number: int) -> str:
    return f"… and {number} more, see the artefact"


def cut(parts: Sequence[str], limit: int = COMMENT_LIMIT) -> str:
    """As many whole parts as fit into `limit` characters, and how many are left."""
    used = 0
    for index, part in enumerate(parts):
        used += len(part)
        if used > limit - _LIMIT_RESERVE:
            return "".join([*parts[:index], f"\n{_more(len(parts) - index)}\n"])
    return "".join(parts)


class _Page:
    """Text of at most `limit` characters, made of whole pieces."""

    def __init__(self, limit: int) -> None:
        self._limit = limit - _LIMIT_RESERVE
        self._parts: list[str] = []
        self._used = 0

    def room(self, text: str) -> bool:
        """Whether `text` still fits."""
        return self._used + len(text) <= self._limit

    def add(self, text: str) -> bool:
        """Add `text` if it fits, and say whether it did."""
        if not self.room(text):
            return False
        self._parts.append(text)
        self._used += len(text)
        return True

    def items(self, heading: str, items: Sequence[str]) -> None:
        """Add a heading with as many items as fit, and the number of those that don't."""
        if not items:
            return
        self.add(f"\n### {heading}\n\n")
        for index, item in enumerate(items):
            if not self.add(f"{item}\n"):
                self._parts.append(f"- {_more(len(items) - index)}\n")
                return

    def details(self, title: str, blocks: Sequence[str], language: str = "diff") -> None:
        """Add a folded code block with as many blocks as fit, and the number of those that don't."""
        if not blocks:
            return
        frame = len(f"\n<details><summary>{title}</summary>\n\n\n</details>\n") + 80
        chosen: list[str] = []
        size = frame
        for block in blocks:
            size += len(block) + 2
            if not self.room(" " * size):
                break
            chosen.append(block)
        left = len(blocks) - len(chosen)
        body = fence("\n\n".join(chosen), language) if chosen else ""
        text = f"\n<details><summary>{title}</summary>\n\n{body}\n</details>\n"
        self._parts.append(text + (f"\n{_more(left)}\n" if left else ""))
        self._used += len(text)

    def text(self) -> str:
        """The whole page."""
        return "".join(self._parts)


def finding_items(findings: Iterable[Finding], root: str) -> Iterator[str]:
    """Findings as items of a list, each with its place and its hint."""
    for finding in findings:
        address = f" {code(finding.address)}" if finding.address else ""
        place = f" ({code(location(finding.place, root))})" if finding.place else ""
        hint = f"  \n  hint: {markdown(finding.hint)}" if finding.hint else ""
        yield f"- {code(finding.code)}{address}: {markdown(finding.message)}{place}{hint}"


def _findings(page: _Page, findings: Sequence[Finding], root: str) -> None:
    for heading, chosen in by_severity(findings):
        page.items(f"{heading} ({len(chosen)})", list(finding_items(chosen, root)))


def _gates(page: _Page, gates: Sequence[Gate]) -> None:
    closed = [f"- {code(gate.name)}: {markdown(gate.message)}  \n  hint: {markdown(gate_hint(gate))}" for gate in gates]
    page.items(f"Refused ({counted(len(closed), 'closed gate')})", closed)


def run_footer(commit: str, run: str, url: str) -> str:
    """The last line of a page: the commit it was made for and the run that made it; empty when neither is known.

    `url` is that of a CI system's own run, `run` the name of its workflow.
    """
    named = f"[{markdown(run or 'run')}]({quote(url, safe=_URL)})" if url else markdown(run)
    parts = [f"commit {code(commit)}" if commit else "", named]
    told = " · ".join(part for part in parts if part)
    return f"\n<sub>{told}</sub>\n" if told else ""


def _marker(verb: str, manifest: str) -> str:
    """A hidden line by which a bot finds its own comment."""
    name = "".join(one for one in manifest if one.isalnum() or one in "_.") or "manifest"
    return f"<!-- reconciler:{verb}:{name} -->\n"


def plan_markdown(plan: Plan, *, limit: int = COMMENT_LIMIT, root: str = "", footer: str = "") -> str:
    """The plan: status in the heading, closed gates, findings, each change in a folded diff; at most `limit` characters."""
    status = (
        "no changes" if is_clean(plan) else "refused" if plan.closed_gates else "errors" if plan.errors else "changes"
    )
    page = _Page(limit - len(footer))
    page.add(_marker("plan", plan.manifest))
    page.add(f"## Plan of {markdown(plan.manifest)}: {status}\n\n**{plan_summary(plan)}**\n\n")
    page.add(f"Checksum {code(plan.checksum)}\n")
    _gates(page, plan.closed_gates)
    _findings(page, plan.findings, root)
    page.items("Already in progress", [f"- {code(wait.address)}: {markdown(wait.goal)}" for wait in plan.waits])
    page.details(f"Changes ({len(plan.changes)})", [_diff(change, root) for change in plan.changes])
    page.items("Marks to write", [f"- {code(mark_line(mark))}" for mark in plan.marks])
    if plan.emitted:
        page.details("Role assignments for others to create", role_script(plan.emitted).split("\n"), "sh")
    return page.text() + footer


def validate_markdown(
    findings: Sequence[Finding],
    *,
    name: str | None,
    limit: int = COMMENT_LIMIT,
    root: str = "",
    footer: str = "",
) -> str:
    """What `validate` found in the manifest `name` (None: unknown); at most `limit` characters."""
    valid = not any(finding.severity is Severity.ERROR for finding in findings)
    page = _Page(limit - len(footer))
    page.add(_marker("validate", name or ""))
    page.add(f"## Manifest {markdown(name or '')}{' ' if name else ''}is {'valid' if valid else 'not valid'}\n")
    _findings(page, findings, root)
    return page.text() + footer


def drift_markdown(drift: Drift, *, limit: int = COMMENT_LIMIT, root: str = "", footer: str = "") -> str:
    """What differs now, a section for each class; at most `limit` characters."""
    status = {0: "none", 1: "could not tell", 2: "found"}[drift.exit_code]
    page = _Page(limit - len(footer))
    page.add(_marker("drift", drift.plan.manifest))
    page.add(f"## Drift of {markdown(drift.plan.manifest)}: {status}\n\n**{drift.summary}**\n")
    for name, meaning in drift.classes():
        items = [f"- {code(one.address)}: {markdown(one.reason)}" for one in drift.changes_of(name)]
        page.items(f"{name} ({drift.count(name)}): {meaning}", [*items, *finding_items(drift.findings_of(name), root)])
    _findings(page, drift.others, root)
    page.details("What differs", [_diff(change, root) for change in drift.plan.changes])
    return page.text() + footer


def _result(result: Result) -> str:
    reason = (
        f"skipped (because {result.because or result.message})" if result.status is Status.SKIPPED else result.message
    )
    said = f": {code(result.code) + ' ' if result.code else ''}{markdown(reason)}" if reason or result.code else ""
    hint = f"  \n  hint: {markdown(result.hint)}" if result.hint else ""
    return f"- {code(result.address)}{said}{hint}"


def outcome_markdown(
    outcome: Outcome,
    plan: Plan,
    *,
    limit: int = COMMENT_LIMIT,
    root: str = "",
    footer: str = "",
    verb: str = "apply",
) -> str:
    """The outcome of an apply of `plan`, or of another `verb`; at most `limit` characters."""
    status = "complete" if outcome.ok else "interrupted" if outcome.interrupted else "incomplete"
    page = _Page(limit - len(footer))
    page.add(_marker(verb, plan.manifest))
    summary = f"**{markdown(outcome_summary(outcome, verb))}**"
    left = "" if outcome.ok else f"\n\n{markdown(what_next(outcome, verb))}"
    page.add(f"## {verb.capitalize()} of {markdown(plan.manifest)}: {status}\n\n{summary}{left}\n")
    for state, heading in HEADINGS.items():
        results = outcome.with_status(state)
        page.items(f"{heading} ({len(results)})", [_result(result) for result in results])
    _findings(page, (*outcome.errors, *outcome.warnings), root)
    return page.text() + footer
