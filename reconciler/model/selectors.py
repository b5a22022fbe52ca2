"""Which disks an entry is about, by what they are like, and how much of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.findings import Place


@dataclass(frozen=True, slots=True)
class Selector:
    """Which disks: keys are joined by AND, values in a list by OR; None: any.

    `tags` maps a lower-cased tag key to accepted values (`*`: present); names may have `*`; the rest is lower-cased,
    locations and subscriptions normalised.
    """

    place: Place
    subscriptions: tuple[str, ...] | None = None
    management_groups: tuple[str, ...] | None = None
    resource_groups: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    locations: tuple[str, ...] | None = None
    skus: tuple[str, ...] | None = None
    tags: Mapping[str, tuple[str, ...]] | None = None
    attached_names: tuple[str, ...] | None = None
    attached_tags: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A selector of disks that an entry leaves out, and why."""

    selector: Selector
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How many backup instances, with how many recovery points together, may be deleted."""

    instances: int
    points: int
