"""The plan: every change, what it writes, what it waits for, and which gates stand before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.estate import Estate, Instance, Question
from reconciler.findings import Finding, Place, Severity
from reconciler.ids import ArmId
from reconciler.planning import disk_codes
from reconciler.sharding import WHOLE, Shard

UNKNOWN: Mapping[str, str] = {"unknown": "after apply"}
"""Stands for a value that Azure decides: in `after`, in differences, and in the JSON plan."""


class Kind(StrEnum):
    """What a change is about; the order of members is the order of phases."""

    GROUP = "group"
    VAULT = "vault"
    POLICY = "policy"
    ROLE = "role"
    DISK = "disk"
    MOVE = "move"
    RESTORE = "restore"
    DRILL = "drill"


class Action(StrEnum):
    """What happens to the object, in Terraform's words."""

    ADD = "add"
    CHANGE = "change"
    DESTROY = "destroy"


class Op(StrEnum):
    """One write (or probe) of a step, and what `body` then holds.

    GROUP_PUT: the whole body. VAULT_PUT: the whole body. VAULT_PATCH: the changed blocks. POLICY_PUT: the whole body.
    POLICY_DELETE: nothing. ROLE_PUT: `{"role": guid, "principal": id or UNKNOWN, "identity": "system" or a lower-cased
    id, "vault": vault id}` with `target` the scope. ROLE_DELETE: nothing. INSTANCE_PUT: the whole body of a new one.
    INSTANCE_RESUME: `{"expires": n}` where it may clean up n recovery points, nothing where it may clean up none.
    INSTANCE_MERGE: what to lay over the live body before it is PUT again, unless that changes nothing; INSTANCE_REPAIR
    the same, PUT in any case. INSTANCE_DELETE: `{"softly": True}` where it may only be done while the vault's soft
    delete is on. INSTANCE_VALIDATE: nothing (validateForBackup of the live body). RESTORE_START: the restore request, with `target` the instance. DISK_PATCH: what to change of a
    disk (tags are laid over those that it has). DISK_CHECK, a look: what a restored disk must be (`size_gb`, `sku`,
    `zones`, `encryption_set`; None: not known), the `claim` that is proved before anything is written to it, and the
    `job` of an earlier run that makes it (empty: none is under way). DISK_DELETE: the claim that it proves to be. The
    others: nothing.
    """

    GROUP_PUT = "group.put"
    VAULT_PUT = "vault.put"
    VAULT_PATCH = "vault.patch"
    POLICY_PUT = "policy.put"
    POLICY_DELETE = "policy.delete"
    ROLE_PUT = "role.put"
    ROLE_DELETE = "role.delete"
    INSTANCE_PUT = "instance.put"
    INSTANCE_MERGE = "instance.merge"
    INSTANCE_REPAIR = "instance.repair"
    INSTANCE_VALIDATE = "instance.validate"
    INSTANCE_STOP = "instance.stop"
    INSTANCE_SUSPEND = "instance.suspend"
    INSTANCE_RESUME = "instance.resume"
    INSTANCE_UNDELETE = "instance.undelete"
    INSTANCE_DELETE = "instance.delete"
    RESTORE_START = "restore.start"
    DISK_PATCH = "disk.patch"
    DISK_CHECK = "disk.check"
    DISK_DELETE = "disk.delete"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on one object; `guard` are resource guard requests to send along."""

    op: Op
    target: ArmId
    body: Mapping[str, Any] = field(default_factory=dict)
    guard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: a dotted path, and the two values in normal form (None: absent)."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Probe:
    """What must be effective before an instance is written.

    Instances with the same `key` share one canary. `roles` are the addresses of the role assignments that this run
    makes for it; `fresh`: one of the rows is younger than 30 minutes or made by this run, so waiting is worth it;
    `missing` are role assignments that are absent and not ours to make (mode verify or emit): tried once, and if the
    probe fails the disk is skipped because of them.
    """

    key: str
    fresh: bool
    roles: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference with one action.

    `vault` is the id of the vault it belongs to (None for groups), for phases and for the mark at the end; `goal` for
    disks the state to wait for (`ProtectionConfigured`, `ProtectionStopped`, `BackupsSuspended`, `gone`); `depends` are
    addresses that must be done first; `detail` says more for people (the disks a roll concerns, who chose the disk);
    `weight` is `stops` or `shortens` for what the 30 % gate counts, `weakens` for a vault, or nothing; `drift` is its class; `keeps` says which
    restored disks a drill leaves behind (`none`, `failed`, `all`); `unasked`: what it makes isn't listed, and nobody has
    asked by id yet whether it is there; `found` is the instance that it was planned over, as the look showed it.
    """

    address: str
    kind: Kind
    action: Action
    reason: str
    steps: tuple[Step, ...]
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    fields: tuple[FieldChange, ...] = ()
    depends: tuple[str, ...] = ()
    vault: ArmId | None = None
    goal: str = ""
    probe: Probe | None = None
    place: Place | None = None
    detail: tuple[str, ...] = ()
    drift: str = "differs"
    weight: str = ""
    keeps: str = ""
    unasked: bool = False
    found: Instance | None = field(default=None, compare=False, repr=False)

    @property
    def expires(self) -> int:
        """How many recovery points a resume among its steps cleans up."""
        return sum(int(step.body.get("expires", 0)) for step in self.steps if step.op is Op.INSTANCE_RESUME)


