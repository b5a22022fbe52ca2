"""What a plan asks of Azure beyond the lists: what isn't known while a question is open, and what stands for it."""

from __future__ import annotations

from enum import Enum
from typing import Final

from reconciler.model.estate import DELETED_VAULT, HELD, PROTECTED_ELSEWHERE, RECOVERY_POINTS, RESTORES, ROLE_COUNT


class Pending(Enum):
    """The type of `PENDING`."""

    PENDING = "not asked yet"


class Unasked(Enum):
    """The type of `UNASKED`."""

    UNASKED = "asked before it is made"


PENDING: Final = Pending.PENDING
"""The answer to a question that has not been asked yet: decide nothing, the plan is made again with the answer."""

UNASKED: Final = Unasked.UNASKED
"""Stands for what a list lacks and nobody asked for by id: that is done before it is made."""

DOUBTS = {
    DELETED_VAULT.word: "whether a soft-deleted vault has the name {}",
    HELD.word: "what the vault {} holds",
    PROTECTED_ELSEWHERE.word: "whether another backup instance protects {}",
    RECOVERY_POINTS.word: "which recovery points {} has",
    RESTORES.word: "which restores of {} there are",
    ROLE_COUNT.word: "how many role assignments there are in {}",
}
"""What isn't known while a question has no answer, by its kind."""
