"""Concurrent reads, and what is known from them: the one place where an error becomes an absence, or a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, TypeVar

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete, ReconcilerError
from reconciler.model.known import NO, OUT_OF_REACH, Known, Unsure, Yes

_Value = TypeVar("_Value")


VANISHED = Unsure("it is gone, though it was listed a moment ago", "run it again")
"""What is known of what lies below something that a list has shown and a read by id no longer finds."""


async def together(*work: Coroutine[Any, Any, _Value]) -> Sequence[_Value]:
    """All results in order; if any fails, the others are cancelled and the first error in that order is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failed:  # not `except*`: until Python 3.11.4 what is raised there is a group again
        error = _first(failed)
        if failed.split(ReconcilerError)[1] is not None or not isinstance(error, ReconcilerError):
            raise
        raise error from error.__cause__  # keeps the cause, which tells why a list couldn't be read
    return [task.result() for task in tasks]


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = failed
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def known(read: Awaitable[_Value]) -> Known[_Value]:
    """What a read returns; no after Resource Manager's own 404 for that very resource, unsure after any other error.

    A list that can't be read is never a no, whatever Azure answers. A missing access token stays an error, and so does a
    certificate that isn't trusted.
    """
    try:
        return Yes(await read)
    except NotFound:
        return NO
    except (AzureError, ReadIncomplete) as error:
        if error.code in (error_codes.NO_TOKEN.code, error_codes.UNTRUSTED.code):
            raise
        return unsure(error)


def unsure(error: AzureError | ReadIncomplete) -> Unsure:
    """Unsure, with the error's message and hint."""
    cause = error.__cause__ if isinstance(error, ReadIncomplete) else error
    if isinstance(cause, OutOfReach):
        why = "Azure did not accept the sign-in" if cause.is_unsigned else "the caller may not read it"
        return Unsure(f"{why}: {error.message}", error.hint, OUT_OF_REACH)
    return Unsure(error.message, error.hint)
