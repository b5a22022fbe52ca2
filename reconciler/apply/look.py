"""One look at Azure: what `plan`, `drift` and the first half of `apply` have in common."""

from __future__ import annotations

from reconciler.azure.connection import Azure
from reconciler.clock import Clock
from reconciler.manifest.model import Manifest
from reconciler.plan.model import Options, Plan


async def look(azure: Azure, manifest: Manifest, options: Options, clock: Clock) -> Plan:
    """Read what the manifest concerns, and plan; each question that the lists leave open is asked once.

    Raises ReadIncomplete or AzureError when Azure can't be read to the end.
    """
    from reconciler.azure.reading import answer, read_estate
    from reconciler.plan.making import make
    from reconciler.plan.reach import reach

    estate = await read_estate(azure, reach(manifest, options.shard))
    now = clock.now()
    plan = make(manifest, estate, options, now)
    while plan.questions:
        open_questions = [question for question in plan.questions if question not in estate.answers]
        if not open_questions:
            raise RuntimeError(f"planning asks again what was answered: {plan.questions[0]}")
        estate.answers.update(await answer(azure, open_questions))
        plan = make(manifest, estate, options, now)
    return plan
