"""A restore: which recovery point becomes which new disk, and what prevents it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from reconciler.model import addresses, protection
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.builtin_roles import DISK_RESTORE_OPERATOR
from reconciler.model.changes import Action, Change, Expectation, FieldChange, Kind, Looks, Op, Probe, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import EXISTS, RECOVERY_POINTS, Estate, Found
from reconciler.model.ids import ArmId, group_id, lower
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.manifest import Manifest, VaultSpec
from reconciler.model.plan import Options, Plan
from reconciler.model.resources import Disk, Instance, RecoveryPoint
from reconciler.model.short_names import Typed
from reconciler.model.tags import RESTORED_TAG, RETURNED_TAG
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.instance_bodies import guard_or_refuse
from reconciler.planning.ordering import checksum, finding_rank, ordered
from reconciler.planning.provenance import Claim, begun_before, ended_lately, is_asked_for, made_before
from reconciler.planning.questions import PENDING, Questions
from reconciler.planning.restore_limits import refuse_impossible, refuse_too_many
from reconciler.planning.restored import differences
from reconciler.planning.returning import warn_unselected
from reconciler.planning.role_book import Grants, RoleBook
from reconciler.planning.selection import stub
from reconciler.planning.world import World

_ELSEWHERE = "leave this disk out, or restore it elsewhere with `--to`, or under another name with `--name`"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to restore: `disk` is a name or an id, `point` a recovery point's name or `latest`, `before` the moment that it
    must be older than, `group` the new disk's resource group (empty: the source's), `subscription` that of the group
    (empty: the disk's own), `name` its name (empty: one is derived; the source's own if the group is, too).

    `resumes`: a disk that an earlier run has restored from the same recovery point is done, and not in the way.
    `alike` are the keys of `Looks` in which the new disk must be like its source, whose place it is to take.
    """

    disk: str
    group: str
    run: str
    subscription: str = ""
    name: str = ""
    point: str = "latest"
    before: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    sku: str = ""
    zone: str = ""
    resumes: bool = False
    alike: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Source:
    """What a disk is restored from: the instance, its recovery point, and the disk as it is now.

    `disk` is None if there is none to compare with; `missing` says why.
    """

    instance: Instance
    point: RecoveryPoint
    disk: Disk | None
    missing: str = "the source disk is gone"

    @property
    def id(self) -> ArmId:
        """The id of the disk that was backed up."""
        assert self.instance.disk is not None  # noqa: S101 - instances of other kinds are never a source
        return self.instance.disk


def make(manifest: Manifest, estate: Estate, options: Options, now: datetime, wish: Wish) -> Plan:
    """The plan of one restore; a sketch while it has `questions`."""
    draft = Draft.of(manifest, estate, options, now)
    draft.questions.tell_unread()
    book = RoleBook(draft)
    source = source_of(draft, wish, _instances(draft, wish.disk))
    changes = [] if source is None else restored(draft, book, source, wish)
    return finished(draft, book, changes)


def finished(draft: Draft, book: RoleBook, changes: Iterable[Change], also: Iterable[Address] = ()) -> Plan:
    """The plan of only these changes, the role assignments that they need, and those at the addresses `also`."""
    own = list(changes)
    needed = {*also, *(address for change in own for address in change.depends)}
    every = ordered([*(change for change in draft.decisions.changes.values() if change.address in needed), *own])
    return Plan(
        manifest=draft.world.manifest.name,
        changes=tuple(every),
        findings=tuple(sorted(draft.decisions.findings, key=finding_rank)),
        gates=(),
        checksum="" if draft.questions.open else checksum(draft.world, every),
        emitted=tuple(book.emitted[address] for address in sorted(book.emitted)),
        missing=tuple(book.missing[address] for address in sorted(book.missing)),
        questions=draft.questions.open,
        owners=draft.world.owners,
        names=draft.world.names,
    )


def points_of(questions: Questions, instance: Instance) -> tuple[RecoveryPoint, ...] | None:
    """The instance's recovery points that can be restored, newest first; None until they were asked for."""
    found = questions.ask(RECOVERY_POINTS(instance.id))
    return None if found is PENDING else tuple(point for point in found or () if point.is_complete)


