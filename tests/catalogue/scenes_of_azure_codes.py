"""Azure's own codes, each as the result of a change that failed with it: those that are told alike together."""

from __future__ import annotations

from functools import partial

from scenes import WIDTH, Scenes

from reconciler.model.addresses import disk
from reconciler.model.changes import Action, Kind
from reconciler.model.codes.azure import CODES
from reconciler.model.ids import ArmId
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.style import Style
from reconciler.report.terminal import outcome_text

_DISK = disk(ArmId("/subscriptions/payments/resourceGroups/diskrg/providers/Microsoft.Compute/disks/sql-003"))


def failed(code: str) -> str:
    """A disk's change that failed so, in our words where Azure gives none."""
    known = CODES[code.lower()]
    result = Result(_DISK, Kind.DISK, Action.ADD, Status.FAILED, known.meaning, known.code, known.hint)
    return outcome_text(Outcome((result,)), style=Style(width=WIDTH))


SCENES: Scenes = {one.code: partial(failed, one.code) for one in CODES.values()}
