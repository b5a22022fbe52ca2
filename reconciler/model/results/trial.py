"""What a drill found out about one disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.addresses import Address
from reconciler.model.ids import ArmId


class TrialVerdict(StrEnum):
    """Whether a disk can be restored; only `passed` proves it."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial restore: `copy` was restored from the recovery point `point` of `source`, which was `taken` then.

    `job` is the restore's job (None: not known); `began`, `restored` and `verified` are when the restore was asked for,
    when the copy was there, and when the program under `verify` had ended (None: that never happened). `command` is that
    program with its words (empty: there is none), `exit_code` what it ended with, `output` the end of what it wrote.
    `code` is that of the error that it failed with.
    """

    address: Address
    source: ArmId
    point: ArmId
    taken: str
    copy: ArmId
    began: datetime
    command: tuple[str, ...] = ()
    job: ArmId | None = None
    restored: datetime | None = None
    verified: datetime | None = None
    exit_code: int | None = None
    output: str = ""
    verdict: TrialVerdict = TrialVerdict.UNKNOWN
    code: str = ""

    def seconds_to(self, moment: datetime | None) -> float | None:
        """How long after its beginning something happened, in seconds; None: it didn't."""
        return None if moment is None else (moment - self.began).total_seconds()
