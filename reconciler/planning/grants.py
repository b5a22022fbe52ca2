"""What the protection of one disk has of the role assignments that it needs, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.changes import Probe

Principal = str | Mapping[str, str]
"""A principal's id, or what tells that it is known only after apply."""


@dataclass(slots=True)
class Grants:
    """What one disk's protection has and lacks: addresses of planned assignments, addresses of missing ones that are
    not ours to make, and scopes of those that are so new that they may not be effective yet.
    """

    planned: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    young: list[str] = field(default_factory=list)

    def probe(self, *about: str) -> Probe | None:
        """What must be effective before a write; those that are `about` the same share it. None when nothing is new."""
        new = (*self.planned, *self.young, *self.missing)
        if not new:
            return None
        return Probe(
            "|".join((*about, *new)), bool(self.planned or self.young), tuple(self.planned), tuple(self.missing)
        )
