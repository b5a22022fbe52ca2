"""The plan: every change in order, its gates, what it was made of, and the options of planning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler import __version__
from reconciler.model import api_versions
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes.gates import Key
from reconciler.model.estate import Estate, Question
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId
from reconciler.model.rebuild import Rebuild
from reconciler.model.shard import WHOLE, Shard
from reconciler.model.short_names import ShortNames


@dataclass(frozen=True, slots=True)
class Gate:
    """A refusal that `--force` with its `name`, or its own option, opens.

    The `hint` names the option that opens it, unless that is told apart, as `opener`. A closed gate refuses the whole run, unless it `is_local`: then only the changes of its `addresses`, and what
    depends on them, are left out of the plan, each with a finding.
    """

    name: str
    message: str
    hint: str
    is_open: bool = False
    addresses: tuple[Address, ...] = ()
    is_local: bool = False
    opener: str = ""


AT_REST = "at rest"
"""The goal of a wait for any state that isn't transient, or for the instance's deletion."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A disk whose instance Azure is working on: nothing to write, apply waits for `goal` (a state, or AT_REST)."""

    address: Address
    instance: ArmId
    goal: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag of a vault that says what was applied there, written once everything else in the vault is done.

    `before` is empty if the vault has no such tag.
    """

    address: Address
    vault: ArmId
    tag: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of changes by action; the marks of a vault without other changes count as one."""

    add: int
    change: int
    destroy: int


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """A policy of a vault, by the names of the manifest or else of Azure: disks added, changed, taken out, and left after.

    `disks` None: that isn't known, since the manifest declares neither.
    """

    vault: str
    policy: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    disks: int | None = None


ADDITIONS = "additions"
"""The value of `Options.approve` that approves new backup instances and repairs, and nothing else."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What a run leaves for somebody to approve.

    `because` says by address why it is left; `checksum` is that of a plan of these changes alone, once the others are
    done. `held` are the addresses of what also waits for a key of its own, and `gone` those of reviewed changes that are
    no longer planned.
    """

    changes: tuple[Change, ...] = ()
    because: Mapping[Address, str] = field(default_factory=dict)
    checksum: str = ""
    held: tuple[Address, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return bool(self.changes or self.held or self.gone)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was reviewed in a saved plan.

    `digests` of the changes by lower-cased address, how many `deletions` of backup instances are among them, and the
    `marks`: the lower-cased id of a vault, the tag and its value.
    """

    digests: Mapping[str, str]
    deletions: int = 0
    marks: frozenset[tuple[str, str, str]] = frozenset()

    def has(self, mark: Mark) -> bool:
        """Whether a mark is the reviewed one."""
        return (mark.vault.key, mark.tag, mark.after) in self.marks


NOTHING_LEFT = Rest()
"""The rest of a plan of which everything is approved at once."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan was made of: the estate, and a function that makes a plan, or a sketch, of another one."""

    estate: Estate
    make: Callable[[Estate], Plan]


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, ordered and gated; pure data, stable for the same input.

    `marks` are the tags that apply writes on our vaults when these are done. `questions` must be empty before anything
    is shown or applied. `expected` maps the addresses of all declared disks to their goal. `emitted` are role
    assignments that mode `emit` leaves to others (ROLE_PUT steps), `missing` all that this manifest doesn't make.
    `owners`, lower-cased, are the names whose marks this manifest may write over. `is_partial`: it says nothing about
    what `--only` or a shard leaves out. `basis` is kept if a step destroys or weakens something, which is planned again
    before it is done. `looked` is when the look began, by the monotonic clock of the connection. `contradicted` are ids
    of objects that exist although their list lacks them. `names`: how its addresses are shown. `uses`: its disks by vault and policy.
    `rest`: what the options of approval leave out of it. `rebuild`: the machine whose disks it makes copies of.
    """

    manifest: str
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    gates: tuple[Gate, ...]
    checksum: str
    waits: tuple[Wait, ...] = ()
    marks: tuple[Mark, ...] = ()
    emitted: tuple[Step, ...] = ()
    missing: tuple[Step, ...] = ()
    expected: Mapping[Address, str] = field(default_factory=dict)
    questions: tuple[Question[Any], ...] = ()
    owners: frozenset[str] = frozenset()
    is_partial: bool = False
    basis: Basis | None = field(default=None, compare=False, repr=False)
    looked: float | None = field(default=None, compare=False)
    contradicted: frozenset[str] = frozenset()
    names: ShortNames = field(default_factory=ShortNames, compare=False)
    uses: tuple[PolicyUse, ...] = ()
    rest: Rest = NOTHING_LEFT
    rebuild: Rebuild | None = None

    @property
    def summary(self) -> Summary:
        """The counts of the summary line."""
        actions = [change.action for change in self.changes]
        add, change, destroy = (actions.count(action) for action in (Action.ADD, Action.CHANGE, Action.DESTROY))
        return Summary(add, change + len(self.marked_alone), destroy)

    @property
    def marked_alone(self) -> dict[str, Address]:
        """The addresses of the vaults in which only marks are written, by lower-cased id."""
        touched = {change.vault.key for change in self.changes if change.vault}
        return {mark.vault.key: mark.address for mark in self.marks if mark.vault.key not in touched}

    @property
    def expiring(self) -> int:
        """The number of recovery points that its resumes clean up."""
        return sum(change.expires for change in self.changes)

    @property
    def closed_gates(self) -> tuple[Gate, ...]:
        """The gates that refuse this plan as a whole."""
        return tuple(gate for gate in self.gates if not gate.is_open and not gate.is_local)

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """The findings about deletions whose key wasn't given."""
        return tuple(finding for finding in self.findings if finding.code == disk_codes.DELETION_DUE.code)

    @property
    def is_refused(self) -> bool:
        """Whether it has closed gates or errors: exit code 1."""
        return bool(self.closed_gates or self.errors)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the exit code fail."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about planning.

    `allow_delete` is the exact number of deletions allowed (None: not given, so none is planned); `force` has the
    keys of gates, lower-cased as `keys` returns them; `guard_requests` maps lower-cased vault ids to resource guard request ids; `api_version` is that of DataProtection, `tool_version` ours;
    `is_again`: it is another look of a run that has begun, so what was counted may be less by what the run has done.
    `source` says where the manifest comes from (empty: not known), `same_sources` what other clones of that repository
    call the same place, `shard` which of the manifest's vaults to manage. `approve`: ADDITIONS, or everything (empty);
    `reviewed` is what somebody has reviewed, to which the plan is limited (None: it isn't),
    and `chosen` the addresses of the changes that a run has begun with, or of what a plan of the whole manifest adds, to
    which the plan is limited. `added` are the disks that a watch has protected without a review within a day.
    """

    tool_version: str = __version__
    prune: bool = False
    adopt: bool = False
    allow_delete: int | None = None
    accept_irreversible: bool = False
    force: frozenset[Key] = frozenset()
    only: tuple[str, ...] = ()
    guard_requests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preflight: bool = False
    api_version: str = api_versions.DEFAULT
    shard: Shard = WHOLE
    source: str = ""
    same_sources: frozenset[str] = frozenset()
    is_again: bool = False
    approve: str = ""
    reviewed: Reviewed | None = None
    chosen: frozenset[Address] | None = None
    added: frozenset[Address] = frozenset()

    @property
    def additions(self) -> bool:
        """Whether only additions are approved."""
        return self.approve == ADDITIONS

    def is_source(self, mark: str) -> bool:
        """Whether a vault's mark names where this manifest comes from."""
        return mark == self.source or mark in self.same_sources
