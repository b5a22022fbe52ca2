"""The state of each declared disk's backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.findings import Finding, Place
from reconciler.model.states import BAD, STATES, UNKNOWN


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """The status of one disk: times are UTC, `promise` is how old the newest recovery point may be (None: no promise).

    `is_new`: nothing shows that the disk was ever protected.
    """

    disk: str
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
    proven: datetime | None = None
    snapshots: int | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """Every declared disk in the order of ids; `skipped` says what wasn't checked."""

    manifest: str
    rows: tuple[DiskStatus, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]
    now: datetime

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
