"""What entries get that do not say so themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.manifest.choices import Use, choice
from reconciler.manifest.names import region, tags
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.model.ids import lower
from reconciler.model.manifest import Choice


@dataclass(frozen=True, slots=True)
class Defaults:
    """The compiled `defaults`; empty where nothing is said. `subscriptions` are lower-cased."""

    subscription: str = ""
    location: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    vault: Choice | None = None
    policy: Choice | None = None
    snapshot_group: Choice | None = None
    time_zone: str = ""
    subscriptions: tuple[str, ...] = ()
    section: Section = field(default_factory=Section)


def defaults(section: Section, uses: list[Use], notes: Notes) -> Defaults:
    """The defaults that the mapping states."""
    return Defaults(
        subscription=section.get("subscription", ""),
        location=region(section.get("location", "")),
        tags=tags(section, "tags", notes),
        vault=choice(section, "vault", uses, notes),
        policy=choice(section, "policy", uses, notes),
        snapshot_group=choice(section, "snapshotResourceGroup", uses, notes),
        time_zone=section.get("timeZone", ""),
        subscriptions=tuple(dict.fromkeys(lower(text) for text in section.get("subscriptions", ()))),
        section=section,
    )
