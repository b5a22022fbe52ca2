"""What is known of one thing that a manifest manages, or of a disk that it doesn't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.addresses import Address
from reconciler.model.changes import Change
from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId
from reconciler.model.short_names import ShortNames

ASSIGNED, YOUNG, PLANNED, MISSING, UNTOLD = "assigned", "new", "planned", "missing", "unknown"
RIGHTS: Mapping[str, str] = {
    ASSIGNED: "assigned",
    YOUNG: "assigned less than 30 minutes ago, so that it may not be effective yet",
    PLANNED: "missing, and made by the next apply",
    MISSING: "missing",
    UNTOLD: "couldn't tell",
}
"""The states of a role assignment that a disk needs, with their meaning."""


@dataclass(frozen=True, slots=True)
class Right:
    """A role assignment that a disk needs, by its address, and its state."""

    address: Address
    state: str


@dataclass(frozen=True, slots=True)
class Rival:
    """Who else claims a disk: an instance that isn't the declared one, or a mark of another manifest; `owner` may be empty."""

    what: str
    owner: str
    instance: ArmId | None = None


@dataclass(frozen=True, slots=True)
class DiskBackups:
    """The backups of a disk; times are UTC. What isn't known is None or empty, and in `Dossier.untold`.

    `policy` is the declared one, if an entry declares any, `live_policy` that of the backup instance.
    """

    vault: str
    policy: str
    protection: str
    state: str
    note: str
    newest: datetime | None
    due: datetime | None
    rights: tuple[Right, ...]
    rivals: tuple[Rival, ...]
    live_policy: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All about one address. `chosen` says how an entry declares it (empty: by its name), `place` where; `backups` None: it is no disk.

    `changes` are those of the next apply to it, `gates` the closed gates that refuse them, `findings` what the plan says
    of it. `untold`: what could not be told, and why. `names` is how addresses are shown, `now` the time of the look.
    """

    manifest: str
    address: Address
    chosen: str
    place: Place | None
    backups: DiskBackups | None
    changes: tuple[Change, ...]
    gates: tuple[str, ...]
    findings: tuple[Finding, ...]
    untold: Mapping[str, str]
    now: datetime
    names: ShortNames = field(default_factory=ShortNames, compare=False)
