"""Changes: what differs, what is written, and what each write waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self, TypedDict, cast

from reconciler.model.addresses import Address
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.resources import Instance

UNKNOWN: Mapping[str, str] = {"unknown": "after apply"}
"""Stands for a value that Azure decides: in `after`, in differences, and in the JSON plan."""


_TAGS = "tags."


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


MANAGED = tuple(kind.value for kind in Kind if kind not in {Kind.MOVE, Kind.RESTORE, Kind.DRILL})
"""What a manifest manages: the addresses that it may name begin with one of these."""


class Action(StrEnum):
    """What happens to the object, in Terraform's words."""

    ADD = "add"
    CHANGE = "change"
    DESTROY = "destroy"


class Op(StrEnum):
    """One write (or probe) of a step, and what `body` then holds: what goes over the wire, except where a class is named.

    GROUP_PUT, VAULT_PUT, POLICY_PUT and INSTANCE_PUT: the whole body. VAULT_PATCH: the changed blocks. ROLE_PUT: a
    Grant, with `target` the scope. INSTANCE_RESUME: a Resumption. INSTANCE_DELETE: a Deletion. INSTANCE_MERGE: what to
    merge into the live body before it is PUT again, unless that changes nothing; INSTANCE_REPAIR the same, but always
    PUT. RESTORE_START: the restore request, with `target` the instance. DISK_PATCH: what to change on a disk (tags are
    merged into its own). DISK_CHECK, a look: an Expectation. DISK_VERIFY, a program: a Verification. DISK_DELETE: the Claimed that is proved first. The others:
    nothing.
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
    DISK_VERIFY = "disk.verify"
    DISK_DELETE = "disk.delete"

    @property
    def deletes(self) -> bool:
        """Whether it deletes its target."""
        return self in _DELETING

    @property
    def puts(self) -> bool:
        """Whether it writes the whole target."""
        return self in _PUTTING


_DELETING = frozenset({Op.POLICY_DELETE, Op.ROLE_DELETE, Op.INSTANCE_DELETE, Op.DISK_DELETE})
_PUTTING = frozenset({Op.GROUP_PUT, Op.VAULT_PUT, Op.POLICY_PUT, Op.ROLE_PUT, Op.INSTANCE_PUT})


class Grant(TypedDict):
    """A role for a vault's identity: `system` or a lower-cased id, whose `principal` may be UNKNOWN still."""

    role: str
    principal: str | Mapping[str, str]
    identity: str
    vault: str


class Resumption(TypedDict, total=False):
    """How many recovery points a resume may clean up; none where it doesn't say."""

    expires: int


class Deletion(TypedDict, total=False):
    """`softly`: an instance may only be deleted while the vault's soft delete is on."""

    softly: bool


class _Used(TypedDict, total=False):
    used: str


class Claimed(_Used):
    """What a disk is believed to be, as `planning.provenance.Claim` writes and reads it; times in ISO 8601.

    `used`, if it is there, is until when the user's own program may have used the disk.
    """

    instance: str
    source: str
    group: str
    point: str
    taken: str
    mark: str
    earlier: str


class Verification(TypedDict):
    """A program with its arguments, and the seconds that it may take."""

    command: list[str]
    timeout_seconds: int


class Looks(TypedDict, total=False):
    """What is expected of a disk; absent or None: not known."""

    size_gb: int | None
    sku: str
    zones: list[str]
    encryption_set: str | None
    security: str


class Expectation(Looks):
    """What a restored disk must be: `asked` names what was asked for, in place of what its source has.

    The `claim` is proved before anything is written to the disk; `job` is that of an earlier run that makes it (empty:
    none is under way).
    """

    asked: list[str]
    claim: Claimed
    job: str


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on one object; `guard` are resource guard requests to send along."""

    op: Op
    target: ArmId
    body: Mapping[str, Any] = field(default_factory=dict)
    guard: tuple[str, ...] = ()

    @property
    def grant(self) -> Grant:
        """What a ROLE_PUT grants."""
        return cast("Grant", self.body)

    @property
    def expectation(self) -> Expectation:
        """What a DISK_CHECK expects."""
        return cast("Expectation", self.body)

    @property
    def verification(self) -> Verification:
        """What a DISK_VERIFY runs."""
        return cast("Verification", self.body)

    @property
    def claimed(self) -> Claimed:
        """What the disk of a DISK_DELETE must prove to be."""
        return cast("Claimed", self.body)

    @property
    def expires(self) -> int:
        """How many recovery points it may clean up, if it resumes an instance."""
        return cast("Resumption", self.body).get("expires", 0) if self.op is Op.INSTANCE_RESUME else 0

    @property
    def is_soft(self) -> bool:
        """Whether it deletes an instance, and may only do so while the vault's soft delete is on."""
        return self.op is Op.INSTANCE_DELETE and cast("Deletion", self.body).get("softly", False)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: a dotted path, and the two values in normal form (None: absent)."""

    path: str
    before: Any
    after: Any

    @classmethod
    def of_tag(cls, key: str, before: Any, after: Any) -> Self:
        """The difference of a tag."""
        return cls(f"{_TAGS}{key}", before, after)

    @property
    def tag(self) -> str:
        """The key of the tag that differs; empty when it is another field."""
        return self.path.removeprefix(_TAGS) if self.path.startswith(_TAGS) else ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What must be effective before an instance is written.

    Instances with the same `key` share one canary. `roles` are the addresses of the role assignments that this run
    makes for it; `fresh`: one of the rows is younger than 30 minutes or made by this run, so waiting may help;
    `missing` are role assignments that are absent and not ours to make (mode verify or emit): tried once, and if the
    probe fails the disk is skipped because of them.
    """

    key: tuple[str, ...]
    fresh: bool
    roles: tuple[Address, ...] = ()
    missing: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference with one action.

    `vault` is the id of the vault it belongs to (None for groups), for phases and for the mark at the end; `goal` for
    disks the state to wait for (`ProtectionConfigured`, `ProtectionStopped`, `BackupsSuspended`, `gone`); `depends` are
    addresses that must be done first; `detail` says more for people (the disks a roll concerns, who chose the disk);
    `weight` is `stops` or `shortens` for what the 30 % gate counts, `weakens` for a vault, or nothing; `drift` is its
    class; `keeps` says which restored disks a drill leaves behind (`none`, `failed`, `all`); `unasked`: what it creates
    must be asked for by id right before, since it wasn't yet or since nobody reviews it; `found` is the live instance
    for which it was planned.
    """

    address: Address
    kind: Kind
    action: Action
    reason: str
    steps: tuple[Step, ...]
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    fields: tuple[FieldChange, ...] = ()
    depends: tuple[Address, ...] = ()
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
        return sum([step.expires for step in self.steps])

    @property
    def danger(self) -> str:
        """What it does that nobody should overlook: `deletes`, `stops`, `weakens`, `shortens`, `expires`; mostly nothing."""
        if self.action is Action.DESTROY:
            return "deletes"
        return self.weight or ("expires" if self.expires else "")
