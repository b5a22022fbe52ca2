"""The estate: what Azure held when it was looked at, and what was asked by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from reconciler.model.ids import ArmId
from reconciler.model.jobs import RestoreJob
from reconciler.model.known import Known
from reconciler.model.resources import (
    DeletedVault,
    Disk,
    Instance,
    Lock,
    Machine,
    Origin,
    OwnedVault,
    Policy,
    RecoveryPoint,
    ResourceGroup,
    RoleAssignment,
    UserIdentity,
    Vault,
)
from reconciler.model.short_names import ShortNames

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

AHEAD = timedelta(hours=1)
"""How far Azure's clock may be ahead of ours; later times count as being in the future."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a disk comes from: its own origin, the snapshot that it names, the restores that were to create it."""

    disk: Disk
    origin: Origin
    snapshot: Known[Origin]
    jobs: tuple[RestoreJob, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a read by id returned: its body, and the projection of it (None for types that have none)."""

    body: Mapping[str, Any]
    resource: Any = None


Presence: TypeAlias = Known[Found]
"""Whether an object exists, by a read of its id."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T_co]):
    """Something that the lists can't tell and a decision hangs on; answered by one read each, with `Known[T]`."""

    kind: str
    subject: ArmId
    detail: str = ""


@dataclass(frozen=True, slots=True)
class QuestionKind(Generic[T_co]):
    """What can be asked, and the type of its answers: called with a subject, and a detail where it needs one."""

    word: str

    def __call__(self, subject: ArmId, detail: str = "") -> Question[T_co]:
        """The question about that subject."""
        return Question(self.word, subject, detail)


EXISTS: QuestionKind[Found] = QuestionKind("exists")
"""What is there under an id; the answer is a `Presence`."""

DELETED_VAULT: QuestionKind[DeletedVault] = QuestionKind("deleted-vault")
"""A soft-deleted vault of that name; `detail` is its location."""

ROLE_COUNT: QuestionKind[tuple[RoleAssignment, ...]] = QuestionKind("role-count")
"""Every role assignment of a subscription."""

PROTECTED_ELSEWHERE: QuestionKind[tuple[ArmId, ...]] = QuestionKind("protected-elsewhere")
"""The instances that protect a disk anywhere."""

HOLDERS: QuestionKind[tuple[Instance, ...]] = QuestionKind("holders")
"""A disk's instances in all vaults as Resource Graph knows them, which lags. Many are asked at once."""

HELD: QuestionKind[tuple[Instance, ...]] = QuestionKind("held")
"""The instances of a vault, live and soft-deleted."""

DISKS: QuestionKind[frozenset[str]] = QuestionKind("disks")
"""The lower-cased ids of a subscription's disks, by a list that is read to its end."""

BACKED_UP: QuestionKind[bool] = QuestionKind("backed-up")
"""Whether a job names a disk; `detail` is the id of its vault. Many are asked at once."""

SOURCE: QuestionKind[str] = QuestionKind("source")
"""The `uniqueId`, lower-cased, of the disk that a disk's newest snapshot was made of; no: no snapshot is known.

Many are asked at once.
"""

BELOW: QuestionKind[bool] = QuestionKind("below")
"""Whether a subscription lies anywhere below a management group, the `detail`."""

WITNESSED: QuestionKind[tuple[ArmId, ...]] = QuestionKind("witnessed")
"""A vault's instances as Resource Graph knows them, which lags."""

RECOVERY_POINTS: QuestionKind[tuple[RecoveryPoint, ...]] = QuestionKind("recovery-points")
"""An instance's recovery points, newest first."""

KEPT_POINTS: QuestionKind[tuple[RecoveryPoint, ...]] = QuestionKind("kept-points")
"""The same; where it couldn't be told, the rest of the plan goes on without it."""

OWN_SNAPSHOTS: QuestionKind[tuple[datetime, ...]] = QuestionKind("own-snapshots")
"""When Azure Backup's snapshots of a disk, lower-cased in `detail`, were made in a resource group. Many are asked at once."""

RESTORES: QuestionKind[tuple[RestoreJob, ...]] = QuestionKind("restores")
"""The restores of a disk's recovery points; from Resource Graph, which lags and may fail, so it proves no absence."""

TRACE: QuestionKind[Trace] = QuestionKind("trace")
"""Where a disk comes from; `detail` is the id of the instance that it may come from."""


@dataclass(slots=True)
class Estate:
    """What Azure held when it was looked at. Mappings are keyed by lower-cased id.

    `owned_vaults`: those anywhere that bear our mark (None: not asked).
    `subscriptions` are those whose lists were read, `disk_subscriptions` those whose disks were listed; `roles` may be
    limited to some principals; `answers` grow while planning.
    `management_groups` have the subscriptions anywhere below each group that a selector names, by lower-cased name.
    `names`: how people see and type the subscriptions and groups of it. `clock`: the time of Azure's clock (None: it
    didn't tell).
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
    names: ShortNames = field(default_factory=ShortNames)
    answers: dict[Question[Any], Known[Any]] = field(default_factory=dict)
    clock: datetime | None = None

    def answer(self, question: Question[T]) -> Known[T] | None:
        """What is known of a question; None: it wasn't asked."""
        return self.answers.get(question)


def _mappings() -> dict[str, type[Any]]:
    hints = get_type_hints(Estate).items()
    return {name: get_args(hint)[1] for name, hint in hints if get_origin(hint) is dict and get_args(hint)[0] is str}


MAPPINGS: Mapping[str, type[Any]] = _mappings()
"""What the estate has of each type, by lower-cased id: the attribute, and the type."""

ATTRIBUTES: Mapping[type[Any], str] = {kind: name for name, kind in reversed([*MAPPINGS.items()])}
"""The attribute that has what is there of a type; what is soft-deleted is in another one."""


def joined(one: Estate, other: Estate) -> Estate:
    """What either estate of the same look holds; for what both hold, and where only one was asked, `one` counts."""
    both = replace(one, answers={**other.answers, **one.answers})
    for name in MAPPINGS:
        setattr(both, name, dict(sorted({**getattr(other, name), **getattr(one, name)}.items())))
    for name in ("subscriptions", "disk_subscriptions"):
        setattr(both, name, tuple(sorted({*getattr(one, name), *getattr(other, name)})))
    return both
