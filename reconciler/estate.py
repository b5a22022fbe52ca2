"""The estate: what Azure holds now, as read, projected to small types without the SDK's models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from reconciler.ids import ArmId, lower
from reconciler.known import Known
from reconciler.sharding import WHOLE, Shard

AHEAD = timedelta(hours=1)
"""How far ahead of ours Azure's clock may be for what it says to have been, and not yet to come."""


@dataclass(slots=True)
class ResourceGroup:
    """A resource group; `location` normalised (`westus`)."""

    id: ArmId
    location: str
    tags: Mapping[str, str]


@dataclass(slots=True)
class Vault:
    """A Backup vault.

    `principal_id` is the system identity's (None: off); `user_identities` maps lower-cased ids of user-assigned
    identities to their principal ids (None: not told by the vault). States keep the wire's spelling. None: absent on
    the wire, which means off.
    """

    id: ArmId
    location: str
    tags: Mapping[str, str]
    principal_id: str | None
    user_identities: Mapping[str, str | None]
    redundancy: str | None
    soft_delete_state: str | None
    soft_delete_days: float | None
    immutability: str | None
    alerts: str | None
    cross_region_restore: str | None
    cross_subscription_restore: str | None
    guarded: bool
    provisioning_state: str
    body: Mapping[str, Any]

    @property
    def principals(self) -> tuple[str, ...]:
        """The principal ids of its identities, as far as the vault tells them."""
        return tuple(filter(None, (self.principal_id, *self.user_identities.values())))

    @property
    def keeps_deleted(self) -> bool:
        """Whether soft delete is on: what is deleted stays for a while."""
        return lower(self.soft_delete_state or "off") != "off"


@dataclass(slots=True)
class Policy:
    """A backup policy of any datasource type; `body` is its `properties` as read, `is_disk` whether it is for disks."""

    id: ArmId
    vault: ArmId
    is_disk: bool
    body: Mapping[str, Any]


@dataclass(slots=True)
class Instance:
    """A backup instance of a vault, live or soft-deleted.

    `disk` is None for other datasource types, which are never compared, only counted as users of a policy.
    `state` is `currentProtectionState` as spelled; `error` the wire's error object of a failing one.
    `snapshot_group` and `identity` (a user-assigned one; None: the system's) are None when the wire has none.
    `deleted`: soft-deleted, with `purge_time` (ISO 8601, as read). `created` None: not told, as Azure rarely does.
    """

    id: ArmId
    vault: ArmId
    disk: ArmId | None
    policy: ArmId | None
    snapshot_group: ArmId | None
    identity: ArmId | None
    state: str
    provisioning_state: str
    error: Mapping[str, Any] | None
    tags: Mapping[str, str]
    deleted: bool = False
    purge_time: str = ""
    created: datetime | None = None


@dataclass(slots=True)
class Disk:
    """A managed disk; `location` normalised; `encryption_set` of CMK disks; `ade`: Azure Disk Encryption is on.

    `managed_by` is the VM it is attached to, `also_managed_by` the others of a shared disk. `tags` keep their case.
    `unique_id`, lower-cased, is another one when the name is used again; `created` None: not told.
    """

    id: ArmId
    location: str
    sku: str
    tags: Mapping[str, str]
    managed_by: ArmId | None
    encryption_set: ArmId | None
    ade: bool
    state: str
    provisioning_state: str
    size_gb: int | None = None
    zones: tuple[str, ...] = ()
    also_managed_by: tuple[ArmId, ...] = ()
    unique_id: str = ""
    created: datetime | None = None

    @property
    def machines(self) -> tuple[ArmId, ...]:
        """The virtual machines that it is attached to."""
        return (*((self.managed_by,) if self.managed_by else ()), *self.also_managed_by)


@dataclass(slots=True)
class Machine:
    """A virtual machine; `tags` keep their case."""

    id: ArmId
    tags: Mapping[str, str]


@dataclass(slots=True)
class RoleAssignment:
    """A role assignment; `role` is the definition's GUID, lower-cased; `conditional`: it has a condition.

    `listed_in`: the subscriptions whose lists it came from; one at a management group says nothing of others.
    """

    id: ArmId
    scope: ArmId
    role: str
    principal: str
    conditional: bool
    created: datetime | None
    listed_in: tuple[str, ...] = ()


@dataclass(slots=True)
class Lock:
    """A management lock; `level` is `ReadOnly` or `CanNotDelete`; `scope` is what it lies on."""

    id: ArmId
    scope: ArmId
    level: str

    def __str__(self) -> str:
        return f"the lock {self.id.name} ({self.level}) on {self.scope}"


