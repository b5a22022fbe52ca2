"""Azure's resources as read, projected to small types without the SDK's models; and what a disk has of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reconciler.base.durations import shown
from reconciler.model.ids import ArmId, lower
from reconciler.model.short_names import ShortNames

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When a recovery point expires that Azure keeps for ever."""

_UNKNOWN_TIME = "an unknown time"


def _moment(text: str) -> str:
    """A time as Azure wrote it, for a sentence; what is no time stays as it is."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text or _UNKNOWN_TIME
    return shown(found if found.tzinfo else found.replace(tzinfo=UTC))


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
    identities to their principal ids (None: the vault doesn't return it). States keep the wire's spelling. None: absent
    on the wire.
    """

    id: ArmId
    location: str
    tags: Mapping[str, str]
    principal_id: str | None
    user_identities: Mapping[str, str | None]
    redundancy: str | None
    soft_delete_state: str | None
    soft_delete_retention_days: float | None
    immutability: str | None
    alerts_for_all_job_failures: str | None
    cross_region_restore: str | None
    cross_subscription_restore: str | None
    cost_management: str | None
    guarded: bool
    provisioning_state: str
    body: Mapping[str, Any]

    @property
    def principals(self) -> tuple[str, ...]:
        """The principal ids of its identities, as far as the vault returns them."""
        return tuple(filter(None, (self.principal_id, *self.user_identities.values())))

    @property
    def keeps_deleted(self) -> bool:
        """Whether soft delete is on, so that deleted instances are kept for a while."""
        return lower(self.soft_delete_state or "off") != "off"


@dataclass(slots=True)
class Policy:
    """A backup policy of any datasource type; `body` is its `properties` as read, `is_disk` whether it is for disks."""

    id: ArmId
    vault: ArmId
    is_disk: bool
    body: Mapping[str, Any]

    @property
    def is_others(self) -> bool:
        """Whether it says that it is for other datasources only."""
        said = next((value for key, value in self.body.items() if lower(key) == "datasourcetypes"), None)
        return bool(said) and not self.is_disk


@dataclass(slots=True)
class Instance:
    """A backup instance of a vault, live or soft-deleted.

    `disk` is None for other datasource types, which are never compared, only counted as users of a policy.
    `state` is `currentProtectionState` as Azure spells it; `error` the wire's error object of a failing one.
    `snapshot_group` and `identity` (a user-assigned one; None: the system's) are None when the wire has none.
    `deleted`: soft-deleted, with `purge_time` (ISO 8601, as read). `created` None: unknown; Azure rarely returns it.
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

    @property
    def purged(self) -> str:
        """When Azure purges it, for a sentence."""
        return _moment(self.purge_time)


@dataclass(slots=True)
class Disk:
    """A managed disk; `location` normalised; `encryption_set` of CMK disks; `ade`: Azure Disk Encryption is on.

    `managed_by` is the VM it is attached to, `also_managed_by` the others of a shared disk. `tags` keep their case.
    `unique_id`, lower-cased, differs when a name is used again; `created` None: unknown. `security` is its security type,
    such as `TrustedLaunch` (empty: none, or not told).
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
    security: str = ""

    @property
    def machines(self) -> tuple[ArmId, ...]:
        """The virtual machines that it is attached to."""
        return (*((self.managed_by,) if self.managed_by else ()), *self.also_managed_by)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A disk as a machine has it: `disk` None: an unmanaged one; `lun` None: the OS disk; `name` is what the machine calls it.

    `caching` is empty if Azure doesn't tell it.
    """

    disk: ArmId | None
    name: str
    lun: int | None
    caching: str = ""
    write_accelerator: bool = False


@dataclass(slots=True)
class Machine:
    """A virtual machine; `tags` keep their case; `attached` are its disks (None: Azure doesn't tell, or not clearly)."""

    id: ArmId
    tags: Mapping[str, str]
    attached: tuple[Attachment, ...] | None = None


@dataclass(slots=True)
class RoleAssignment:
    """A role assignment; `role` is the definition's GUID, lower-cased; `conditional`: it has a condition.

    `listed_in`: the subscriptions whose lists contain it; one at a management group says nothing about others.
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
    """A management lock; `level` is `ReadOnly` or `CanNotDelete`; `scope` is what it locks."""

    id: ArmId
    scope: ArmId
    level: str

    def __str__(self) -> str:
        return f"the lock {self.id.name} ({self.level}) on {self.scope}"

    def shown(self, names: ShortNames) -> str:
        """The same with the short name of what it locks."""
        return f"the lock {self.id.name} ({self.level}) on {names.of(self.scope)}"


@dataclass(slots=True)
class UserIdentity:
    """A user-assigned managed identity."""

    id: ArmId
    principal_id: str


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """A recovery point of an instance: its name, when it was taken, and whether Azure has completed it.

    `expires` None: unknown, `NEVER`: it is kept for ever. `is_snapshot`: it is a snapshot of the disk, without a copy in the vault.
    """

    id: ArmId
    taken: datetime
    is_complete: bool = True
    expires: datetime | None = None
    is_snapshot: bool = True


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Incremental snapshots of a disk in a resource group: how many, and when the newest was made (None: unknown)."""

    count: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Origin:
    """How, from what and when a disk or a snapshot was made; empty or None: unknown.

    `held` is when a machine last attached or detached it.
    """

    unique_id: str
    option: str
    source: ArmId | None
    source_unique_id: str
    created: datetime | None
    held: datetime | None = None


@dataclass(slots=True)
class OwnedVault:
    """A vault anywhere that bears our mark; it is only used for findings."""

    id: ArmId
    owner: str


@dataclass(frozen=True, slots=True)
class DeletedVault:
    """A soft-deleted vault: its id among the deleted ones, and when it is purged (ISO 8601, as read)."""

    id: ArmId
    purge_time: str

    @property
    def purged(self) -> str:
        """When Azure purges it, for a sentence."""
        return _moment(self.purge_time)


@dataclass(frozen=True, slots=True)
class Target:
    """A disk with its backup instances, active ones first; there may be none yet, and several after a move."""

    disk: ArmId
    instances: tuple[Instance, ...] = ()

    @property
    def instance(self) -> Instance | None:
        """The instance to act on."""
        return self.instances[0] if self.instances else None
