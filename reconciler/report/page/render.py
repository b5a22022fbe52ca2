"""The page as HTML: a template that escapes everything, one style and one script, allowed by hash in the policy."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from reconciler.base.escape import visible
from reconciler.base.redaction import redact
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome, Status
from reconciler.report.lines import change_lines, gate_hint, mark_line
from reconciler.report.page.graph import HEIGHT, WIDTH, graph
from reconciler.report.page.model import STATES, Page, freshness
from reconciler.report.page.tables import disk_table, finding_table, result_table
from reconciler.report.terminal import is_clean, outcome_summary, plan_summary, what_next

if TYPE_CHECKING:
    from jinja2 import Environment

FIRST = 200
"""How many rows of a table show at first, since browsers take seconds for longer tables. Print shows all."""

_WORD = {"+": "added", "-": "removed", "~": "changed", "": ""}


def page_html(page: Page) -> str:
    """The whole page; it sends no requests, and runs no text from the data."""
    template = _templates()
    style, script = (template.get_template(name).render() for name in ("page.css", "page.js"))
    rows = page.disks or ()
    return template.get_template("page.html").render(
        page=page,
        style=style,
        script=script,
        policy=_policy(style, script),
        states=STATES,
        freshness=freshness(rows),
        graph=graph(rows),
        box=(WIDTH, HEIGHT),
        changes=[_change(page, number) for number in range(len(page.plan.changes))] if page.plan else [],
        marks=[mark_line(mark) for mark in page.plan.marks] if page.plan else [],
        unchanged=_unchanged(page.plan) if page.plan else "",
        first=FIRST,
        tables={
            "results": result_table(page, _text),
            "findings": finding_table(page, _text),
            "disks": disk_table(page, _text, _hours),
        },
        result=_told(page.outcome) if page.outcome else {},
    )


@cache
def _templates() -> Environment:
    # a large library, for the page only
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    templates = Environment(
        loader=PackageLoader("reconciler.report.page", "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"text": _text, "hours": _hours, "gate_hint": gate_hint}
    return templates


def _policy(style: str, script: str) -> str:
    def named(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {named(style)}; script-src {named(script)}; base-uri 'none'; form-action 'none'"
    )


def _text(value: object) -> str:
    """Foreign text without secrets, with unprintable characters made visible; the template escapes it."""
    return visible(redact(str(value)))


def _hours(value: float | None) -> str:
    """A number of hours for people: `3 h`, `2 d 4 h`; `unknown` for None."""
    if value is None:
        return "unknown"
    days, hours = divmod(round(value), 24)
    return f"{days} d {hours} h" if days else f"{hours} h"


def _told(outcome: Outcome) -> dict[str, Any]:
    """The outcome of an apply in two sentences and two numbers."""
    return {
        "ok": outcome.ok,
        "summary": outcome_summary(outcome),
        "next": "" if outcome.ok else what_next(outcome),
        "done": len(outcome.with_status(Status.DONE)),
        "all": len(outcome.results) + len(outcome.errors),
    }


def _unchanged(plan: Plan) -> str:
    """The sentence for a plan without changes; Azure matches only if nothing is refused, wrong or in progress."""
    if is_clean(plan) or (plan.marks and not plan.is_refused):
        return plan_summary(plan)
    return "None, but Azure may not match the manifest: see the closed gates and the errors below."


def _change(page: Page, number: int) -> dict[str, Any]:
    """A change as its lines, each with a word that repeats its colour's meaning."""
    assert page.plan is not None  # noqa: S101 - for the type checker
    change = page.plan.changes[number]
    lines = change_lines(change, page.root)
    return {
        "address": change.address,
        "action": str(change.action),
        "reason": change.reason,
        "lines": [
            {"symbol": one.symbol, "kind": _WORD[one.symbol], "text": "    " * one.depth + one.text} for one in lines
        ],
    }
