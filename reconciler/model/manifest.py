"""The compiled manifest: defaults filled in, units resolved, every part with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date

from reconciler.base.durations import Length, longest_days
from reconciler.model.addresses import Pattern
from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId, lower, vault_id
from reconciler.model.selectors import Confirmation, Exclusion, Selector

REPORT, RETAIN, EXPIRE = "report", "retain", "expire"
"""What `whenGone` does: only report; stop and keep the recovery points; suspend and let them expire by the policy."""

_DAYS_BETWEEN = {"daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
"""Days between two backups that each retention rule keeps, at least."""

Choice = str | Mapping[str, str]
"""A lower-cased name, or one per region (keys are normalised locations such as `westus`)."""


class Entry:
    """An entry of any section: what a run needs to know of each, whatever it declares."""

    __slots__ = ()

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The subscriptions that it names, lower-cased."""
        return ()

    @property
    def by_id(self) -> tuple[ArmId, ...]:
        """What is read by its id for this entry, since no list shows it."""
        return ()

    def counts_for(self, vault: VaultSpec) -> bool:  # noqa: ARG002 - for those that override it
        """Whether it is a part of what is declared for a vault, so that changing it isn't a change from outside.

        Only what came after version 0.1.0 is asked: the parts of before are in `planning.world`.
        """
        return False


@dataclass(frozen=True, slots=True)
class SoftDelete:
    """A vault's soft delete: `state` Off, On or AlwaysOn; `retention_days` 14 to 180. None: not declared."""

    state: str | None = None
    retention_days: int | None = None


@dataclass(frozen=True, slots=True)
class VaultSpec(Entry):
    """A Backup vault as declared. None: not declared, so not compared.

    `identity` is `system` or the id of a user-assigned identity, which instances use; `more_identities` are others that the
    vault has as well. `tags` are the vault's own (a None value removes the tag), `default_tags` those of `defaults.tags`,
    for what we create. `id` is the vault's id in Azure.
    """

    place: Place
    name: str
    azure_name: str
    subscription: str
    resource_group: str
    location: str
    manage: bool = True
    manage_resource_group: bool = True
    redundancy: str | None = None
    soft_delete: SoftDelete = SoftDelete()
    immutability: str | None = None
    alerts_for_all_job_failures: bool | None = None
    cross_region_restore: bool | None = None
    cross_subscription_restore: bool | str | None = None
    cost_management: str | None = None
    identity: ArmId | str | None = None
    resource_guard: ArmId | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    default_tags: Mapping[str, str] = field(default_factory=dict)
    more_identities: tuple[ArmId | str, ...] = ()
    id: ArmId = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", vault_id(self.subscription, self.resource_group, self.azure_name))

    @property
    def identities(self) -> tuple[ArmId | str, ...]:
        """All identities that it declares, first the one that instances use."""
        return (*((self.identity,) if self.identity else ()), *self.more_identities)

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Its own."""
        return (lower(self.subscription),)

    @property
    def by_id(self) -> tuple[ArmId, ...]:
        """Its user-assigned identity, which may lie in any subscription."""
        return (self.identity,) if isinstance(self.identity, ArmId) else ()


@dataclass(frozen=True, slots=True)
class PolicyContent:
    """What a policy does, in normal form: equal contents mean the same to Azure.

    `interval_hours` is 1, 2, 4, 6, 8, 12 or 24; `phase_minutes` the wall-clock minute of the day of the first backup
    modulo the interval; `time_zone` a Windows name (`UTC` for UTC); retentions are in days, or in months as ISO 8601
    (None: no such rule).
    """

    interval_hours: int
    phase_minutes: int
    time_zone: str
    default_days: Length
    daily_days: Length | None = None
    weekly_days: Length | None = None
    monthly_days: Length | None = None
    yearly_days: Length | None = None

    @property
    def kept(self) -> dict[str, Length]:
        """For how long each rule keeps what it keeps, by its key in the manifest; the last one that takes a backup wins."""
        rules = {
            "default": self.default_days,
            "daily": self.daily_days,
            "weekly": self.weekly_days,
            "monthly": self.monthly_days,
            "yearly": self.yearly_days,
        }
        return {rule: kept for rule, kept in rules.items() if kept is not None}

    @property
    def snapshots(self) -> dict[str, int]:
        """How many snapshots of a disk each rule may keep at once, counted as if rules shared none."""
        days = {rule: longest_days(kept) for rule, kept in self.kept.items()}
        counts = {rule: -(-kept // _DAYS_BETWEEN[rule]) for rule, kept in days.items() if rule in _DAYS_BETWEEN}
        return {"default": days["default"] * 24 // self.interval_hours, **counts}


@dataclass(frozen=True, slots=True)
class PolicySpec(Entry):
    """A policy as declared; `content` is None only for an unmanaged one that doesn't declare it.

    `at_minutes` is the declared wall-clock minute of the day of the first backup (for the body we write; `content` has
    it modulo the interval). `retention_text` has the durations as ISO 8601, as on the wire, by rule name (`Default`,
    `Daily` …).
    """

    place: Place
    name: str
    azure_name: str | None = None
    manage: bool = True
    content: PolicyContent | None = None
    at_minutes: int = 0
    time_zone: str = "UTC"
    retention_text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupSpec(Entry):
    """A snapshot resource group as declared; there is one in the subscription of each disk that uses it.

    `location` None: that of its disks; normalised.
    """

    place: Place
    name: str
    location: str | None = None
    manage: bool = True
    azure_name: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    default_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskRule(Entry):
    """One entry of `disks`: either `ids` (each with its place) or `select`, and what its disks get.

    `when_gone` says what to do with the backup instance of a disk that no longer exists, once its newest recovery point
    is `gone_after_hours` old. `until` is the last day of a `protection` other than `protected`, `reason` why it is so.
    """

    place: Place
    vault: Choice
    policy: Choice
    snapshot_group: Choice
    protection: str = "protected"
    ids: tuple[tuple[ArmId, Place], ...] = ()
    select: Selector | None = None
    exclude: tuple[Exclusion, ...] = ()
    when_gone: str = REPORT
    gone_after_hours: int = 168
    until: date | None = None
    reason: str = ""

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Those of its ids, or of its selector."""
        return (*(arm_id.subscription for arm_id, _ in self.ids), *((self.select and self.select.subscriptions) or ()))


