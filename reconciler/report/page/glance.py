"""The first sentence of the page: whether the estate is well, and what needs attention if it isn't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.base.plurals import counted
from reconciler.model.findings import Severity
from reconciler.model.results.outcome import Status
from reconciler.report.page.model import ATTENTION, BAD, GOOD, LATE, LEFT_OUT, NEW, Page


@dataclass(frozen=True, slots=True)
class Glance:
    """How the whole is: a state, whose colour it has, and sentences."""

    state: str
    said: tuple[str, ...]


def glance(page: Page) -> Glance:
    """How the whole is; well only if everything was read, and nothing in it needs attention."""
    counts = page.all.counts
    bad = [counted(counts[state], f"disk {state}", f"disks {state}") for state in ATTENTION if counts.get(state)]
    sentences = list(_sentences(page, bad))
    return Glance(_state(page, has_bad=bool(bad)), tuple(sentences))


def _state(page: Page, *, has_bad: bool) -> str:
    severities = {one.severity for one in page.findings}
    is_refused = bool(page.plan and page.plan.closed_gates) or bool(page.outcome and not page.outcome.ok)
    if page.all.counts.get(BAD) or Severity.ERROR in severities or is_refused:
        return BAD
    if has_bad or page.skipped or page.disks is None or Severity.WARNING in severities:
        return LATE
    return NEW if page.all.counts.get(NEW) or (page.plan and page.plan.changes) or not page.disks else GOOD


def _sentences(page: Page, bad: list[str]) -> Iterator[str]:
    counts = page.all.counts
    wanted = page.all.total - counts.get(LEFT_OUT, 0)
    if page.disks is None:
        yield "The estate could not be read."
    elif bad:
        yield f"{', '.join(bad)}."
    elif not page.disks:
        yield "No disks."
    elif counts.get(GOOD, 0) == wanted and wanted:
        yield f"{'All ' if wanted > 1 else ''}{counted(wanted, 'disk is', 'disks are')} covered."
    if page.outcome and not page.outcome.ok:
        yield f"The apply is incomplete: {len(page.outcome.with_status(Status.DONE))} of {len(page.outcome.results) + len(page.outcome.errors)} done."
    new, errors = counts.get(NEW, 0), sum(one.severity is Severity.ERROR for one in page.findings)
    if new:
        yield f"{counted(new, 'new disk waits', 'new disks wait')} for the next apply."
    if errors:
        yield f"{counted(errors, 'error')}."
    if page.plan and page.plan.closed_gates:
        yield f"The plan is refused by {counted(len(page.plan.closed_gates), 'closed gate')}."
    if page.skipped:
        yield "Not everything was read."
