"""Several reads at once; the first failure ends them all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from reconciler.model.errors import ReconcilerError

_Result = TypeVar("_Result")


async def together(*work: Coroutine[Any, Any, _Result]) -> Sequence[_Result]:
    """All results in order; if any fails, the others are cancelled and the first error in that order is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except* ReconcilerError as failed:
        error = _first(failed)
        raise error from error.__cause__  # keeps the cause, which tells why a list couldn't be read
    return [task.result() for task in tasks]


def _first(failed: BaseExceptionGroup[ReconcilerError]) -> ReconcilerError:
    error: BaseException = failed
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ReconcilerError)  # noqa: S101 - `except*` has sorted out all others
    return error
