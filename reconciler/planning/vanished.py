"""Snapshot resource groups that vanished under backup instances: their recovery points are gone, and it is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.known import No
from reconciler.model.resources import Instance
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft

_SHOWN = 10


def compare(draft: Draft, desired: Iterable[DesiredDisk]) -> None:
    """Refuse each snapshot group that live instances use and that isn't there: an empty one would hide what is lost.

    Looked at are the instances of declared disks, ours as far as their groups were listed, and anybody's in a group
    that would be made.
    """
    wanted = tuple(desired)
    places = {one.disk.id.key: one.place for one in wanted}
    made = {one.group_id.key for one in wanted}
    for group, held in sorted(_used(draft, places, made).items(), key=lambda one: one[0].key):
        if group.key in draft.estate.groups:
            continue
        place = next((places[one.disk.key] for one in held if one.disk and one.disk.key in places), None)
        address = addresses.group(group)
        if isinstance(draft.presence(group, address, place), No) and not draft.ignores(address):
            _refuse(draft, group, held, place)


def _used(draft: Draft, declared: Mapping[str, Place], made: Collection[str]) -> Mapping[ArmId, list[Instance]]:
    found: dict[ArmId, list[Instance]] = defaultdict(list)
    for one in draft.estate.instances.values():
        if one.disk is None or one.snapshot_group is None:
            continue
        is_listed = one.snapshot_group.subscription in draft.estate.subscriptions
        is_ours = is_listed and draft.owner(one.tags) == "ours"
        if one.disk.key in declared or is_ours or one.snapshot_group.key in made:
            found[one.snapshot_group].append(one)
    return found


def _refuse(draft: Draft, group: ArmId, held: list[Instance], place: Place | None) -> None:
    names = sorted({one.disk.name for one in held if one.disk})
    told = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    message = f"{group} is gone, and with it the snapshots of {counted(len(held), 'backup instance')}: {told}"
    regions = sorted({disk.location for one in held if one.disk and (disk := draft.disks.get(one.disk.key))})
    hint = (
        "find out who deleted it; what it held can't be restored. For backups to go on, make it by hand: "
        f"az group create --name {group.name} --subscription {group.subscription} --location {next(iter(regions), '…')}"
    )
    draft.refuse(addresses.group(group), codes.SNAPSHOTS_GONE, message, place=place, hint=hint)
