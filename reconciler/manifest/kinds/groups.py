"""Snapshot resource groups as declared."""

from __future__ import annotations

from reconciler.manifest.entries import Context, check_unmanaged
from reconciler.manifest.names import region, tags
from reconciler.manifest.sections import Section
from reconciler.model.manifest import GroupSpec


def read(section: Section, context: Context) -> GroupSpec:
    """The snapshot resource group that an entry declares."""
    manage: bool = section.get("manage", True)
    if not manage:
        check_unmanaged(section, ("tags", "location"), context.notes)
    return GroupSpec(
        place=section.here,
        name=section["name"],
        location=region(section["location"]) if "location" in section else None,
        manage=manage,
        azure_name=section.get("azureName"),
        tags=tags(section, "tags", context.notes),
        default_tags=context.defaults.tags,
    )
