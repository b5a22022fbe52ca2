"""Which disks are covered by a backup, which are left out on purpose, and which are neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId
from reconciler.model.resources import Disk
from reconciler.model.short_names import ShortNames

COVERED, EXCLUDED, UNCOVERED, UNKNOWN = "covered", "excluded", "uncovered", "unknown"


@dataclass(frozen=True, slots=True)
class Covered:
    """A disk: its `state`, the reason and place in the manifest, and the instance that protects it.

    `rule` is the code of the support rule that prevents protection; empty: none is known.
    """

    disk: Disk
    state: str
    reason: str
    place: Place | None = None
    instance: ArmId | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every disk in the manifest's subscriptions, in the order of ids, and what else was found.

    `skipped` says what wasn't checked, one sentence each; `names` how disks are shown.
    """

    manifest: str
    rows: tuple[Covered, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...] = ()
    names: ShortNames = field(default_factory=ShortNames, compare=False)

    def count(self, state: str) -> int:
        """How many disks are in a state."""
        return sum(row.state == state for row in self.rows)


def by_key(rows: tuple[Covered, ...], keys: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Counts of the states by a key of each disk's lower-cased id, keys sorted."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = found.setdefault(keys[row.disk.id.key], dict.fromkeys((COVERED, EXCLUDED, UNCOVERED), 0))
        counts[row.state] = counts.get(row.state, 0) + 1
    return dict(sorted(found.items()))
