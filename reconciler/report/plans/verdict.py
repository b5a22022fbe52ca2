"""The first and the last line of a plan."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.plan import Plan
from reconciler.model.results.drift import IN_PROGRESS

NO_CHANGES = "No changes. Azure matches the manifest."
"""Shown only when there is nothing to do, nothing is refused and nothing is wrong."""


def is_clean(plan: Plan) -> bool:
    """Whether the plan writes nothing, leaves nothing, and has no closed gates and no errors."""
    return not (plan.changes or plan.marks or plan.closed_gates or plan.errors or plan.rest)


def verdict(plan: Plan, verb: str = "", *, is_refused: bool = False) -> str:
    """What a plan comes to, in one line that names the manifest, or the command that will do it, if it isn't `apply`."""
    name = f"reconciler {verb}" if verb else f"Manifest {plain(plan.manifest)}"
    return f"{name}: {gist(plan, is_refused=is_refused)}."


def gist(plan: Plan, *, is_refused: bool = False) -> str:
    """The verdict itself: refused, not possible, or what it does to disks, and how much is dangerous."""
    if plan.closed_gates:
        return f"refused by {counted(len(plan.closed_gates), 'closed gate')}; nothing will be written"
    if plan.errors:
        errors = counted(len(plan.errors), "error")
        if is_refused:
            return f"refused by {errors}; nothing will be written"
        what = "it concerns" if len(plan.errors) == 1 else "they concern"
        others = f"; {counted(len(plan.changes), 'other change')}" if plan.changes else ""
        dangers = f", {_close(plan)}" if _close(plan) else ""
        return f"{errors}; nothing will be written for what {what}{others}{dangers}"
    found = [change for change in plan.changes if change.kind is Kind.DISK]
    new = sum(change.action is Action.ADD for change in found)
    written = counted(len(plan.changes), "change") if plan.changes else counted(len(plan.marks), "mark")
    parts = [
        "nothing to write" if plan.rest and not (plan.changes or plan.marks) else written,
        f"{counted(new, 'disk becomes', 'disks become')} protected" if new else "",
        _close(plan) or "nothing is deleted, stopped or weakened",
    ]
    return "; ".join(filter(None, parts))


def _close(plan: Plan) -> str:
    """How much of a plan is dangerous; empty: nothing is."""
    dangers = sum(bool(change.danger) for change in plan.changes)
    return f"{dangers} to look at closely" if dangers else ""


def look_closely(found: Sequence[Change]) -> str:
    """The heading of dangerous changes: `Look closely: 2 changes that stop or delete`."""
    words = dict.fromkeys(change.danger if len(found) == 1 else change.danger.removesuffix("s") for change in found)
    *most, last = words
    doing = f"{', '.join(most)} or {last}" if most else last
    return f"Look closely: {counted(len(found), 'change')} that {doing}"


def plan_summary(plan: Plan, verb: str = "", *, is_refused: bool = False) -> str:
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
            return f"No changes. Azure is still working on {objects}; whether it matches can be checked after that."
        return "No changes to what was asked for; the rest was not compared." if plan.is_partial else NO_CHANGES
    if verb and (is_refused or not plan.changes):
        return f"{verb.capitalize()} refused."
    counts = plan.summary
    expiring = f" Resuming deletes {counted(plan.expiring, 'recovery point')}." if plan.expiring else ""
    return f"Plan: {counts.add} to add, {counts.change} to change, {counts.destroy} to destroy.{expiring}"
