"""The page as HTML: a template that escapes everything, one style and one script, allowed by hash in the policy."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome, Status
from reconciler.report.lines import gate_hint, mark_line
from reconciler.report.page.changes import parts, word
from reconciler.report.page.glance import glance
from reconciler.report.page.graph import LINE, PAD, WIDTH, graph
from reconciler.report.page.model import ATTENTION, STATES, Page, Share, freshness
from reconciler.report.page.tables import LongTable, disk_table, finding_table, result_table
from reconciler.report.page.wording import hours, instant, text, utc
from reconciler.report.plans.verdict import is_clean, plan_summary, verdict
from reconciler.report.plans.words import FIRST as FEW
from reconciler.report.terminal import outcome_summary, what_next

if TYPE_CHECKING:
    from jinja2 import Environment

FIRST = 200
"""How many rows of a table show at first, since browsers take seconds for longer tables. Print shows all."""


def page_html(page: Page) -> str:
    """The whole page; it sends no requests, and runs no text from the data."""
    template = _templates()
    style, script = (template.get_template(name).render() for name in ("page.css", "page.js"))
    disks = disk_table(page)
    return template.get_template("page.html").render(
        page=page,
        style=style,
        script=script,
        policy=_policy(style, script),
        glance=glance(page),
        states=STATES,
        attention=ATTENTION,
        shares=_shares(page),
        freshness=freshness(page.disks or ()),
        graph=graph(page.disks or (), page.names),
        box=(WIDTH, LINE, PAD),
        parts=parts(page.plan, page.names, page.root) if page.plan else [],
        marks=[mark_line(mark) for mark in page.plan.marks] if page.plan else [],
        unchanged=_unchanged(page.plan) if page.plan else "",
        verdict=_verdict(page.plan) if page.plan else "",
        first=FIRST,
        few=FEW,
        linked=_linked(disks),
        tables={"results": result_table(page), "findings": finding_table(page), "disks": disks},
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
    templates.filters |= {
        "anchor": _anchor,
        "bar": _bar,
        "gate_hint": gate_hint,
        "hours": hours,
        "instant": instant,
        "kind": word,
        "text": text,
        "utc": utc,
    }
    return templates


def _policy(style: str, script: str) -> str:
    def named(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode('utf-8', 'backslashreplace')).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {named(style)}; script-src {named(script)}; base-uri 'none'; form-action 'none'"
    )


def _anchor(name: str) -> str:
    """The link to a disk, by its short name with its kind."""
    return f"#{quote(name.encode('utf-8', 'backslashreplace'), safe='/')}"


def _linked(disks: LongTable) -> frozenset[str]:
    """The disks that can be linked to, as addresses in lower case."""
    names, places = disks.columns[:2]
    return frozenset(
        "/".join(filter(None, ("disk", str(place), str(name)))).lower()
        for place, name in zip(places, names, strict=True)
    )


def _shares(page: Page) -> list[tuple[str, list[tuple[str, Share]]]]:
    """The shares by subscription and by vault, each with the name that is shown."""
    named = [(page.names.subscription(share.name), share) for share in page.by_subscription]
    return [
        ("subscription", sorted(named, key=lambda one: one[0])),
        ("vault", [(one.name, one) for one in page.by_vault]),
    ]


def _bar(share: Share) -> list[tuple[str, float, float]]:
    """A bar of all its disks: each state that any has, with where it begins and how long it is, in percent."""
    found, begin = [], 0.0
    for state in STATES:
        count = share.counts.get(state, 0)
        if count:
            length = 100 * count / share.total
            found.append((state, round(begin, 2), round(length, 2)))
            begin += length
    return found


def _told(outcome: Outcome) -> dict[str, Any]:
    """The outcome of an apply in two sentences and two numbers."""
    return {
        "ok": outcome.ok,
        "summary": outcome_summary(outcome),
        "next": "" if outcome.ok else what_next(outcome),
        "done": len(outcome.with_status(Status.DONE)),
        "all": len(outcome.results) + len(outcome.errors),
    }


def _verdict(plan: Plan) -> str:
    return plan_summary(plan) if is_clean(plan) else verdict(plan)


def _unchanged(plan: Plan) -> str:
    """The sentence for a plan without changes; Azure matches only if nothing is refused, wrong or in progress."""
    if is_clean(plan) or (plan.marks and not plan.is_refused):
        return plan_summary(plan)
    return "None, but Azure may not match the manifest: see the closed gates and the errors below."
