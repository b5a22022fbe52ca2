"""The recovery points of disks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.model.ids import ArmId
from reconciler.model.resources import Target


@dataclass(frozen=True, slots=True)
class Point:
    """A recovery point: when it was taken and when it expires (None: unknown), its kind, its retention rule."""

    id: ArmId
    taken: datetime
    expires: datetime | None
    kind: str
    retention_rule: str
    state: str


@dataclass(frozen=True, slots=True)
class DiskPoints:
    """The recovery points of one disk, newest first, from all its instances; `found` also counts those left out.

    `name` is the disk's short name.
    """

    target: Target
    points: tuple[Point, ...]
    found: int
    name: str = ""
