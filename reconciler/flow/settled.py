"""After waiting for operations that were already running, check that each disk now matches the manifest."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.flow.look import look
from reconciler.model.errors import ReconcilerError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.model.results.outcome import Outcome

_INTERRUPTED = "interrupted"


async def compared(
    outcome: Outcome, azure: Azure, manifest: Manifest, options: Options, clock: Clock, stop: asyncio.Event
) -> Outcome:
    """The outcome after another look at Azure; if the look fails, or `stop` ends it, nothing waited for counts as done.

    Raises nothing, not even for a fault of the tool, since what was written must be reported in any case.
    """
    looking = asyncio.ensure_future(look(azure, manifest, options, clock))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not looking.done():
            return replace(outcome.unseen(_INTERRUPTED), interrupted=_INTERRUPTED)
        return outcome.compared(looking.result())
    except ReconcilerError as error:
        return outcome.unseen(error.message)
    except Exception as error:  # noqa: BLE001 - the result of an apply is worth more than where it came from
        return outcome.unseen(f"{type(error).__name__}: {error}")
    finally:
        for future in (looking, stopping):
            future.cancel()
        await asyncio.gather(looking, stopping, return_exceptions=True)
