"""Instances that the manifest no longer names: orphans, retained ones, disks that are gone, and what `removed` takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, FieldChange, Kind, Op
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import BELOW
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.manifest import RETAIN
from reconciler.model.protection import AT_WORK, GOALS, WORDS, health, health_of, is_active
from reconciler.model.resources import Instance
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.ending import address_of, ended, stop
from reconciler.planning.gone import Gone, Verdict, absences, outlook, verdict
from reconciler.planning.identity import new_id
from reconciler.planning.removing import Removing
from reconciler.planning.returning import is_left_behind
from reconciler.planning.takers import when_gone
from reconciler.planning.world import World

_LEFT_BEHIND = (
    "give the disk the tags that it had, or name its id under `disks`; `--prune` leaves it alone; to end its backups, "
    "name it under `removed`"
)


def compare(draft: Draft, desired: list[DesiredDisk]) -> None:
    """Report or prune what left the manifest, and do what `removed` and `whenGone` declare."""
    removing = Removing(draft)
    claimed = {disk.disk.id.key for disk in desired}
    absent = absences(draft, claimed)
    draft.decisions.masses = absent.masses
    unmanaged: dict[str, int] = defaultdict(int)
    for key in sorted(draft.world.estate.instances):
        instance = draft.world.estate.instances[key]
        if instance.disk is None or instance.disk.key in claimed or key in absent.undecided:
            continue
        removal = removing.takes(instance, instance.disk)
        if removal is not None:
            removing.compare(instance, removal)
        elif key in absent.gone:
            _compare_gone(draft, absent.gone[key])
        elif addresses.disk(instance.disk) not in draft.decisions.refused:
            owner = draft.world.owner(instance.tags)
            if owner == "ours":
                _orphan(draft, instance, instance.disk)
            elif not owner:
                unmanaged[instance.vault.key] += 1
    for vault, count in sorted(unmanaged.items()):
        known = draft.world.estate.vaults
        name = addresses.resource(known[vault].id if vault in known else ArmId(vault))
        draft.decisions.note(
            disk_codes.UNMANAGED,
            f"the vault holds {counted(count, 'backup instance')} that no manifest manages",
            address=name,
        )


def _orphan(draft: Draft, instance: Instance, disk: ArmId) -> None:
    address = address_of(draft.decisions, instance, disk)
    if not is_active(instance):
        draft.decisions.note(
            disk_codes.RETAINED, "protection is stopped; the recovery points are kept", address=address
        )
        return
    if not _has_left_groups(draft, disk, address):
        return
    found = draft.world.disks.get(disk.key)
    if found is not None and is_left_behind(draft, found):
        message = f"a restore made the disk, and no entry selects it; its backup instance is {instance.state}"
        draft.decisions.note(disk_codes.ORPHAN, message, address=address, hint=_LEFT_BEHIND)
        return
    prunes = (
        draft.world.options.prune
        and not draft.world.manifest.hands_over_to
        and not draft.decisions.ignores(address, "protection")
    )
    if prunes and health_of(instance) not in AT_WORK:
        stop(draft, instance, address, "no longer in the manifest", "orphaned")
        return
    if prunes:
        draft.decisions.wait_for(address, instance, None)
    draft.decisions.note(
        disk_codes.ORPHAN,
        f"the manifest no longer names the disk, but its backup instance is {instance.state}",
        address=address,
    )


def _has_left_groups(draft: Draft, disk: ArmId, address: Address) -> bool:
    """Whether a disk's subscription is known to be below none of the selectors' management groups; else conclude nothing.

    Groups whose lists show the subscription don't matter: a selector looked there, and didn't match the disk.
    """
    subscription = subscription_id(disk.subscription)
    for group, below in sorted(draft.world.estate.management_groups.items()):
        if disk.subscription in below:
            continue
        match draft.questions.answer(BELOW(subscription, group)):
            case No():
                continue
            case Unsure() as unsure:
                message = f"could not tell whether {draft.world.names.of(subscription)} is below the management group {group}: {unsure.because}"
                draft.decisions.refuse(address, unsure.code, message, hint=unsure.hint)
            case Yes():
                message = (
                    f"{draft.world.names.of(subscription)} is below the management group {group}, whose list lacks it"
                )
                draft.decisions.refuse(address, codes.LIST_INCOMPLETE, message)
        return False
    return True


def _compare_gone(draft: Draft, one: Gone) -> None:
    """Do what `whenGone` declares for an instance whose disk is gone, or report it; it is never pruned."""
    address, fate = address_of(draft.decisions, one.instance, one.disk), verdict(draft, one)
    if fate is Verdict.PENDING or draft.decisions.ignores(address):
        return
    if fate is Verdict.DONE:
        message = "Azure no longer has the disk; its backups are suspended, as `whenGone` declares"
        draft.decisions.note(disk_codes.EXPIRING, message, address=address, place=one.place)
        return
    if fate is Verdict.ACT and health_of(one.instance) not in AT_WORK:
        _settle(draft, one, address)
        return
    if fate is Verdict.ACT:
        draft.decisions.wait_for(address, one.instance, one.place)
    goes_on = new_id(draft, one.disk) if one.is_read else None
    if goes_on is not None:
        message = f"the disk now has the id {goes_on}, and is not protected under it{outlook(draft, one)}"
        draft.decisions.note(disk_codes.DISK_MOVED, message, address=address, place=one.place)
        return
    message = f"Azure no longer has the disk{outlook(draft, one)}"
    draft.decisions.note(disk_codes.DISK_GONE, message, address=address, place=one.place)


def _settle(draft: Draft, one: Gone, address: Address) -> None:
    if when_gone(one.takers)[0] == RETAIN:
        stop(draft, one.instance, address, "its disk is gone", "gone", one.place)
        return
    ended(
        draft,
        one.instance,
        address,
        Action.CHANGE,
        Op.INSTANCE_SUSPEND,
        "its disk is gone: backups are suspended, recovery points expire by the policy, the last one is kept",
        FieldChange("protection", WORDS[health(one.instance.state)], "suspended"),
        goal=GOALS["suspended"],
        drift="gone",
        place=one.place,
    )


def lost(decisions: Decisions) -> dict[str, Address]:
    """The instances that this plan deletes permanently, by lower-cased id, with the address of the change."""
    return {
        step.target.key: change.address
        for change in decisions.changes.values()
        for step in change.steps
        if change.kind is Kind.DISK and step.op is Op.INSTANCE_DELETE and not step.is_soft
    }


def reached(world: World, lost: Mapping[str, Address]) -> dict[str, dict[Address, None]]:
    """The addresses of `lost`, in their order, by each scope whose role assignments apply to the instance."""
    found: defaultdict[str, dict[Address, None]] = defaultdict(dict)
    for key, address in lost.items():
        instance = world.estate.instances[key]
        for target in filter(None, (instance.disk, instance.snapshot_group)):
            for scope in target.enclosing():
                found[scope][address] = None
    return found


def left_behind(decisions: Decisions, wanted: DesiredDisk, chosen: Instance, held: Iterable[Instance]) -> None:
    """Report other instances of a disk that the `chosen` one protects in the declared vault.

    The chosen one may still be listed as soft-deleted for a while after it was undeleted.
    """
    for one in held:
        where = f"its backup instance {one.id.name} in the vault {one.vault.name}"
        if one.vault == chosen.vault and lower(one.id.name) == lower(chosen.id.name):
            continue
        if one.deleted:
            message = f"{where} is soft-deleted; its recovery points are purged at {one.purged}"
            decisions.note(codes.POINTS_EXPIRE, message, address=wanted.address, place=wanted.place)
        elif not is_active(one):
            decisions.note(
                disk_codes.RETAINED, f"{where} keeps older recovery points", address=wanted.address, place=wanted.place
            )
