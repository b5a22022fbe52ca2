"""How role assignments are to be seen to: the one section that is no list."""

from __future__ import annotations

from reconciler.manifest.sections import Section
from reconciler.model.manifest import RoleSettings


def read(section: Section) -> RoleSettings:
    """What `roleAssignments` says."""
    return RoleSettings(**section)
