"""Asks Azure the open questions of a plan until none is left."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.azure.connection import Azure
from reconciler.azure.reading import answer
from reconciler.model.estate import Estate
from reconciler.model.plan import Plan


async def answered(azure: Azure, estate: Estate, make: Callable[[Estate], Plan]) -> Plan:
    """The plan that `make` makes of an estate, once it has no open questions."""
    plan = make(estate)
    while plan.questions:
        open_questions = [question for question in plan.questions if question not in estate.answers]
        if not open_questions:
            raise RuntimeError(f"planning asks a question that was already answered: {plan.questions[0]}")
        estate.answers.update(await answer(azure, open_questions))
        plan = make(estate)
    return plan