@dataclass(frozen=True, slots=True)
class Excluded(Entry):
    """A disk that no selector may match, and why."""

    place: Place
    id: ArmId
    reason: str

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The disk's."""
        return (self.id.subscription,)


@dataclass(frozen=True, slots=True)
class Removed(Entry):
    """Disks to stop protecting: the one with that `id`, or else `ids` (each with its place) or `select`.

    `data` is `retain` or `delete`, which is allowed from the day `after` on, and forbidden by a `hold`, the reason for it.
    """

    place: Place
    id: ArmId | None
    data: str
    reason: str
    ids: tuple[tuple[ArmId, Place], ...] = ()
    select: Selector | None = None
    exclude: tuple[Exclusion, ...] = ()
    after: date | None = None
    hold: str = ""
    confirm: Confirmation | None = None

    @property
    def named(self) -> tuple[tuple[ArmId, Place], ...]:
        """The disks that it names by id, each with its place."""
        return ((self.id, self.place),) if self.id else self.ids

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Those of its ids, or of its selector."""
        return (*(disk.subscription for disk, _ in self.named), *((self.select and self.select.subscriptions) or ()))


@dataclass(frozen=True, slots=True)
class Ignore(Entry):
    """Differences to ignore: `address` with `*`, `fields` (empty: all), until `expires` (inclusive; None: always)."""

    place: Place
    address: Pattern
    fields: tuple[str, ...]
    reason: str
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """Who makes role assignments (`manage`, `verify`, `emit`), and at which scope (`disk`, `resourceGroup`, `subscription`)."""

    mode: str = "manage"
    scope: str = "disk"


@dataclass(frozen=True, slots=True)
class VerifySpec:
    """A program that checks a restored copy, with its arguments, and how many seconds it may take."""

    place: Place
    command: tuple[str, ...]
    timeout_seconds: int = 600


@dataclass(frozen=True, slots=True)
class DrillSpec(Entry):
    """A test restore of `sample` disks that `select` matches (None: all protected ones), into a scratch group.

    `percent` of the disks, if it is given, instead of a number of them; `subscription` is the group's, lower-cased (None:
    each disk's own); `max_age_hours` None: any age; `keep` is `none`, `failed` or `all`.
    """

    place: Place
    name: str
    group: str
    subscription: str | None = None
    select: Selector | None = None
    exclude: tuple[Exclusion, ...] = ()
    sample: int = 1
    max_age_hours: int | None = None
    keep: str = "none"
    percent: int | None = None
    verify: VerifySpec | None = None

    def size(self, disks: int) -> int:
        """How many of that many disks a run restores: a percentage is rounded up."""
        return self.sample if self.percent is None else max(1, -(-disks * self.percent // 100))

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The scratch group's, if it is named."""
        return (self.subscription,) if self.subscription else ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The desired state of one `name`, compiled from all its files.

    `vaults`, `policies` and `snapshot_groups` are keyed by lower-cased name. `warnings` are findings of validation
    that don't stop a run. `sources` has the text of every file, for caret lines. `subscriptions` are those that the
    manifest names anywhere, lower-cased, sorted.
    """

    name: str
    place: Place
    vaults: Mapping[str, VaultSpec]
    policies: Mapping[str, PolicySpec]
    snapshot_groups: Mapping[str, GroupSpec]
    disks: tuple[DiskRule, ...]
    roles: RoleSettings = RoleSettings()
    excluded: tuple[Excluded, ...] = ()
    removed: tuple[Removed, ...] = ()
    ignore: tuple[Ignore, ...] = ()
    drills: tuple[DrillSpec, ...] = ()
    formerly: tuple[str, ...] = ()
    hands_over_to: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> Iterator[Entry]:
        """The entries of all sections."""
        for one in fields(self):
            held = getattr(self, one.name)
            for entry in held.values() if isinstance(held, Mapping) else held if isinstance(held, tuple) else ():
                if isinstance(entry, Entry):
                    yield entry


def names_in(found: Choice) -> tuple[str, ...]:
    """Every name that may be chosen, lower-cased, sorted."""
    return tuple(sorted({lower(name) for name in ([found] if isinstance(found, str) else found.values())}))


def chosen(found: Choice, location: str) -> str | None:
    """The name for disks of a region; None when there is none for it."""
    return found if isinstance(found, str) else found.get(location)
