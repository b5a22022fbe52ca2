"""Jobs of vaults: backups and restores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.model.errors import Told
from reconciler.model.ids import ArmId, lower


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """A restore: `status` as spelled; `began` None: not told, `ended` None: it runs, or that isn't told.

    `point` (the recovery point's name) and `target` (the disk that it makes) are known only of a job that was read
    singly.
    """

    id: ArmId
    status: str
    began: datetime | None
    ended: datetime | None = None
    point: str = ""
    target: ArmId | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a vault; times are UTC, `status` and `operation` as spelled.

    `instance` and `disk` None: not told. `ended` None: it runs. `error` is what Azure says of one that
    failed (None: nothing), with our advice where it gives none. `tag` and `point` (the recovery point's name) are known
    only of a job that was read singly.
    """

    id: ArmId
    status: str
    operation: str
    by_user: bool
    began: datetime | None
    ended: datetime | None
    instance: ArmId | None
    disk: ArmId | None
    policy: str
    error: Told | None = None
    tag: str = ""
    point: str = ""


ENDED = frozenset({"completed", "completedwithwarnings", "failed", "cancelled", "canceled"})
WELL = frozenset({"completed", "completedwithwarnings"})


def has_ended(one: Job) -> bool:
    """Whether a job is over; a word that nobody knows means that it isn't."""
    return lower(one.status) in ENDED


def ended_well(one: Job) -> bool:
    """Whether a job is over, and did what it was to do."""
    return lower(one.status) in WELL
