"""What a run leaves for somebody to approve: as text, as Markdown, as JSON, and in one sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from reconciler.base.escape import code, fence, markdown, plain
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.plan import Plan
from reconciler.report.bullets import change_items
from reconciler.report.comment import Comment
from reconciler.report.plans.changes import block_lines
from reconciler.report.plans.words import folded
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped


def rest_said(plan: Plan) -> str:
    """How much is left, in a sentence; empty when nothing is."""
    rest = plan.rest
    parts = [
        f"{counted(len(rest.changes), 'change is', 'changes are')} left for somebody to approve"
        if rest.changes
        else "",
        f"{counted(len(rest.held), 'disk needs', 'disks need')} an option to continue, as the findings say"
        if rest.held
        else "",
        f"{counted(len(rest.gone), 'reviewed change is', 'reviewed changes are')} no longer planned"
        if rest.gone
        else "",
    ]
    said = "; ".join(filter(None, parts))
    return f"{said}." if said else ""


def reasons(plan: Plan, *, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Why changes are left, each reason once, with the names of what it is about; last what is no longer planned."""
    about: defaultdict[str, list[str]] = defaultdict(list)
    for change in plan.rest.changes:
        about[plan.rest.because[change.address]].append(plan.names.shown(change.address))
    for why in sorted(about):
        yield why, folded(about[why], whole=whole)
    if plan.rest.gone:
        yield "it is no longer planned", folded(list(map(plan.names.of_message, plan.rest.gone)), whole=whole)


def rest_lines(plan: Plan, style: Style, root: str) -> Iterator[str]:
    """The changes that are left, and why."""
    if not plan.rest:
        return
    why = "Not approved, so not applied" if plan.rest.changes else "Not applied"
    yield style.bold(f"{why} (+ add, ~ change, - destroy):")
    yield from block_lines(plan.rest.changes, plan.names, style, root)
    for why, names in reasons(plan, whole=style.whole):
        yield from wrapped("  ", f"{plain(names)}: {plain(why)}", style)
    yield ""


def mending(plan: Plan, mend: str, *, ok: bool) -> str:
    """How to approve what is left: the command, which is only right if all else succeeded."""
    if not plan.rest.changes:
        return ""
    return mend if ok and mend else "plan again, and review the new plan"


def rest_text(plan: Plan, mend: str, style: Style, *, ok: bool) -> str:
    """How much is left after an apply, and how to approve it; empty when nothing is."""
    if not plan.rest:
        return ""
    command = mending(plan, mend, ok=ok)
    lines = [*wrapped("", plain(rest_said(plan)), style)]
    if command:
        lines.append(f"{style.hint('hint')}: {plain(command)}")
    return "\n".join(lines) + "\n"


def rest_page(page: Comment, plan: Plan, root: str, mend: str, *, ok: bool) -> None:
    """Add the changes that are left to a page, why, and how to approve them."""
    if not plan.rest:
        return
    items = [
        *change_items(plan.rest.changes, plan.names, root),
        *(f"- {markdown(names)}: {markdown(why)}" for why, names in reasons(plan)),
    ]
    page.items(f"Left for somebody to approve ({len(plan.rest.changes)})", items)
    command = mending(plan, mend, ok=ok)
    if command == mend and command:
        page.add(f"\nTo approve exactly these changes (checksum {code(plan.rest.checksum)}):\n\n{fence(command, 'sh')}")
    elif command:
        page.add(f"\nTo approve them, {command}.\n")


def rest_document(plan: Plan) -> dict[str, Any]:
    """What is left, as a key of a document; nothing when nothing is."""
    rest = plan.rest
    if not rest:
        return {}
    told = [
        {
            "address": one.address,
            "name": plan.names.shown(one.address),
            "kind": str(one.kind),
            "action": str(one.action),
            "reason": redact(one.reason),
            "because": redact(rest.because[one.address]),
        }
        for one in rest.changes
    ]
    gone = {"gone": list(rest.gone)} if rest.gone else {}
    return {"rest": {"checksum": rest.checksum or None, "changes": told, "held": list(rest.held), **gone}}
