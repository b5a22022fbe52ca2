"""Instances that the manifest no longer names: orphans, retained ones, removals, disks that are gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Deletion, FieldChange, Kind, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import BELOW
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.manifest import RETAIN, Removed
from reconciler.model.protection import AT_WORK, GOALS, WORDS, health, health_of, is_active
from reconciler.model.resources import Instance
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.gone import Gone, Verdict, absences, outlook, verdict
from reconciler.planning.identity import new_id
from reconciler.planning.instance_bodies import guard_or_refuse
from reconciler.planning.loss import cost
from reconciler.planning.takers import when_gone
from reconciler.planning.world import World


def compare(draft: Draft, desired: list[DesiredDisk]) -> None:
    """Report or prune what left the manifest, and do what `removed` and `whenGone` declare."""
    removed = {entry.id.key: entry for entry in draft.world.manifest.removed}
    claimed = {disk.disk.id.key for disk in desired}
    absent = absences(draft, claimed)
    draft.decisions.masses = absent.masses
    unmanaged: dict[str, int] = defaultdict(int)
    for key in sorted(draft.world.estate.instances):
        instance = draft.world.estate.instances[key]
        if instance.disk is None or instance.disk.key in claimed or key in absent.undecided:
            continue
        entry = removed.get(instance.disk.key)
        if entry is not None:
            _remove(draft, instance, instance.disk, entry)
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


def _address(decisions: Decisions, instance: Instance, disk: ArmId) -> Address:
    """The disk's address; a second instance, in another vault, uses its own id."""
    address = addresses.disk(disk)
    return addresses.resource(instance.id) if address in decisions.changes else address


def _orphan(draft: Draft, instance: Instance, disk: ArmId) -> None:
    address = _address(draft.decisions, instance, disk)
    if not is_active(instance):
        draft.decisions.note(
            disk_codes.RETAINED, "protection is stopped; the recovery points are kept", address=address
        )
        return
    if not _has_left_groups(draft, disk, address):
        return
    prunes = (
        draft.world.options.prune
        and not draft.world.manifest.hands_over_to
        and not draft.decisions.ignores(address, "protection")
    )
    if prunes and health_of(instance) not in AT_WORK:
        _stop(draft, instance, address, "no longer in the manifest", "orphaned")
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
    address, fate = _address(draft.decisions, one.instance, one.disk), verdict(draft, one)
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
        _stop(draft, one.instance, address, "its disk is gone", "gone", one.place)
        return
    _change(
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


def _stop(
    draft: Draft, instance: Instance, address: Address, reason: str, drift: str, place: Place | None = None
) -> None:
    before = WORDS[health(instance.state)]
    _change(
        draft,
        instance,
        address,
        Action.CHANGE,
        Op.INSTANCE_STOP,
        f"{reason}: protection stops, recovery points are kept",
        FieldChange("protection", before, "stopped"),
        goal=GOALS["stopped"],
        drift=drift,
        place=place,
    )


def _remove(draft: Draft, instance: Instance, disk: ArmId, entry: Removed) -> None:
    """Act on a `removed` entry, whoever made the instance, unless another manifest owns it."""
    address, owner = _address(draft.decisions, instance, disk), draft.world.owner(instance.tags)
    if owner == "handed":
        return
    if owner == "foreign":
        mark = tag_of(instance.tags, OWNER_TAG)
        draft.decisions.refuse(
            address,
            codes.MANAGED_ELSEWHERE,
            f"the manifest `{mark}` owns its backup instance in the vault {instance.vault.name}",
            place=entry.place,
        )
    elif health_of(instance) in AT_WORK:
        draft.decisions.wait_for(address, instance, entry.place, may_go=entry.data == "delete")
    elif entry.data == "delete":
        _delete(draft, instance, address, entry)
    elif is_active(instance):
        _stop(draft, instance, address, f"removed: {entry.reason}", "not-yet-applied", entry.place)
    else:
        draft.decisions.note(
            disk_codes.RETAINED,
            "protection is stopped; the recovery points are kept",
            address=address,
            place=entry.place,
        )


def _delete(draft: Draft, instance: Instance, address: Address, entry: Removed) -> None:
    """Delete an instance with its recovery points, if the command line has the key; say what it costs either way."""
    softly = _is_kept_when_deleted(draft, instance)
    lost = cost(draft, instance, softly=softly)
    if draft.world.options.allow_delete is None:
        said = f" ({lost})" if lost else ""
        message = f"its backup instance is to be deleted with its recovery points{said}; reason: {entry.reason}"
        draft.decisions.due[address] = (message, entry.place)
    else:
        if not softly:
            draft.decisions.irreversible[address] = (
                f"{instance.id.name} is deleted permanently: soft delete is off in its vault"
            )
        _change(
            draft,
            instance,
            address,
            Action.DESTROY,
            Op.INSTANCE_DELETE,
            f"removed with its recovery points: {entry.reason}",
            FieldChange("protection", WORDS[health(instance.state)], None),
            goal="gone",
            drift="not-yet-applied",
            place=entry.place,
            body=Deletion(softly=True) if softly else Deletion(),
            detail=(lost,) if lost else (),
        )


def _is_kept_when_deleted(draft: Draft, instance: Instance) -> bool:
    """Whether its vault has soft delete on, also after this plan: vaults are changed before instances."""
    vault = draft.world.estate.vaults.get(instance.vault.key)
    names = (spec.name for spec in draft.world.manifest.vaults.values() if spec.id == instance.vault)
    change = draft.decisions.changes.get(addresses.vault(next(names, "")))
    turned_off = change and any((field.path, field.after) == ("softDelete.state", "Off") for field in change.fields)
    return vault is not None and vault.keeps_deleted and not turned_off


def _change(
    draft: Draft,
    instance: Instance,
    address: Address,
    action: Action,
    op: Op,
    reason: str,
    field: FieldChange,
    *,
    goal: str,
    drift: str,
    place: Place | None,
    body: Mapping[str, Any] = MappingProxyType({}),
    detail: tuple[str, ...] = (),
) -> None:
    guard = guard_or_refuse(draft, instance.vault, (op,), address, place)
    if guard is None:
        return
    draft.decisions.add(
        Change(
            address=address,
            kind=Kind.DISK,
            action=action,
            reason=reason,
            steps=(Step(op, instance.id, body, guard),),
            before={"instance": instance.id.text, field.path: field.before},
            after=None if action is Action.DESTROY else {"instance": instance.id.text, field.path: field.after},
            fields=(field,),
            vault=instance.vault,
            goal=goal,
            place=place,
            detail=detail,
            drift=drift,
            weight="stops",
        )
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
