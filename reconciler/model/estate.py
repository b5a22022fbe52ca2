"""The estate: what Azure held when it was looked at, and what was asked by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

from reconciler.model.ids import ArmId
from reconciler.model.jobs import RestoreJob
from reconciler.model.known import Known
from reconciler.model.resources import (
    Disk,
    Instance,
    Lock,
    Machine,
    Origin,
    OwnedVault,
    Policy,
    ResourceGroup,
    RoleAssignment,
    UserIdentity,
    Vault,
)

AHEAD = timedelta(hours=1)
"""How far ahead of ours Azure's clock may be for what it says to have been, and not yet to come."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a disk comes from: what it tells itself, the snapshot that it names, the restores that were to make it."""

    disk: Disk
    origin: Origin
    snapshot: Known[Origin]
    jobs: tuple[RestoreJob, ...]


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