@dataclass(slots=True)
class UserIdentity:
    """A user-assigned managed identity."""

    id: ArmId
    principal_id: str


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """A recovery point of an instance: its name, when it was taken, and whether Azure has completed it.

    `expires` None: not told. `is_snapshot`: it is a snapshot of the disk, and has no copy in the vault.
    """

    id: ArmId
    taken: datetime
    is_complete: bool = True
    expires: datetime | None = None
    is_snapshot: bool = True


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Incremental snapshots of a disk in a resource group: how many, and when the newest was made (None: not told)."""

    count: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """A restore: `status` as spelled; `began` None: not told, `ended` None: it runs, or that isn't told.

    `point` (the recovery point's name) and `target` (the disk that it makes) are known only of a job that was read
    singly.
    """

    id: ArmId
    status: str
    began: datetime | None
    ended: datetime | None = None
    point: str = ""
    target: ArmId | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a disk or a snapshot tells of its own making: how, from what, and when; empty or None: not told.

    `held` is when a machine took it or let go of it last.
    """

    unique_id: str
    option: str
    source: ArmId | None
    source_unique_id: str
    created: datetime | None
    held: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a disk comes from: what it tells itself, the snapshot that it names, the restores that were to make it."""

    disk: Disk
    origin: Origin
    snapshot: Known[Origin]
    jobs: tuple[RestoreJob, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a vault; times are UTC, `status` and `operation` as spelled.

    `instance` and `disk` None: not told. `ended` None: it runs. `error` is the wire's `errorDetails`. `tag` and `point`
    (the recovery point's name) are known only of a job that was read singly.
    """

    id: ArmId
    status: str
    operation: str
    by_user: bool
    began: datetime | None
    ended: datetime | None
    instance: ArmId | None
    disk: ArmId | None
    policy: str
    error: tuple[Mapping[str, Any], ...] = ()
    tag: str = ""
    point: str = ""


@dataclass(slots=True)
class OwnedVault:
    """A vault anywhere that bears our mark; only ever adds findings."""

    id: ArmId
    owner: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the lists can't tell and a decision hangs on; answered by one read each.

    `kind` is one of
    `exists` (`subject` an id: is it there? answers are `Presence`),
    `deleted-vault` (`subject` the vault's id, `detail` its location: a soft-deleted one of that name? `DeletedVault` or None),
    `role-count` (`subject` a subscription's id: every role assignment of it, `tuple[RoleAssignment, ...]`),
    `protected-elsewhere` (`subject` a disk's id: `tuple[ArmId, ...]`, the instances that protect it anywhere),
    `held` (`subject` a vault: `tuple[Instance, ...]`, live and soft-deleted),
    `disks` (`subject` a subscription's id: the lower-cased ids of its disks, by a list that is read to its end, `Known`),
    `backed-up` (`subject` a disk's id, `detail` that of its vault: does a job name the disk? `bool`; many are asked at once),
    `source` (`subject` a disk's id: the `uniqueId`, lower-cased, of the disk that its newest snapshot was made of; many
    are asked at once, and no: no snapshot is known),
    `below` (`subject` a subscription's id, `detail` a management group: no unless it lies anywhere below it, `Known`),
    `witnessed` (`subject` a vault: `tuple[ArmId, ...]`, its instances as Resource Graph knows them, which lags, `Known`),
    `recovery-points` (`subject` an instance's id: `tuple[RecoveryPoint, ...]`, newest first),
    `kept-points` (the same, `Known`: where it couldn't be told, the rest of the plan goes on without it),
    `own-snapshots` (`subject` a resource group's id, `detail` a disk's, lower-cased: when Azure Backup's snapshots of it there were
    made, `tuple[datetime, ...]`, `Known`; many are asked at once),
    `restores` (`subject` a disk's id: `tuple[RestoreJob, ...]`, the restores of its recovery points; from Resource Graph,
    which lags and may fail, so it proves no absence),
    `trace` (`subject` a disk's id, `detail` that of the instance that it may come from: `Known[Trace]`).
    """

    kind: str
    subject: ArmId
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a read by id returned: its body, and the projection of it (None for types that have none)."""

    body: Mapping[str, Any]
    resource: Any = None


Presence: TypeAlias = Known[Found]
"""Whether an object is there, by a read of its id."""


@dataclass(frozen=True, slots=True)
class DeletedVault:
    """A soft-deleted vault: its id among the deleted ones, and when it is purged (ISO 8601, as read)."""

    id: ArmId
    purge_time: str


@dataclass(slots=True)
class Estate:
    """What Azure held when it was looked at. Mappings are keyed by lower-cased id.

    `owned_vaults`: those anywhere that bear our mark (None: nobody asked).
    `subscriptions` are those whose lists were read, `disk_subscriptions` those whose disks were; `roles` by principal where asked so; `answers` grow while planning.
    `management_groups` have the subscriptions anywhere below each group that a selector names, by lower-cased name.
    """

    subscriptions: tuple[str, ...] = ()
    disk_subscriptions: tuple[str, ...] = ()
    groups: dict[str, ResourceGroup] = field(default_factory=dict)
    vaults: dict[str, Vault] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    deleted_instances: dict[str, Instance] = field(default_factory=dict)
    disks: dict[str, Disk] = field(default_factory=dict)
    roles: dict[str, RoleAssignment] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    identities: dict[str, UserIdentity] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    management_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owned_vaults: Known[tuple[OwnedVault, ...]] | None = None
    answers: dict[Question, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run has to look at, as the manifest tells; every list is of lower-cased ids, sorted.

    `subscriptions`: their vaults, resource groups and locks are listed; `disk_subscriptions`: their disks too;
    `role_subscriptions`: role assignments, for the identities of the vaults in `vaults`; `vaults`: declared vaults,
    whose policies, instances and deleted instances are listed, as are those of every vault in `subscriptions` whose
    owner's mark is one of `owners`; `identities`: user-assigned identities to read; `elsewhere`: declared vaults that
    other shards than `shard` see to; `machine_subscriptions`: their virtual machines are listed, for selectors that ask
    what a disk is attached to.
    """

    subscriptions: tuple[str, ...]
    disk_subscriptions: tuple[str, ...]
    role_subscriptions: tuple[str, ...]
    vaults: tuple[str, ...]
    identities: tuple[str, ...]
    owners: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    shard: Shard = WHOLE
    machine_subscriptions: tuple[str, ...] = ()
