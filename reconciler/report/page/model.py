"""The data of the report page, as small rows of plain values; unknown values are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model.findings import Finding
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.model.short_names import ShortNames

GOOD, LATE, BAD, NEW, OPEN, LEFT_OUT = "covered", "late", "failing", "new", "uncovered", "excluded"
STATES: Mapping[str, str] = {
    GOOD: "protected, and its newest recovery point is as fresh as its schedule promises, or the first isn't due yet",
    LATE: "protected, but its newest recovery point is older than its schedule promises, or its age is unknown",
    BAD: "declared, and not protected as it should be",
    NEW: "declared, and not protected yet: the next apply does that",
    OPEN: "nothing protects it",
    LEFT_OUT: "left out on purpose, or declared as suspended or stopped",
}
"""The states of a disk on the page, each with its meaning."""

ATTENTION = (BAD, LATE, OPEN)
"""The states that need attention, worst first: a new disk only waits for the next apply."""


@dataclass(frozen=True, slots=True)
class DiskRow:
    """One disk: `state` is one of STATES, `newest` when its newest recovery point was made (ISO 8601; empty: unknown).

    `age_hours` is that point's age and `promise_hours` the most that its schedule allows (None: unknown); `proven` when
    a restore of it last succeeded; `note` the reason for its state.
    """

    id: ArmId
    state: str
    vault: str = ""
    policy: str = ""
    protection: str = ""
    newest: str = ""
    age_hours: float | None = None
    promise_hours: float | None = None
    proven: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The disk's name."""
        return self.id.name

    @property
    def subscription(self) -> str:
        """The subscription's id, lower-cased."""
        return self.id.subscription

    @property
    def group(self) -> str:
        """The resource group's name."""
        return self.id.group


@dataclass(frozen=True, slots=True)
class Share:
    """How many disks of a subscription, a vault or the whole estate are in each state."""

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of all disks."""
        return sum(self.counts.values())

    @property
    def percent(self) -> int:
        """The percentage of disks covered, among those not left out, rounded down, so that 100 means all."""
        wanted = self.total - self.counts.get(LEFT_OUT, 0)
        return 100 * self.counts.get(GOOD, 0) // wanted if wanted else 100

    @property
    def attention(self) -> int:
        """How many disks need attention."""
        return sum(self.counts.get(state, 0) for state in ATTENTION)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page; `made` is the time (ISO 8601), `plan` what differs (None: not read).

    `disks` None: not read; `outcome` is that of an apply before the looks, if there was one. `names`: how ids are shown.
    """

    manifest: str
    made: str
    version: str
    disks: tuple[DiskRow, ...] | None = None
    plan: Plan | None = None
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    root: str = ""
    outcome: Outcome | None = None
    names: ShortNames = field(default_factory=ShortNames)

    @property
    def all(self) -> Share:
        """All disks."""
        return Share("all", Counter(row.state for row in self.disks or ()))

    @property
    def by_subscription(self) -> list[Share]:
        """A share for each subscription."""
        return _shares((row.subscription, row.state) for row in self.disks or ())

    @property
    def by_vault(self) -> list[Share]:
        """A share for each vault that holds disks."""
        return _shares((row.vault, row.state) for row in self.disks or () if row.vault)


def _shares(pairs: Iterable[tuple[str, str]]) -> list[Share]:
    counts: dict[str, Counter[str]] = {}
    for name, state in pairs:
        counts.setdefault(name, Counter())[state] += 1
    return [Share(name, counted) for name, counted in sorted(counts.items())]


@dataclass(frozen=True, slots=True)
class Freshness:
    """The recovery points of a vault's disks: the oldest of each disk's newest, in hours; how many are late or unknown."""

    vault: str
    disks: int
    oldest_hours: float | None
    late: int
    unknown: int


def freshness(rows: Iterable[DiskRow]) -> list[Freshness]:
    """One row for each vault that holds disks."""
    by_vault: dict[str, list[DiskRow]] = {}
    for row in rows:
        if row.vault:
            by_vault.setdefault(row.vault, []).append(row)
    return [
        Freshness(
            vault,
            len(held),
            max((row.age_hours for row in held if row.age_hours is not None), default=None),
            sum(row.state == LATE for row in held),
            sum(row.age_hours is None for row in held),
        )
        for vault, held in sorted(by_vault.items())
    ]
