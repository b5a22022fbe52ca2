"""Azure's first answer to a write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.model.changes import Step
from reconciler.model.errors import NotFound

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations


@dataclass(frozen=True, slots=True)
class Receipt:
    """The first answer to a write.

    `operation` and `location` are the URLs of a long-running operation (Azure-AsyncOperation and Location; never print
    them, they may be signed), `retry_after` the seconds that Azure asks to wait. `adopted`: the object existed already,
    under another name; `unchanged`: nothing was sent, since nothing would have changed.
    """

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    operation: str = ""
    location: str = ""
    retry_after: float = 0.0
    adopted: bool = False
    unchanged: bool = False


Write = Callable[["Operations", Step], Awaitable[Receipt]]
"""Writes a step by the SDK's operations."""


async def satisfied(deletion: Awaitable[Receipt]) -> Receipt:
    """A deletion's receipt; an object that doesn't exist counts as deleted."""
    try:
        return await deletion
    except NotFound:
        return Receipt(HTTPStatus.NO_CONTENT)
