"""A plan as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.base.escape import plain
from reconciler.model.plan import Gate, Plan, PolicyUse
from reconciler.report.findings import finding_lines
from reconciler.report.lines import gate_hint, mark_line
from reconciler.report.plans.changes import block_lines, danger_lines
from reconciler.report.plans.verdict import is_clean, look_closely, plan_summary, verdict
from reconciler.report.plans.words import FIRST, USE_HEADS, folded, use_rows
from reconciler.report.rest import rest_lines, rest_said
from reconciler.report.script import role_commands
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped


def plan_text(
    plan: Plan, *, style: Style | None = None, root: str = "", verb: str = "", is_refused: bool = False
) -> str:
    """The whole plan. `root` is put before the manifest's file names, so that places can be clicked.

    `verb`: the command that will do it, if it isn't `apply`; `is_refused`: that command will do nothing of it.
    """
    style = style or Style()
    lines: list[str] = []
    if not is_clean(plan):
        lines += [*wrapped("", verdict(plan, verb, is_refused=is_refused), style, paint=style.bold), ""]
    lines += _dangers(plan, style, root)
    if not verb:
        lines += _table(plan.uses, style)
    lines += _changes(plan, style, root)
    lines += _rest(plan, style)
    lines += rest_lines(plan, style, root)
    lines += finding_lines(plan.findings, style, root, plan.names)
    lines += _gates(plan, style)
    summary = " ".join(filter(None, (plan_summary(plan, verb, is_refused=is_refused), rest_said(plan))))
    lines.append(style.good(summary) if is_clean(plan) else style.bold(summary))
    if not verb or (plan.changes and not is_refused):
        lines.append(f"Checksum: {plain(plan.checksum)}")
    return "\n".join(lines) + "\n"


def _dangers(plan: Plan, style: Style, root: str) -> Iterator[str]:
    """What deletes, stops, weakens, shortens or expires, each by itself."""
    found = [change for change in plan.changes if change.danger]
    if not found:
        return
    yield style.bad(f"{look_closely(found)}:")
    yield from danger_lines(found, plan.names, style, root)
    yield ""


def _table(uses: Sequence[PolicyUse], style: Style) -> Iterator[str]:
    """What each policy of each vault gets and loses; nothing where no disk changes."""
    rows = use_rows(uses)
    if not rows:
        return
    widths = [max(len(row[column]) for row in (USE_HEADS, *rows)) for column in range(len(USE_HEADS))]
    yield style.bold(_row(USE_HEADS, widths))
    yield from (_row(row, widths) for row in rows)
    yield ""


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    named = [cell.ljust(width) for cell, width in zip(cells[:2], widths, strict=False)]
    return "  " + "  ".join([*named, *(cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True))])


def _changes(plan: Plan, style: Style, root: str) -> Iterator[str]:
    shown = list(block_lines([change for change in plan.changes if not change.danger], plan.names, style, root))
    if shown:
        yield style.bold("Changes (+ add, ~ change, - destroy):")
        yield from shown
        yield ""


def _rest(plan: Plan, style: Style) -> Iterator[str]:
    """Marks of vaults without other changes, what Azure is working on already, and role assignments for others."""
    names = plan.names
    marks = plan.marks if style.whole else [mark for mark in plan.marks if mark.vault.key in plan.marked_alone]
    if marks:
        yield style.bold("Marks to write, once all other changes of their vault are done:")
        yield from (f"  {style.symbol('~', '~')} {plain(line)}" for line in map(mark_line, marks))
        yield ""
    if plan.waits:
        yield style.bold("Already in progress in Azure; apply waits for these:")
        waits = [(wait.goal, names.shown(wait.address)) for wait in plan.waits]
        for goal in dict.fromkeys(goal for goal, _ in waits):
            shown = folded([plain(name) for one, name in waits if one == goal], whole=style.whole)
            yield from wrapped("  ", f"{shown}: {plain(goal)}", style)
        yield ""
    if plan.emitted:
        yield style.bold("Role assignments for others to create (mode emit):")
        yield from (f"  {command}" for command in role_commands(plan.emitted))
        yield ""


def _gates(plan: Plan, style: Style) -> Iterator[str]:
    names = plan.names
    closed = [gate for gate in plan.gates if not gate.is_open and not gate.is_local]
    opened = [gate for gate in plan.gates if gate.is_open]
    if closed:
        yield style.bold("Refused, nothing will be written while these gates are closed:")
        for gate in closed:
            yield from wrapped(
                f"  {style.bad(f'gate[{plain(gate.name)}]')}: ", plain(names.of_message(gate.message)), style
            )
            yield from (f"      {one}" for one in _concerned(plan, gate, style))
            yield from wrapped(f"    {style.hint('hint')}: ", plain(gate_hint(gate)), style)
        yield ""
    if opened:
        yield style.bold("Opened on the command line:")
        for gate in opened:
            yield from wrapped("  ", f"gate[{plain(gate.name)}]: {plain(names.of_message(gate.message))}", style)
        yield ""


def _concerned(plan: Plan, gate: Gate, style: Style) -> Sequence[str]:
    """What a gate is about; many that were all told as dangerous are not named again."""
    told = {change.address for change in plan.changes if change.danger}
    if not style.whole and len(gate.addresses) > FIRST and told.issuperset(gate.addresses):
        return (f"{len(gate.addresses)} of those to look at closely, above",)
    return [plain(plan.names.shown(address)) for address in gate.addresses]
