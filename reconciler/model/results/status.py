"""The state of each declared disk's backups, and what each state means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId
from reconciler.model.short_names import ShortNames

OK, LATE, FAILING, GONE, UNPROTECTED, WAITING, HALTED, UNKNOWN = (
    "ok", "late", "failing", "gone", "unprotected", "waiting", "halted", "unknown",
)  # fmt: skip
STATES: Mapping[str, str] = {
    GONE: "the disk no longer exists in Azure",
    FAILING: "protection or the last backup failed, or snapshots of its recovery points are gone",
    LATE: "the newest recovery point is older than the schedule promises",
    UNPROTECTED: "declared protected, but not protected",
    UNKNOWN: "could not tell when the newest recovery point was made",
    WAITING: "protected so recently that the first backup isn't due yet",
    HALTED: "suspended or stopped, as declared",
    OK: "protected, and as fresh as the schedule promises",
}
"""Every state with its meaning, worst first."""

BAD = frozenset({FAILING, GONE, LATE, UNPROTECTED})
"""The states that make `status` exit with 2."""


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """The status of one disk: times are UTC, `promise` is how old the newest recovery point may be (None: no promise).

    `vault`: where it is backed up, or will be (None: nowhere). `untold`: the fields whose value isn't known; an empty one that isn't among them has none.
    `jobs_known`: whether it has an instance whose jobs could be read; `is_new`: nothing shows that the disk was ever protected.
    """

    disk: ArmId
    state: str
    note: str
    protection: str
    policy: str
    place: Place
    newest: datetime | None = None
    age: timedelta | None = None
    promise: timedelta | None = None
    job: str = ""
    job_began: datetime | None = None
    jobs_known: bool = False
    proven: datetime | None = None
    snapshots: int | None = None
    is_new: bool = False
    untold: frozenset[str] = frozenset()
    vault: ArmId | None = None
    drill_failed: datetime | None = None


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """Every declared disk in the order of ids; `skipped` says what wasn't checked, `names` how disks are shown.

    `policies` are the manifest's names of those in Azure whose names were derived from them, by these in lower case.
    """

    manifest: str
    rows: tuple[DiskStatus, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]
    now: datetime
    names: ShortNames = field(default_factory=ShortNames, compare=False)
    policies: Mapping[str, str] = field(default_factory=dict, compare=False)

    def count(self, state: str) -> int:
        """How many disks are in a state."""
        return sum(row.state == state for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """The number of disks by state, worst first, without empty states."""
        return {state: count for state in STATES if (count := self.count(state))}

    @property
    def exit_code(self) -> int:
        """2 when anything is late or failing, a drill included; 1 when something could not be told; else 0."""
        unclear = self.count(UNKNOWN) or any(one.drift == "out-of-reach" for one in self.findings)
        bad = any(row.state in BAD for row in self.rows) or any(one.drift == "unhealthy" for one in self.findings)
        return 1 if unclear else 2 if bad else 0
