"""The plan on the page: what is dangerous by itself, then blocks of changes, with all that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.changes import Change
from reconciler.model.plan import Plan
from reconciler.model.short_names import ShortNames
from reconciler.report.page.wording import text
from reconciler.report.plans.paragraphs import Paragraph, block, danger
from reconciler.report.plans.shapes import blocks

_WORD = {"+": "added", "-": "removed", "~": "changed"}


@dataclass(frozen=True, slots=True)
class NumberedParagraph:
    """A paragraph of the plan with its number on the page, from 1, and the names of all that it is of."""

    number: int
    told: Paragraph
    action: str
    names: tuple[str, ...]


def parts(plan: Plan, names: ShortNames, root: str) -> list[NumberedParagraph]:
    """The parts of a plan, dangerous ones first."""
    dangers = [(danger(change, names, root), (change,)) for change in plan.changes if change.danger]
    others = [(block(one, names, root), one.changes) for one in blocks(plan.changes)]
    return [_part(number, *one, names) for number, one in enumerate((*dangers, *others), 1)]


def _part(number: int, told: Paragraph, changes: Sequence[Change], names: ShortNames) -> NumberedParagraph:
    whole = tuple(text(names.shown(change.address)) for change in changes)
    return NumberedParagraph(number, told, str(changes[0].action), whole)


def word(symbol: str) -> str:
    """The word that repeats what the colour of a line means; nothing for a line without a symbol."""
    return _WORD.get(symbol, "")
