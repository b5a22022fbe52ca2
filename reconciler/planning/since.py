"""Since when a disk is protected: what its backup instance, its jobs and its own role assignment tell of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from reconciler.model.builtin_roles import DISK_BACKUP_READER
from reconciler.model.ids import ArmId
from reconciler.model.resources import Instance
from reconciler.model.tags import PROTECTED_TAG, tag_of
from reconciler.planning.world import World

_SLACK = timedelta(minutes=5)
"""How far the clocks of two machines may be apart."""


def protected_since(instance: Instance, jobs: Iterable[datetime], now: datetime) -> datetime | None:
    """Since when an instance protects its disk, at the latest: its own times, else its first known job; None: not told.

    A time that is yet to come tells nothing.
    """
    own = (_moment(tag_of(instance.tags, PROTECTED_TAG)), instance.created)
    believed = [one for one in own if one is not None and one <= now + _SLACK]
    return max(believed, default=None) or min(jobs, default=None)


def granted(world: World, disk: ArmId) -> datetime | None:
    """When the disk's own role assignment was made, without which no backup could be taken; None: it has none."""
    times: Mapping[str, datetime] = {
        key: row.created
        for key, row in world.estate.roles.items()
        if row.scope == disk and row.role == DISK_BACKUP_READER.guid and row.created
    }
    return max(times.values(), default=None)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
