"""The compiled manifest: defaults filled in, units resolved, every part with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.model.addresses import Address
from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId, lower, vault_id

REPORT, RETAIN, EXPIRE = "report", "retain", "expire"
"""What `whenGone` does: only report; stop and keep the recovery points; suspend and let them expire by the policy."""

Choice = str | Mapping[str, str]
"""A lower-cased name, or one per region (keys are normalised locations such as `westus`)."""


@dataclass(frozen=True, slots=True)
class SoftDelete:
    """A vault's soft delete: `state` Off, On or AlwaysOn; `retention_days` 14 to 180. None: not declared."""

    state: str | None = None
    retention_days: int | None = None


@dataclass(frozen=True, slots=True)
class VaultSpec:
    """A Backup vault as declared. None: not declared, so not compared.

    `identity` is `system` or the id of a user-assigned identity; `tags` are the vault's own (a None value removes the
    tag), `default_tags` those of `defaults.tags`, for what we create. `id` is the vault's id in Azure.
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
    cross_subscription_restore: bool | None = None
    identity: ArmId | str | None = None
    resource_guard: ArmId | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    default_tags: Mapping[str, str] = field(default_factory=dict)
    id: ArmId = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", vault_id(self.subscription, self.resource_group, self.azure_name))


@dataclass(frozen=True, slots=True)
class PolicyContent:
    """What a policy does, in normal form: equal contents mean the same to Azure.

    `interval_hours` is 1, 2, 4, 6, 8, 12 or 24; `phase_minutes` the wall-clock minute of the day of the first backup
    modulo the interval; `time_zone` a Windows name (`UTC` for UTC); retentions are in days (None: no such rule).
    """

    interval_hours: int
    phase_minutes: int
    time_zone: str
    default_days: int
    daily_days: int | None = None
    weekly_days: int | None = None

    @property
    def snapshots(self) -> dict[str, int]:
        """How many snapshots of a disk each rule may keep at once, counted as if rules shared none."""
        counts = {"default": self.default_days * 24 // self.interval_hours}
        if self.daily_days:
            counts["daily"] = self.daily_days
        if self.weekly_days:
            counts["weekly"] = -(-self.weekly_days // 7)
        return counts


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A policy as declared; `content` is None only for an unmanaged one that doesn't declare it.

    `at_minutes` is the declared wall-clock minute of the day of the first backup (for the body we write; `content` has
    it modulo the interval). `retention_text` has the durations as ISO 8601, as on the wire, by rule name
    (`Default`, `Daily`, `Weekly`).
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
class GroupSpec:
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
class Selector:
    """Which disks: keys are joined by AND, values in a list by OR; None: any.

    `tags` maps a lower-cased tag key to accepted values (`*`: present); names may have `*`; the rest is lower-cased,
    locations and subscriptions normalised.
    """

    place: Place
    subscriptions: tuple[str, ...] | None = None
    management_groups: tuple[str, ...] | None = None
    resource_groups: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    locations: tuple[str, ...] | None = None
    skus: tuple[str, ...] | None = None
    tags: Mapping[str, tuple[str, ...]] | None = None
    attached_names: tuple[str, ...] | None = None
    attached_tags: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A selector of disks that an entry leaves out, and why."""

    selector: Selector
    reason: str


@dataclass(frozen=True, slots=True)
class DiskRule:
    """One entry of `disks`: either `ids` (each with its place) or `select`, and what its disks get.

    `when_gone` says what to do with the backup instance of a disk that no longer exists, once its newest recovery point
    is `gone_after_hours` old.
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


@dataclass(frozen=True, slots=True)
class Excluded:
    """A disk that no selector may match, and why."""

    place: Place
    id: ArmId
    reason: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A disk to stop protecting: `data` is `retain` or `delete`."""

    place: Place
    id: ArmId
    data: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Differences to ignore: `address` with `*`, `fields` (empty: all), until `expires` (inclusive; None: always)."""

    place: Place
    address: Address
    fields: tuple[str, ...]
    reason: str
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """Who makes role assignments (`manage`, `verify`, `emit`), and at which scope (`disk`, `resourceGroup`, `subscription`)."""

    mode: str = "manage"
    scope: str = "disk"


@dataclass(frozen=True, slots=True)
class DrillSpec:
    """A test restore of `sample` disks that `select` matches (None: all protected ones), into a scratch group.

    `subscription` is the group's, lower-cased (None: each disk's own); `max_age_hours` None: any age; `keep` is
    `none`, `failed` or `all`.
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


def names_in(found: Choice) -> tuple[str, ...]:
    """Every name that may be chosen, lower-cased, sorted."""
    return tuple(sorted({lower(name) for name in ([found] if isinstance(found, str) else found.values())}))


def chosen(found: Choice, location: str) -> str | None:
    """The name for disks of a region; None when there is none for it."""
    return found if isinstance(found, str) else found.get(location)
