"""How role assignments are managed: the only section that isn't a list."""

from __future__ import annotations

from reconciler.manifest.sections import Section
from reconciler.model.manifest import RoleSettings


def read(section: Section) -> RoleSettings:
    """The settings under `roleAssignments`."""
    return RoleSettings(**section)
