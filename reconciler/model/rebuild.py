"""What it takes to bring a machine back from copies of its disks: data of a runbook, which a person carries out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.ids import ArmId
from reconciler.model.resources import Attachment


@dataclass(frozen=True, slots=True)
class Replacement:
    """A disk that a copy is to replace, and when the copy's recovery point was taken."""

    old: Attachment
    disk: ArmId
    copy: ArmId
    taken: datetime


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A machine, and the copies of its disks: `at` is when the last recovery point was taken, `spread` how long after the first.

    `replaced` has the OS disk first, then the data disks by LUN; `left` are disks without a copy, which stay as they are.
    """

    machine: ArmId
    at: datetime
    spread: timedelta
    replaced: tuple[Replacement, ...]
    left: tuple[Attachment, ...] = ()
