"""What a plan asks of Azure beyond the lists: what isn't known while a question is open, and what stands for it."""

from __future__ import annotations

PENDING = object()
"""The answer to a question that has not been asked yet: decide nothing, the plan is made again with the answer."""

OPEN = {
    "deleted-vault": "whether a soft-deleted vault has the name {}",
    "held": "what the vault {} holds",
    "protected-elsewhere": "whether another backup instance protects {}",
    "recovery-points": "which recovery points {} has",
    "restores": "which restores of {} there are",
    "role-count": "how many role assignments there are in {}",
}
"""What isn't known while a question has no answer, by its kind."""

UNASKED = object()
"""Stands for what a list lacks and nobody asked for by id: that is done before it is made."""
