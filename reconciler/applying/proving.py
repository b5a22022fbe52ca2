"""Proofs that a disk is ours, without which nothing is written to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from reconciler.azure.disks import keeping_tags
from reconciler.model.changes import Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError

Proof = Callable[[], Awaitable[Mapping[str, Any] | None]]
"""Raises ReconcilerError unless the disk is proved to be the one to write to, or absent before one is created.

Returns the disk as just read, whose tags are kept when it is written to; None: there is none.
"""

_PROVEN = frozenset({Op.RESTORE_START, Op.DISK_PATCH, Op.DISK_DELETE})


async def proved(step: Step, proof: Proof | None) -> Step:
    """The step as it may be sent, once what it writes to is proved; ReconcilerError when it isn't."""
    if step.op not in _PROVEN:
        return step
    if proof is None:
        raise _unproven(step)
    live = await proof()
    if step.op is not Op.DISK_PATCH:
        return step
    if live is None:
        raise _unproven(step)
    return keeping_tags(step, live)


def _unproven(step: Step) -> ReconcilerError:
    return ReconcilerError(
        f"{step.target.name} was not written to: nothing proves that it is ours", code=error_codes.NOT_OURS
    )
