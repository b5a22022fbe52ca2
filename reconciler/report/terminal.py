"""Drift and results as text for a terminal, in Terraform's style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.model.changes import Action, Kind
from reconciler.model.codes import errors as error_codes
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report import trials
from reconciler.report.causes import Fold, folds, under_causes
from reconciler.report.findings import finding_lines, told
from reconciler.report.lines import SYMBOLS
from reconciler.report.plans.changes import block_lines
from reconciler.report.plans.shapes import counted_noun
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped

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
"""The verbs that can be run again without doing anything twice; a second backup, restore or drill makes another copy."""


def what_next(outcome: Outcome, verb: str = "apply") -> str:
    """How much of an incomplete run is done, and how to finish it."""
    done = f"{len(outcome.with_status(Status.DONE))} of {len(outcome.results) + len(outcome.errors)} done"
    skipped = "; finished work is skipped" if verb in _REPEATABLE else ""
    if any(result.code == error_codes.NO_TOKEN.code for result in outcome.results):
        return f"The sign-in was lost; {done}. Sign in and run `{verb}` again{skipped}."
    return f"{done}. Fix any errors and run `{verb}` again{skipped}."


def result_blocks(
    outcome: Outcome, names: ShortNames, *, whole: bool = False
) -> Iterator[tuple[Status, str, list[Fold[Result]]]]:
    """The blocks of results by how they ended, with a heading; what waited for one of them is told there.

    `whole`: nothing is folded.
    """
    left = under_causes(outcome.results, whole=whole)
    for status, heading in HEADINGS.items():
        count, chosen = len(outcome.with_status(status)), [one for one in left if one.status is status]
        elsewhere = count - len(chosen)
        above = f", {elsewhere if chosen else 'all'}{' of them' if chosen else ''} told above" if elsewhere else ""
        if count:
            yield status, f"{heading} ({count}){above}", list(folds(chosen, names, whole=whole))


def _result(block: Fold[Result], style: Style, names: ShortNames) -> Iterator[str]:
    result = block.first
    symbol = SYMBOLS[result.action] if result.action else " "
    code = f" {plain(result.code)}:" if result.code else ""
    said = plain(result.said if style.whole else names.of_message(result.said))
    if result.status is Status.SKIPPED:
        code, said = "", f"skipped (because {said})"
    colon = ":" if code or said else ""
    address = plain(names.shown(result.address))
    yield from wrapped(f"  {symbol} ", f"{address}{colon}{code}{' ' if said else ''}{said}", style)
    for line in block.others(names):
        yield from wrapped("      ", line, style)
    if block.hint:
        hint = block.hint if style.whole else names.of_message(block.hint)
        yield from wrapped(f"      {style.hint('hint')}: ", plain(hint), style)


def outcome_text(
    outcome: Outcome,
    *,
    names: ShortNames | None = None,
    style: Style | None = None,
    root: str = "",
    verb: str = "apply",
) -> str:
    """The outcome of an apply, or of another `verb`; unless all succeeded, each result with cause and hint."""
    style, names = style or Style(), names or ShortNames()
    lines: list[str] = []
    if not outcome.ok:
        for _, heading, told_together in result_blocks(outcome, names, whole=style.whole):
            lines.append(style.bold(f"{heading}{':' if told_together else '.'}"))
            lines += [line for block in told_together for line in _result(block, style, names)]
            lines.append("")
    lines += finding_lines((*outcome.errors, *outcome.warnings), style, root, names)
    summary = outcome_summary(outcome, verb)
    lines.append(style.good(summary) if outcome.ok else style.bad(summary))
    if not outcome.ok:
        lines.append(what_next(outcome, verb))
    return "\n".join(lines) + "\n"


def made_text(outcome: Outcome, plan: Plan) -> str:
    """The ids of the disks that a restore made, with remarks, and what drills found out."""
    lines = [
        f"Restored: {plain(change.address)}{f' ({plain(result.message)})' if result.message else ''}\n"
        for change, result in zip(plan.changes, outcome.results, strict=False)
        if change.kind is Kind.RESTORE and change.action is not Action.DESTROY and result.status is Status.DONE
    ]
    return "".join([*lines, *(f"{line}\n" for line in trials.lines(outcome, plan.names))])


def class_heading(drift: Drift, name: str, meaning: str) -> str:
    """A class of drift with how many changes and findings it has, of which kinds if the lines below fold some, and meaning."""
    kinds = Counter(change.kind for change in drift.changes_of(name))
    told = [counted_noun(kind, kinds[kind]) for kind in sorted(kinds, key=lambda kind: kind is Kind.ROLE)]
    if findings := drift.findings_of(name):
        told.append(counted(len(findings), "finding"))
    count = (
        f"{drift.count(name)}: {', '.join(told)}" if Kind.ROLE in kinds and len(told) > 1 else str(drift.count(name))
    )
    left_out = "" if name in drift.fail_on else "; not counted, see `--fail-on`"
    return f"{name} ({count}): {meaning}{left_out}"


def drift_text(drift: Drift, *, style: Style | None = None, root: str = "") -> str:
    """What differs now, each class of drift under its own heading, then the other findings."""
    style, names = style or Style(), drift.plan.names
    told_of = [*drift.classes()]
    lines = [style.bold(f"Drift of {plain(drift.plan.manifest)}"), ""] if told_of or drift.others else []
    for name, meaning in told_of:
        changes, findings = drift.changes_of(name), drift.findings_of(name)
        lines += wrapped("", class_heading(drift, name, meaning), style, paint=style.bold)
        lines.append("")
        lines += block_lines(changes, names, style, root)
        lines += told(findings, style, root, names)
        lines.append("")
    lines += finding_lines(drift.others, style, root, names)
    lines.append(style.good(drift.summary) if drift.exit_code == 0 else style.bad(drift.summary))
    return "\n".join(lines) + "\n"
