"""Instances whose recovery points the manifest keeps, and that somebody deleted: undeleted, and left stopped."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Yes
from reconciler.model.names import instance_name
from reconciler.model.protection import GOALS
from reconciler.model.resources import Instance
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.draft import Draft
from reconciler.planning.gone import lost
from reconciler.planning.marks import drift_class
from reconciler.planning.removals import Removal
from reconciler.planning.world import World

REASON = "soft-deleted: undelete it with its recovery points, stopped"


def compare(draft: Draft) -> None:
    """Undelete what `removed` with `data: retain`, or `whenGone`, keeps; what is already purged can't be undeleted."""
    for _, instance in sorted(draft.world.estate.deleted_instances.items()):
        removal = draft.world.removals.of.get(instance.disk.key) if instance.disk else None
        if removal is not None and _is_kept(draft.world, instance, removal):
            _bring_back(draft, instance, removal.disk, removal.place)
    for instance, disk, place in lost(draft):
        _bring_back(draft, instance, disk, place)


def _is_kept(world: World, instance: Instance, removal: Removal) -> bool:
    """Whether `removed` keeps the recovery points of an instance today; one by a selector must be ours, or have our name."""
    entry, today = removal.entry, world.today
    is_early = entry.after is not None and today is not None and today < entry.after
    if not (entry.data == "retain" or removal.disk.key in world.removals.holds or is_early):
        return False
    is_ours = world.owner(instance.tags) == "ours" or lower(instance.id.name) == lower(instance_name(removal.disk))
    return removal.by_id or is_ours


def _bring_back(draft: Draft, deleted: Instance, disk: ArmId, place: Place) -> None:
    instance = replace(deleted, id=deleted.vault.child("backupInstances", deleted.id.name))
    owner, address = draft.world.owner(instance.tags), addresses.disk(disk)
    if owner == "handed" or instance.id.key in draft.world.estate.instances:
        return  # the list of deleted instances may still show an undeleted one for a while
    if address in draft.decisions.changes:
        address = addresses.resource(instance.id)
    if owner == "foreign":
        message = f"the manifest `{tag_of(instance.tags, OWNER_TAG)}` owns its backup instance in the vault {instance.vault.name}"
        draft.decisions.refuse(address, codes.MANAGED_ELSEWHERE, message, place=place)
        return
    presence = draft.questions.presence(instance.id, address, place)
    if isinstance(presence, Yes):
        draft.decisions.refuse(
            address, codes.LIST_INCOMPLETE, "its backup instance exists, but Azure's list lacks it", place=place
        )
    elif presence is not None:
        draft.decisions.add(_undeletion(draft.world, instance, address, place))


def _undeletion(world: World, instance: Instance, address: Address, place: Place) -> Change:
    spec = next((spec for spec in world.vaults.values() if spec.id == instance.vault), None)
    return Change(
        address=address,
        kind=Kind.DISK,
        action=Action.CHANGE,
        reason=REASON,
        steps=(Step(Op.INSTANCE_UNDELETE, instance.id),),
        before={"instance": instance.id.text, "protection": "soft-deleted"},
        after={"instance": instance.id.text, "protection": "stopped"},
        fields=(FieldChange("protection", "soft-deleted", "stopped"),),
        vault=instance.vault,
        goal=GOALS["stopped"],
        place=place,
        detail=(f"otherwise its recovery points are purged at {instance.purged}",),
        drift=drift_class(world, spec) if spec else "differs",
    )
