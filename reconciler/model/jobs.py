"""Jobs of vaults: backups and restores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.model.ids import ArmId


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

    `instance` and `disk` None: not told. `ended` None: it runs. `error` is the wire's `errorDetails`. `tag` and `point`
    (the recovery point's name) are known only of a job that was read singly.
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
    error: tuple[Mapping[str, Any], ...] = ()
    tag: str = ""
    point: str = ""