def start(source: Source, location: str, disk: ArmId, guard: tuple[str, ...]) -> Step:
    """The step that restores, with the keys and constants of recorded traffic."""
    body: dict[str, Any] = {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": source.point.id.name,
        "sourceDataStoreType": "OperationalStore",
        "restoreTargetInfo": {
            "objectType": "RestoreTargetInfo",
            "recoveryOption": "FailIfExists",
            "restoreLocation": location,
            "datasourceInfo": {
                "objectType": "Datasource",
                "datasourceType": "Microsoft.Compute/disks",
                "resourceId": disk.text,
                "resourceUri": disk.text,
                "resourceName": disk.name,
                "resourceType": "Microsoft.Compute/disks",
                "resourceLocation": location,
            },
        },
    }
    if source.instance.identity is not None:
        user = source.instance.identity.text
        body["identityDetails"] = {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": user}
    return Step(Op.RESTORE_START, source.instance.id, body, guard)


def expected(
    source: Source, asked: Looks, claim: Claim, job: str = "", alike: frozenset[str] = frozenset()
) -> Expectation:
    """What the restored disk must be like: its source, if that still exists, or as requested; `alike` as in `Wish`."""
    disk = source.disk
    as_source = Looks()
    if disk is not None:
        as_source = {"size_gb": disk.size_gb, "sku": disk.sku, "zones": list(disk.zones)}
        as_source["encryption_set"] = disk.encryption_set.key if disk.encryption_set else None
        if disk.security:
            as_source["security"] = disk.security
    return {**as_source, **asked, "asked": sorted(alike.union(asked)), "claim": claim.body, "job": job}


def grants_for(world: World, book: RoleBook, instance: Instance, group: ArmId) -> tuple[Grants, Probe | None]:
    """The role assignments of the instance's identity in the target resource group, and what to wait for."""
    grants = book.need(vault_of(world, instance), DISK_RESTORE_OPERATOR, group)
    return grants, grants.probe(instance.vault.key, "restore", group.key)


def vault_of(world: World, instance: Instance) -> VaultSpec:
    """The declaration of the instance's vault, with the instance's identity; made from Azure for an undeclared vault."""
    own = instance.vault
    spec = next((one for one in world.manifest.vaults.values() if one.id == own), None)
    if spec is None:
        live = world.estate.vaults[own.key]
        spec = VaultSpec(
            world.manifest.place, own.name, own.name, own.subscription, own.group, live.location, manage=False
        )
    return replace(spec, identity=instance.identity or "system")


def is_open(draft: Draft, group: ArmId, address: Address) -> bool:
    """Whether disks can be created in a resource group: it exists and isn't locked; a finding says why not."""
    presence = draft.questions.presence(group, address)
    if presence is None:
        return False
    if isinstance(presence, No):
        hint = f"create it: `az group create --name {group.name} --subscription {group.subscription} --location …`"
        draft.decisions.refuse(
            address, codes.GROUP_MISSING, f"the resource group {draft.world.names.of(group)} doesn't exist", hint=hint
        )
        return False
    lock = draft.world.lock_on(group)
    if lock:
        draft.decisions.refuse(address, codes.LOCKED, f"{lock.shown(draft.world.names)} forbids restoring a disk there")
    return lock is None


def without_refused(decisions: Decisions, change: Change) -> list[Change]:
    """The change, unless it or something that it needs is refused."""
    if change.address in decisions.refused:
        return []
    because = next((needed for needed in change.depends if needed in decisions.refused), None)
    if because is None:
        return [change]
    message = f"waits for {decisions.names.shown(because)}: {decisions.refused[because].because}"
    decisions.refuse(change.address, codes.WAITS_FOR, message)
    return []


def source_of(draft: Draft, wish: Wish, instances: Sequence[Instance], address: Address = NOWHERE) -> Source | None:
    """The newest matching recovery point, over all instances of the disk; `address` is that of a finding about it."""
    found: list[tuple[Instance, RecoveryPoint]] = []
    asked = [(instance, points_of(draft.questions, instance)) for instance in instances]
    if any(points is None for _, points in asked) or not instances:
        return None
    for instance, points in asked:
        found += [(instance, point) for point in points or () if _fits(point, wish)]
    if not found:
        told = sum(len(points or ()) for _, points in asked)
        what = "is older than requested" if wish.before else f"is named {wish.point}" if wish.point != "latest" else ""
        message = f"none of its {told} recovery points {what}" if told and what else "it has no recovery point"
        if not address:
            message = f"{instances[0].disk and draft.world.names.of(instances[0].disk)}: {message}"
        draft.decisions.note(codes.NOTHING_TO_RESTORE, message, address=address)
        return None
    instance, point = max(found, key=lambda one: (one[1].taken, protection.is_active(one[0]), one[1].id.key))
    assert instance.disk is not None  # noqa: S101 - chosen by their disks
    disk = draft.world.disks.get(instance.disk.key)
    if disk is None and not is_asked_for(draft, instance.disk):
        return Source(instance, point, None, "the source disk is in no list")
    if disk is None:
        presence = draft.questions.answer(EXISTS(instance.disk))
        if presence is PENDING:
            return None
        match presence:
            case Yes(Found(resource=Disk() as found_disk)):
                disk = found_disk
            case Unsure(because):
                return Source(instance, point, None, f"the source disk could not be read: {because}")
    return Source(instance, point, disk)


def _fits(point: RecoveryPoint, wish: Wish) -> bool:
    named = wish.point == "latest" or lower(wish.point) in (lower(point.id.name), point.id.key)
    return named and (wish.before is None or point.taken < wish.before)


def _instances(draft: Draft, named: str) -> list[Instance]:
    """The instances of the disk with that name or id; findings when there is none, or more than one disk."""
    live, names = [*draft.world.estate.instances.values()], draft.world.names
    typed = Typed(named, names)
    disks = typed.disks(one.disk for one in live if one.disk)
    if len(disks) > 1:
        disks.sort(key=lambda one: one.key)
        draft.decisions.note(disk_codes.DISK_AMBIGUOUS, f"`{named}` names several disks: {names.listed(disks)}")
        return []
    if disks:
        return [one for one in live if one.disk == disks[0]]
    gone = [*draft.world.estate.deleted_instances.values()]
    buried = typed.disks(one.disk for one in gone if one.disk)
    deleted = next((one for one in gone if one.disk in buried), None)
    if deleted is not None:
        message = f"`{named}`: its backup instance is soft-deleted; Azure purges it at {deleted.purged}"
        hint = "undelete it first: declare the disk again and apply, or use the Azure portal"
        draft.decisions.note(codes.NOTHING_TO_RESTORE, message, hint=hint)
    else:
        message = f"`{named}`: no vault in the manifest has a backup instance of such a disk"
        near = typed.near_disks(addresses.disk(one.disk) for one in (*live, *gone) if one.disk)
        draft.decisions.note(codes.NOTHING_TO_RESTORE, message, hint=near)
    return []


def target_of(source: ArmId, wish: Wish, point: RecoveryPoint) -> ArmId:
    """The disk that is made."""
    group = group_id(wish.subscription or source.subscription, wish.group) if wish.group else source.group_id
    derived = f"{source.name[:60]}-{point.taken:%Y%m%d%H%M%S}" if wish.group else source.name
    return ArmId(f"{group}/providers/Microsoft.Compute/disks/{wish.name or derived}")


def restored(draft: Draft, book: RoleBook, source: Source, wish: Wish) -> list[Change]:
    """The change that restores a disk; empty where that is refused, or was done by an earlier run."""
    disk = target_of(source.id, wish, source.point)
    address = addresses.resource(disk)
    if disk == source.id:
        source = replace(source, disk=None)  # what is in its place now is no measure of what it was
    if not is_open(draft, disk.group_id, address):
        return []
    claim = Claim.of(source.instance, source.point)
    asked: Looks = {**({"sku": wish.sku} if wish.sku else {}), **({"zones": [wish.zone]} if wish.zone else {})}
    if wish.resumes and (made := made_before(draft, disk, claim)):
        _tell_done(draft, address, made, expected(source, asked, claim, alike=wish.alike))
        return []
    job = begun_before(draft, disk, claim, _ELSEWHERE if disk == source.id else "")
    is_cut_off = job is not None
    refuse_impossible(draft.decisions, source.disk, wish.sku, wish.zone, disk)
    refuse_too_many(draft, source.id, source.instance, address)
    guard = guard_or_refuse(draft, source.instance.vault, (Op.RESTORE_START,), address) or ()
    grants, probe = grants_for(draft.world, book, source.instance, disk.group_id)
    kind = {"sku": {"name": wish.sku}} if wish.sku else {}
    location = draft.world.estate.vaults[source.instance.vault.key].location
    if disk == source.id:
        warn_unselected(draft, replace(stub(disk), location=location, tags=wish.tags))
    tags = {
        **wish.tags,
        **dict.fromkeys((RESTORED_TAG, RETURNED_TAG) if disk == source.id else (RESTORED_TAG,), wish.run),
    }
    rest = (
        Step(Op.DISK_PATCH, disk, {"tags": tags, **kind}),
        Step(Op.DISK_CHECK, disk, expected(source, asked, claim, job or ended_lately(draft, disk, claim), wish.alike)),
    )
    change = Change(
        address=address,
        kind=Kind.RESTORE,
        action=Action.CHANGE if is_cut_off else Action.ADD,
        reason=f"finishes an interrupted restore of {source.id.name}" if is_cut_off else f"restores {source.id.name}",
        steps=rest if is_cut_off else (start(source, location, disk, guard), *rest),
        after={
            "source": source.id.text,
            "recoveryPoint": source.point.id.text,
            "taken": source.point.taken.isoformat(),
            "tags": tags,
            **asked,
        },
        fields=(FieldChange.of_tag(RESTORED_TAG, None, wish.run),) if is_cut_off else (),
        depends=tuple(grants.planned),
        probe=probe,
        detail=() if source.disk else (f"{source.missing}: size, SKU and encryption can't be compared",),
    )
    return without_refused(draft.decisions, change)


def _tell_done(draft: Draft, address: Address, made: Disk, looks: Expectation) -> None:
    """Note that an earlier run has restored a disk; an error if the disk isn't as it must be."""
    taken = datetime.fromisoformat(looks["claim"]["taken"])
    failing = [text for text, fails in differences(looks, made) if fails]
    if failing:
        message = f"an earlier run restored the disk, but it isn't as expected: {'; '.join(failing)}"
        draft.decisions.refuse(address, error_codes.RESTORED_DIFFERENTLY, message)
    else:
        message = f"an earlier run restored the disk from the recovery point of {taken:%Y-%m-%d %H:%M} UTC"
        draft.decisions.note(codes.RESTORED_ALREADY, message, address=address)
