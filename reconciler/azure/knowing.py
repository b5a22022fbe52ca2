"""From reads to what is known: the one place where an error becomes a no or an unsure."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete
from reconciler.model.known import NO, OUT_OF_REACH, Known, Unsure, Yes

_Value = TypeVar("_Value")


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
