"""Jobs of vaults: backups and restores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.model.errors import Told
from reconciler.model.ids import ArmId, lower


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """A restore: `status` as Azure spells it; `began` None: unknown, `ended` None: it is running, or unknown.

    `point` (the recovery point's name) and `target` (the disk that it creates) are known only for a job that was read
    by id.
    """

    id: ArmId
    status: str
    began: datetime | None
    ended: datetime | None = None
    point: str = ""
    target: ArmId | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a vault; times are UTC, `status` and `operation` as Azure spells them.

    `instance` and `disk` None: unknown. `kind` is the type of what is backed up, as Azure spells it (empty: unknown). `ended` None: it is running. `error` is Azure's error of a failed one (None:
    none), with our advice if it gives none. `tag` and `point` (the recovery point's name) are known only for a job that
    was read by id. `disk_name`: the short name of the disk (empty: not looked up).
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
    kind: str = ""
    error: Told | None = None
    tag: str = ""
    point: str = ""
    disk_name: str = ""


ENDED = frozenset({"completed", "completedwithwarnings", "failed", "cancelled", "canceled"})
WELL = frozenset({"completed", "completedwithwarnings"})


def has_ended(one: Job) -> bool:
    """Whether a job has ended; an unknown status means that it hasn't."""
    return lower(one.status) in ENDED


def ended_well(one: Job) -> bool:
    """Whether a job has succeeded."""
    return lower(one.status) in WELL
