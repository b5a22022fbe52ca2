"""A plan, drift or a result in every form of a report, and what a CI system gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reconciler.cli.ci import Announcement, base_of, making_of, tell_system
from reconciler.cli.loading import root_of
from reconciler.cli.output import Output
from reconciler.cli.planning import recorded
from reconciler.cli.writing import Report, write_reports
from reconciler.connection.choice import Connection
from reconciler.model.findings import Finding
from reconciler.model.plan import Options, Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome
from reconciler.report.comment import COMMENT_LIMIT, Making
from reconciler.report.documents import Document, apply_document, drift_document, plan_document, text, validate_document
from reconciler.report.junit import drift_junit, outcome_junit, plan_junit, validate_junit
from reconciler.report.markdown import drift_markdown, outcome_markdown, plan_markdown, validate_markdown
from reconciler.report.notices import Base, Notice, of_drift, of_findings, of_outcome, of_plan
from reconciler.report.scanning import code_quality, sarif
from reconciler.report.script import role_script

FORMS = ("json", "md", "sarif", "junit", "gitlab")
"""The forms of a report that every verb has."""


class Showing(NamedTuple):
    """The text of a report by its form, made only when asked for, and what a CI system gets."""

    texts: Mapping[str, Callable[[], str]]
    told: Callable[[], Announcement]

    def with_page(self, page: str) -> Showing:
        """The same with a report page, which was made while the connection was open."""
        return self._replace(texts={**self.texts, "html": lambda: page})

    def data(self, form: str) -> str:
        """The text of a `--format`."""
        return self.texts["md" if form == "markdown" else form]()


class Telling(NamedTuple):
    """How a command reports: the form on stdout, the report files, and the CI system."""

    form: str
    reports: tuple[Report, ...]
    system: str


def tell(output: Output, telling: Telling, showing: Showing, as_text: Callable[[], str]) -> int:
    """Print the data, write the reports, report to the CI system: 0, or 1 if a file could not be written."""
    output.report(as_text() if telling.form == "text" else showing.data(telling.form), telling.form)
    return tell_reports(output, telling.reports, telling.system, showing)


def tell_reports(output: Output, reports: Sequence[Report], system: str, showing: Showing) -> int:
    """Write the reports, and report to the CI system: 0, or 1 if a file could not be written."""
    failed = write_reports(reports, showing.texts, output)
    return tell_system(output, system, showing.told) or failed


class _Parts(NamedTuple):
    """The parts of the forms; `markdown` takes the most characters, `notices` whether nothing is folded."""

    document: Callable[[], Document]
    markdown: Callable[[int], str]
    notices: Callable[[bool], tuple[Notice, ...]]
    junit: Callable[[], str]
    values: Callable[[], Mapping[str, object]]


def _page(path: str, main: str, whole: str) -> tuple[str, Base, Making]:
    """What reports have in common: the folder before file names, the place of notices without one, and what made them."""
    return root_of(path), base_of(path, main), making_of(Path(path), os.environ, whole)


def whole_of(reports: Sequence[Report], saved: str | None = None) -> str:
    """The name of the report that has everything, which is JSON; else that of the saved plan; empty without either."""
    named = next((one.path for one in reports if one.form == "json"), Path(saved or ""))
    return named.name


def document_of(plan: Plan, path: str, connection: Connection, options: Options) -> Document:
    """The plan's document, with what a later `apply` needs."""
    return plan_document(
        plan,
        path=Path(path).as_posix(),
        target=connection.target,
        options=recorded(options),
    )


def validated(findings: Sequence[Finding], name: str | None, path: str, *, whole: str) -> Showing:
    """The findings of `validate` in every form; `name` is the manifest's (None: unknown), `whole` the report with all."""
    root, base, making = _page(path, "", whole)
    document = validate_document(findings, manifest=name)
    parts = _Parts(
        lambda: document,
        lambda limit: validate_markdown(findings, name=name, limit=limit, root=root, making=making),
        lambda whole: of_findings(findings, base, whole=whole),
        lambda: validate_junit(findings, base, name=name or ""),
        lambda: {"outcome": "valid" if document["valid"] else "invalid", "errors": document["error_count"]},
    )
    return _showing(parts)


def planned(plan: Plan, document: Document, path: str, main: str, *, whole: str) -> Showing:
    """A plan in every form; `document` is its own, `main` the manifest's file for notices without a place.

    `whole` names the report that has everything, if there is one.
    """
    root, base, making = _page(path, main, whole)
    outcome = "refused" if plan.is_refused else "changes" if plan.changes or plan.marks else "clean"
    parts = _Parts(
        lambda: document,
        lambda limit: plan_markdown(plan, limit=limit, root=root, making=making),
        lambda whole: of_plan(plan, base, whole=whole),
        lambda: plan_junit(plan, base),
        lambda: {"checksum": plan.checksum, **document["summary"], "outcome": outcome},
    )
    return _showing(parts, plan)


def drifted(drift: Drift, path: str, main: str, *, whole: str, mend: str) -> Showing:
    """Drift in every form; `mend` is the command that mends it."""
    root, base, making = _page(path, main, whole)
    outcome = {0: "clean", 1: "unknown", 2: "drift"}[drift.exit_code]
    parts = _Parts(
        lambda: drift_document(drift),
        lambda limit: drift_markdown(drift, limit=limit, root=root, making=making, mend=mend),
        lambda whole: of_drift(drift, base, whole=whole),
        lambda: drift_junit(drift, base),
        lambda: {"outcome": outcome, "differences": sum(drift.counted.values())},
    )
    return _showing(parts)


def applied(outcome: Outcome, plan: Plan, path: str, main: str, *, whole: str, mend: str = "") -> Showing:
    """The outcome of an apply of `plan` in every form; `mend` is the command that approves what the plan leaves."""
    root, base, making = _page(path, main, whole)
    word = "complete" if outcome.ok else "interrupted" if outcome.interrupted else "incomplete"
    counts = {"added": outcome.added, "changed": outcome.changed, "destroyed": outcome.destroyed}
    parts = _Parts(
        lambda: apply_document(outcome, plan),
        lambda limit: outcome_markdown(outcome, plan, limit=limit, root=root, making=making, mend=mend),
        lambda whole: of_outcome(outcome, plan, base, whole=whole),
        lambda: outcome_junit(outcome, plan, base),
        lambda: {"checksum": plan.checksum, **counts, "outcome": word, "left": len(plan.rest.changes)},
    )
    return _showing(parts, plan)


def _showing(parts: _Parts, plan: Plan | None = None) -> Showing:
    texts = {
        "json": lambda: text(parts.document()),
        "md": lambda: parts.markdown(COMMENT_LIMIT),
        "sarif": lambda: sarif(parts.notices(True)),
        "junit": parts.junit,
        "gitlab": lambda: code_quality(parts.notices(True)),
    }
    if plan is not None:
        texts["sh"] = lambda: role_script(plan.emitted)
    return Showing(texts, lambda: Announcement(parts.notices(False), parts.markdown, parts.values()))
