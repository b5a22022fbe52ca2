"""How far a run is, as one line for each kind of change: `48 disks: 31 protected, 17 waiting for permissions`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.base.escape import plain
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.plans.shapes import counted_noun

_DOING = {Action.ADD: "being created", Action.CHANGE: "being changed", Action.DESTROY: "being deleted"}
_DONE = {Action.ADD: "created", Action.CHANGE: "changed", Action.DESTROY: "deleted"}
_OWN: Mapping[tuple[Kind, Action], tuple[str, str]] = {
    (Kind.DISK, Action.ADD): ("being protected", "protected"),
    (Kind.ROLE, Action.ADD): ("being granted", "granted"),
    (Kind.ROLE, Action.DESTROY): ("being revoked", "revoked"),
}
_NOT_BEGUN = "not begun"
_AT_WORK = "already in progress"
_ENDED = {Status.FAILED: "failed", Status.SKIPPED: "skipped", Status.IN_PROGRESS: "still in progress"}


class Cohort:
    """The changes of one kind, and what was in progress already, each with the words for its state."""

    def __init__(self, kind: Kind, names: ShortNames) -> None:
        self._kind = kind
        self._names = names
        self._states: dict[Address, str] = {}
        self._begun: dict[Address, str] = {}
        self._ended: dict[Address, None] = {}

    def expect(self, address: Address, state: str = _NOT_BEGUN) -> None:
        """Count one more change, or one more wait."""
        self._states[address] = state

    def start(self, change: Change) -> None:
        """A change has begun."""
        doing, _ = _OWN.get((change.kind, change.action), (_DOING[change.action], ""))
        self._begun[change.address] = self._states[change.address] = doing

    def turn(self, address: Address, state: str) -> None:
        """A change is in this state now; an empty one means that it is being carried out."""
        self._states[address] = state or self._begun.get(address, _NOT_BEGUN)

    def end(self, result: Result) -> None:
        """A change, or a wait, has its result."""
        done = "finished"
        if result.action:
            done = _OWN.get((result.kind, result.action), ("", _DONE[result.action]))[1]
        self._states[result.address] = _ENDED.get(result.status, done)
        self._ended[result.address] = None

    @property
    def is_under_way(self) -> bool:
        """Whether something in it has begun, or ended, and something has not ended."""
        return bool(self._begun or self._ended) and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether all of it has ended."""
        return len(self._ended) == len(self._states)

    @property
    def text(self) -> str:
        """What it is of, and how many are in which state: what has ended first, what hasn't begun last."""
        if len(self._states) == 1:
            (address, state), *_ = self._states.items()
            return f"{plain(self._names.shown(address))}: {state}"
        counts: dict[str, int] = {}
        for address in (*self._ended, *self._begun, *self._states):
            counts.setdefault(self._states[address], 0)
        for state in self._states.values():
            counts[state] += 1
        told = ", ".join(f"{count} {state}" if len(counts) > 1 else state for state, count in counts.items())
        return f"{counted_noun(self._kind, len(self._states))}: {told}"


class Advance:
    """The groups of a plan, in the order in which its changes are."""

    def __init__(self, plan: Plan) -> None:
        self._groups: dict[Kind, Cohort] = {}
        self._of: dict[Address, Cohort] = {}
        for change in plan.changes:
            self._group(change.kind, change.address, plan.names).expect(change.address)
        for wait in plan.waits:
            self._group(Kind.DISK, wait.address, plan.names).expect(wait.address, _AT_WORK)

    def _group(self, kind: Kind, address: Address, names: ShortNames) -> Cohort:
        found = self._groups.setdefault(kind, Cohort(kind, names))
        return self._of.setdefault(address, found)

    def of(self, address: Address) -> Cohort | None:
        """The group that an address is in; None for one that the plan doesn't have."""
        return self._of.get(address)

    def under_way(self) -> Iterator[Cohort]:
        """The groups that have begun and are not over."""
        return (group for group in self._groups.values() if group.is_under_way)
