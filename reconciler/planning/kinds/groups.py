"""Resource groups: the vaults' own, and those where the snapshots live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model import addresses
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Yes
from reconciler.model.manifest import GroupSpec, VaultSpec
from reconciler.model.resources import ResourceGroup
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class


@dataclass(slots=True)
class WantedGroup:
    """A resource group that something declared needs; `locations` are those of the disks that use it."""

    id: ArmId
    place: Place
    manage: bool
    location: str | None
    tags: dict[str, str | None]
    default_tags: dict[str, str]
    locations: set[str] = field(default_factory=set)
    vaults: dict[str, VaultSpec] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """`group/<subscription>/<name>`."""
        return addresses.group(self.id)


def for_vault(spec: VaultSpec) -> WantedGroup:
    """The resource group of a vault."""
    manage = spec.manage and spec.manage_resource_group
    return WantedGroup(spec.id.group_id, spec.place, manage, spec.location, {}, dict(spec.default_tags))


def for_snapshots(spec: GroupSpec, group: ArmId) -> WantedGroup:
    """A snapshot resource group in one subscription."""
    return WantedGroup(group, spec.place, spec.manage, spec.location, dict(spec.tags), dict(spec.default_tags))


def compare(draft: Draft, wanted: Iterable[WantedGroup]) -> None:
    """Plan the resource groups that are missing or whose declared tags differ."""
    for group in sorted(wanted, key=lambda group: group.id.key):
        draft.spelled(group.address)
        live = draft.estate.groups.get(group.id.key)
        if live is None:
            if draft.spelled(group.address) in draft.refused:
                continue
            presence = draft.presence(group.id, group.address, group.place)
            if presence is None:
                continue
            live = presence.value.resource if isinstance(presence, Yes) else None
        if live is None:
            _create(draft, group)
            continue
        _tell_lock(draft, group)
        if group.manage:
            _retag(draft, group, live)


def _tell_lock(draft: Draft, group: WantedGroup) -> None:
    """Azure Backup makes and deletes snapshots there; a lock keeps it from that, silently."""
    lock = draft.lock_on(group.id, deletes=True) if group.locations else None
    if lock:
        message = f"{lock} is in the way of Azure Backup"
        draft.note(codes.LOCK_KEEPS_SNAPSHOTS, message, address=group.address, place=group.place)


def _create(draft: Draft, group: WantedGroup) -> None:
    if not group.manage:
        draft.refuse(group.address, codes.GROUP_MISSING, f"{group.id} isn't there", place=group.place)
        return
    location = group.location or (next(iter(group.locations)) if len(group.locations) == 1 else None)
    if location is None:
        regions = ", ".join(sorted(group.locations)) or "none"
        message = f"{group.id.name} has no location, and its disks lie in: {regions}"
        draft.refuse(group.address, codes.GROUP_LOCATION_UNKNOWN, message, place=group.place)
        return
    tags = {key: value for key, value in laid_over(group.default_tags, group.tags).items() if value is not None}
    body = {"location": location, "tags": tags} if tags else {"location": location}
    _add(draft, group, Action.ADD, "not there", body, None, body, ())


def _retag(draft: Draft, group: WantedGroup, live: ResourceGroup) -> None:
    fields = draft.kept(group.address, tag_differences(group.tags, live.tags))
    if not fields:
        return
    body = {"location": live.location, "tags": merged_tags(live.tags, fields)}
    before = {"location": live.location, "tags": dict(live.tags)}
    _add(draft, group, Action.CHANGE, "its declared tags differ", body, before, body, fields)


def _add(
    draft: Draft,
    group: WantedGroup,
    action: Action,
    reason: str,
    body: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    fields: tuple[FieldChange, ...],
) -> None:
    vault = next((group.vaults[key] for key in sorted(group.vaults)), None)
    draft.add(
        Change(
            address=group.address,
            kind=Kind.GROUP,
            action=action,
            reason=reason,
            steps=(Step(Op.GROUP_PUT, group.id, body),),
            before=before,
            after=after,
            fields=fields,
            place=group.place,
            drift=drift_class(draft, vault) if vault else "differs",
        )
    )


def tag_differences(declared: Mapping[str, str | None], live: Mapping[str, str]) -> list[FieldChange]:
    """The declared tags that differ, key by key; keys compare without case, a declared None removes."""
    have = {lower(key): value for key, value in live.items()}
    return [
        FieldChange(f"tags.{key}", have.get(lower(key)), value)
        for key, value in sorted(declared.items())
        if have.get(lower(key)) != value
    ]


def laid_over(defaults: Mapping[str, str], own: Mapping[str, str | None]) -> dict[str, str | None]:
    """The default tags with an object's own over them; keys compare without case, as in Azure."""
    replaced = set(map(lower, own))
    return {**{key: value for key, value in defaults.items() if lower(key) not in replaced}, **own}


def merged_tags(live: Mapping[str, str], fields: Iterable[FieldChange]) -> dict[str, str]:
    """The live tags with the differing ones of `fields` laid over; the live spelling of a key stays."""
    spelled = {lower(key): key for key in live}
    merged = dict(live)
    for change in fields:
        head, _, key = change.path.partition(".")
        if head != "tags":
            continue
        name = spelled.get(lower(key), key)
        if change.after is None:
            merged.pop(name, None)
        else:
            merged[name] = change.after
    return merged
