"""The built-in roles that Azure Disk Backup needs, by their well-known GUIDs (the same in every cloud)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.ids import lower
from reconciler.model.resources import RoleAssignment


@dataclass(frozen=True, slots=True)
class Role:
    """A built-in role: its GUID, Azure's display name, and the word for it in addresses."""

    guid: str
    title: str
    word: str


DISK_BACKUP_READER = Role("3e5e47e6-65f7-47ef-90b5-e5dd4d455f24", "Disk Backup Reader", "disk-backup-reader")
DISK_SNAPSHOT_CONTRIBUTOR = Role(
    "7efff54f-a5b4-42b5-a1c5-5411624893ce", "Disk Snapshot Contributor", "disk-snapshot-contributor"
)
READER = Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "reader")
DISK_RESTORE_OPERATOR = Role("b50d9833-a0cb-478e-945f-707fcc997c13", "Disk Restore Operator", "disk-restore-operator")

BY_GUID = {role.guid: role for role in (DISK_BACKUP_READER, DISK_SNAPSHOT_CONTRIBUTOR, READER, DISK_RESTORE_OPERATOR)}


SETTLED = timedelta(hours=24)
"""The age after which nobody is still about to protect a disk with an assignment."""


def is_settled(assignment: RoleAssignment, now: datetime) -> bool:
    """Whether an assignment is so old that the run that made it has ended; one without a time isn't known to be."""
    return assignment.created is not None and now - assignment.created > SETTLED


def title_of(role: str) -> str:
    """The title of the role with this id; the id itself for a role that isn't built in."""
    known = BY_GUID.get(lower(role))
    return known.title if known else role