@dataclass(frozen=True, slots=True)
class Gate:
    """A refusal: `name` is what `--force` (or its own option) opens.

    A closed gate refuses the whole run, unless it `is_local`: then only the changes of its `addresses`, and what
    depends on them, are left out of the plan, which a finding tells of each.
    """

    name: str
    message: str
    hint: str
    is_open: bool = False
    addresses: tuple[str, ...] = ()
    is_local: bool = False


AT_REST = "at rest"
"""The goal of a wait for whatever state an instance ends in, or for its end."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A disk whose instance Azure is at work on: nothing to write, apply waits for `goal` (a state, or AT_REST)."""

    address: str
    instance: ArmId
    goal: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag of a vault that says what was applied there, written once all else of the vault is done.

    `before` is empty where the vault has no such tag.
    """

    address: str
    vault: ArmId
    tag: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many changes of each action; of a vault in which nothing else changes, its marks count as one."""

    add: int
    change: int
    destroy: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan was made of: the estate, and how a plan, perhaps a sketch, is made of another one in the same way."""

    estate: Estate
    make: Callable[[Estate], Plan]


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, ordered and gated; pure data, stable for the same input.

    `marks` are the tags that apply writes on vaults that we own when these are done. `questions` must be empty before anything is
    shown or applied. `expected` maps the addresses of all declared disks to their goal. `emitted` are role
    assignments that mode `emit` leaves to others (ROLE_PUT steps), `missing` all that this manifest doesn't make.
    `owners`, lower-cased: the names whose mark stands in the way of nothing that this manifest does. `is_partial`: it
    tells nothing of what `--only` or a shard leaves out. `basis` is kept where something destroys or weakens, which is
    planned again before it is done. `looked` is when the look began, by the monotonic clock of the connection. `contradicted`
    are ids of what is there although its list lacks it.
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
    expected: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    owners: frozenset[str] = frozenset()
    is_partial: bool = False
    basis: Basis | None = field(default=None, compare=False, repr=False)
    looked: float | None = field(default=None, compare=False)
    contradicted: frozenset[str] = frozenset()

    @property
    def summary(self) -> Summary:
        """The counts of the summary line."""
        actions = [change.action for change in self.changes]
        add, change, destroy = (actions.count(action) for action in (Action.ADD, Action.CHANGE, Action.DESTROY))
        return Summary(add, change + len(self.marked_alone), destroy)

    @property
    def marked_alone(self) -> dict[str, str]:
        """The addresses of the vaults in which nothing but marks is written, by lower-cased id."""
        touched = {change.vault.key for change in self.changes if change.vault}
        return {mark.vault.key: mark.address for mark in self.marks if mark.vault.key not in touched}

    @property
    def expiring(self) -> int:
        """How many recovery points its resumes clean up."""
        return sum(change.expires for change in self.changes)

    @property
    def closed_gates(self) -> tuple[Gate, ...]:
        """The gates that refuse this plan as a whole."""
        return tuple(gate for gate in self.gates if not gate.is_open and not gate.is_local)

    @property
    def left_out(self) -> tuple[Finding, ...]:
        """The findings that tell of deletions whose key wasn't given."""
        return tuple(finding for finding in self.findings if finding.code == disk_codes.DELETION_DUE.code)

    @property
    def is_refused(self) -> bool:
        """Whether it has closed gates or errors: exit code 1."""
        return bool(self.closed_gates or self.errors)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail the exit code."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about planning.

    `allow_delete` is the exact number of deletions allowed (None: not said, so none is planned); `force` has names of
    gates, and `NAME=VALUE` for local ones, lower-cased as `keys` returns them; `guard_requests` maps
    lower-cased vault ids to resource guard request ids; `api_version` DataProtection's; `tool_version` ours; `source` where the manifest comes from (empty: not known); `shard`
    which of the manifest's vaults are seen to.
    """

    tool_version: str
    prune: bool = False
    adopt: bool = False
    allow_delete: int | None = None
    accept_irreversible: bool = False
    force: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    guard_requests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preflight: bool = False
    api_version: str = "2025-07-01"
    shard: Shard = WHOLE
    source: str = ""
