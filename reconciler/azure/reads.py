"""Reads together, and what is known from them: the one place where an error becomes an absence, or a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, TypeVar

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete, ReconcilerError
from reconciler.model.known import NO, OUT_OF_REACH, Known, Unsure, Yes

_Value = TypeVar("_Value")


async def together(*work: Coroutine[Any, Any, _Value]) -> Sequence[_Value]:
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


async def known(read: Awaitable[_Value]) -> Known[_Value]:
    """What a read returns; no after Resource Manager's own 404 for that very resource, unsure after any other error.

    A list that can't be read is never a no, whatever Azure answers. A missing access token stays an error.
    """
    try:
        return Yes(await read)
    except NotFound:
        return NO
    except (AzureError, ReadIncomplete) as error:
        if error.code == error_codes.NO_TOKEN.code:
            raise
        return unsure(error)


def unsure(error: AzureError | ReadIncomplete) -> Unsure:
    """Unsure, with the error's message and hint."""
    cause = error.__cause__ if isinstance(error, ReadIncomplete) else error
    if isinstance(cause, OutOfReach):
        return Unsure(f"the caller may not read it: {error.message}", error.hint, OUT_OF_REACH)
    return Unsure(error.message, error.hint)
