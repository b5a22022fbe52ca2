"""Resource groups: those of vaults, those of snapshots. None is ever deleted, as it may hold what we don't know of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.known import No, Yes
from reconciler.model.resources import Instance, ResourceGroup
from reconciler.planning.comparison import Comparison
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.group_book import WantedGroup
from reconciler.planning.marks import drift_class
from reconciler.planning.tags import laid_over, merged_tags, tag_differences
from reconciler.planning.world import World

_SHOWN = 10


def declared(comparison: Comparison) -> Iterable[Address]:
    """The addresses of every resource group that something declared needs."""
    return (group.address for group in comparison.groups.wanted(comparison.draft.world))


def compare(comparison: Comparison) -> None:
    """Plan the resource groups that are missing or whose declared tags differ; refuse those that vanished while in use."""
    draft = comparison.draft
    _refuse_vanished(draft, comparison.everything)
    for group in comparison.groups.wanted(draft.world):
        live = draft.world.estate.groups.get(group.id.key)
        if live is None:
            if draft.decisions.spelled(group.address) in draft.decisions.refused:
                continue
            presence = draft.questions.presence(group.id, group.address, group.place)
            if presence is None:
                continue
            live = presence.value.resource if isinstance(presence, Yes) else None
        if live is None:
            _create(draft, group)
            continue
        _tell_lock(draft, group)
        if group.manage:
            _retag(draft, group, live)


def _refuse_vanished(draft: Draft, wanted: list[DesiredDisk]) -> None:
    """Refuse each missing snapshot group that live instances use: a new, empty one would hide the loss.

    This covers the instances of declared disks, ours if their groups were listed, and anybody's in a group that would
    be made.
    """
    places = {one.disk.id.key: one.place for one in wanted}
    made = {one.group_id.key for one in wanted}
    for group, held in sorted(_used(draft.world, places, made).items(), key=lambda one: one[0].key):
        if group.key in draft.world.estate.groups:
            continue
        place = next((places[one.disk.key] for one in held if one.disk and one.disk.key in places), None)
        address = addresses.group(group)
        if isinstance(draft.questions.presence(group, address, place), No) and not draft.decisions.ignores(address):
            _tell_vanished(draft, group, held, place)


def _used(world: World, declared: Mapping[str, Place], made: Collection[str]) -> Mapping[ArmId, list[Instance]]:
    found: dict[ArmId, list[Instance]] = defaultdict(list)
    for one in world.estate.instances.values():
        if one.disk is None or one.snapshot_group is None:
            continue
        is_listed = one.snapshot_group.subscription in world.estate.subscriptions
        is_ours = is_listed and world.owner(one.tags) == "ours"
        if one.disk.key in declared or is_ours or one.snapshot_group.key in made:
            found[one.snapshot_group].append(one)
    return found


def _tell_vanished(draft: Draft, group: ArmId, held: list[Instance], place: Place | None) -> None:
    names = sorted({one.disk.name for one in held if one.disk})
    told = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    message = (
        f"the resource group is gone, and with it the snapshots of {counted(len(held), 'backup instance')}: {told}"
    )
    regions = sorted({disk.location for one in held if one.disk and (disk := draft.world.disks.get(one.disk.key))})
    hint = (
        "find out who deleted it; its snapshots can't be restored; to continue backups, create it by hand: "
        f"`az group create --name {group.name} --subscription {group.subscription} --location {next(iter(regions), '…')}`"
    )
    draft.decisions.refuse(addresses.group(group), codes.SNAPSHOTS_GONE, message, place=place, hint=hint)


def _tell_lock(draft: Draft, group: WantedGroup) -> None:
    """Warn of a lock, which silently keeps Azure Backup from creating and deleting snapshots there."""
    lock = draft.world.lock_on(group.id, deletes=True) if group.locations else None
    if lock:
        message = f"{lock.shown(draft.world.names)} keeps Azure Backup from deleting expired snapshots"
        draft.decisions.note(codes.LOCK_KEEPS_SNAPSHOTS, message, address=group.address, place=group.place)


def _create(draft: Draft, group: WantedGroup) -> None:
    if not group.manage:
        message = "the resource group doesn't exist, and the manifest doesn't manage it"
        draft.decisions.refuse(group.address, codes.GROUP_MISSING, message, place=group.place)
        return
    location = group.location or (next(iter(group.locations)) if len(group.locations) == 1 else None)
    if location is None:
        regions = ", ".join(sorted(group.locations)) or "none"
        message = f"the manifest gives the resource group no location, and its disks are in several: {regions}"
        draft.decisions.refuse(group.address, codes.GROUP_LOCATION_UNKNOWN, message, place=group.place)
        return
    tags = {key: value for key, value in laid_over(group.default_tags, group.tags).items() if value is not None}
    body = {"location": location, "tags": tags} if tags else {"location": location}
    _add(draft, group, Action.ADD, "not there", body, None, body, ())


def _retag(draft: Draft, group: WantedGroup, live: ResourceGroup) -> None:
    fields = draft.decisions.kept(group.address, tag_differences(group.tags, live.tags))
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
    draft.decisions.add(
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
            drift=drift_class(draft.world, vault) if vault else "differs",
        )
    )
