"""Resource guards as declared."""

from __future__ import annotations

from reconciler.manifest.entries import Context
from reconciler.manifest.names import tags
from reconciler.manifest.sections import Section
from reconciler.model.manifest import GuardSpec


def read(section: Section, context: Context) -> GuardSpec:
    """The resource guard that an entry declares, in the subscription and location of the defaults."""
    defaults, name, group = context.defaults, section["name"], section["resourceGroup"]
    own = tags(section, "tags", context.notes)
    return GuardSpec(section.here, name, defaults.subscription, group, defaults.location, own)
