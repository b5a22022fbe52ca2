"""What the deletion of a backup instance costs, in words: recovery points, and until when it can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.plurals import counted
from reconciler.model.estate import KEPT_POINTS
from reconciler.model.known import Unsure, Yes
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.planning.draft import Draft


def cost(draft: Draft, instance: Instance, *, softly: bool) -> str:
    """What is lost with an instance, for a sentence; empty while that is still asked for.

    `softly`: the vault keeps what is deleted for a while, as the vault is after this plan.
    """
    match draft.questions.answer(KEPT_POINTS(instance.id)):
        case Yes(points):
            lost = _points(points)
        case Unsure(because):
            lost = f"could not tell how many recovery points it has: {because}"
        case _:
            return ""
    return f"{lost}; {_way_back(draft, instance, softly=softly)}"


def _points(points: Sequence[RecoveryPoint]) -> str:
    if not points:
        return "no recovery point of it is listed"
    newest, oldest = points[0].taken, points[-1].taken
    if len(points) == 1:
        return f"its only recovery point, of {newest:%Y-%m-%d %H:%M} UTC, is lost"
    return f"{counted(len(points), 'recovery point')} of {oldest:%Y-%m-%d} to {newest:%Y-%m-%d %H:%M} UTC are lost"


def _way_back(draft: Draft, instance: Instance, *, softly: bool) -> str:
    vault = draft.world.estate.vaults.get(instance.vault.key)
    days = vault.soft_delete_retention_days if vault else None
    if not softly:
        return "it can't be undeleted, since soft delete is off in its vault"
    return (
        f"it can be undeleted for {days:g} days" if days else "for how long it can be undeleted isn't told by its vault"
    )
