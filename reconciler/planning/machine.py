"""The recovery of a machine: copies of all its disks as of one moment; the machine itself is never touched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.base.durations import to_the_second
from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.estate import Estate, Found
from reconciler.model.ids import ArmId, is_arm_id, lower
from reconciler.model.known import NOT_KNOWN, No, Yes
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.rebuild import Rebuild, Replacement
from reconciler.model.resources import Attachment, Instance, Machine, RecoveryPoint
from reconciler.model.selectors import Selector
from reconciler.planning.draft import Draft
from reconciler.planning.moments import Moment, closest, moments, newest
from reconciler.planning.recovering import early_of, prepared, several
from reconciler.planning.restoring import Source, Wish, finished, points_of, source_of, target_of
from reconciler.planning.role_book import RoleBook

_MACHINES = "microsoft.compute/virtualmachines"
_LONGEST = 80
_PLAIN, _PLAIN_GROUP = re.compile(r"\w[\w.-]*"), re.compile(r"[\w.()-]+")
"""Names that Azure gives or takes: the Azure CLI takes none of them for anything else, such as `@FILE`."""
_DATA_ALIKE = frozenset({"security", "zones"})
_OS_ALIKE = _DATA_ALIKE | {"size_gb"}
"""In what a copy must be like its source: Azure swaps OS disks of the same size only."""

_Points = Mapping[str, Sequence[tuple[Instance, RecoveryPoint]]]


@dataclass(frozen=True, slots=True)
class MachineRecovery:
    """What to restore: the disks of `machine`, an id or a name, from recovery points that are at most `longest` apart.

    `wish` is what all copies share. `partly`: disks that no vault protects are left out. `first` and `prepares` as in
    `Recovery`.
    """

    machine: str
    wish: Wish
    longest: timedelta
    partly: bool = False
    first: Selector | None = None
    prepares: bool = False


def make(manifest: Manifest, estate: Estate, options: Options, now: datetime, asked: MachineRecovery) -> Plan:
    """The plan of the copies of one machine's disks; a sketch while it has `questions`. UsageError for an unknown name."""
    draft = Draft.of(manifest, estate, options, now)
    draft.questions.tell_unread()
    book = RoleBook(draft)
    machine = _machine(draft, asked.machine)
    held = _held(draft, machine, partly=asked.partly) if machine and _fits(draft, machine, asked.wish) else {}
    if machine is None or not held:
        return finished(draft, book, ())
    disks = [own for one in held if (own := one.disk)]
    if asked.prepares:
        return prepared(draft, book, disks, asked.wish)
    points = _points(draft, disks, asked.wish.before)
    moment = _moment(draft, machine, points, asked.longest) if points else None
    if points is None or moment is None:
        return finished(draft, book, ())
    found = list(_sources(draft, held, points, moment, asked.wish))
    plan = several(
        draft, book, [(source, wish) for _, source, wish in found], early_of(draft.world, disks, asked.first)
    )
    replaced = tuple(
        Replacement(old, source.id, target_of(source.id, wish, source.point), source.point.taken)
        for old, source, wish in found
    )
    left = tuple(one for one in machine.attached or () if one not in held)
    return replace(plan, rebuild=Rebuild(machine.id, moment.at, moment.spread, replaced, left))


def _machine(draft: Draft, text: str) -> Machine | None:
    """The machine that somebody named, by one read of its id; None where it isn't known yet, or a finding says why not."""
    own = _named(draft, text)
    address = addresses.resource(own)
    presence = draft.questions.presence(own, address)
    match presence:
        case No():
            message = "there is no virtual machine with this id"
            draft.decisions.refuse(address, codes.MACHINE_MISSING, message)
        case Yes(Found(resource=Machine() as found)) if found.attached is not None:
            return replace(found, id=own)
        case Yes():
            message = "could not tell which disks the virtual machine has: its `storageProfile` has an unexpected form"
            draft.decisions.refuse(address, NOT_KNOWN, message)
    return None


def _named(draft: Draft, text: str) -> ArmId:
    """The id that somebody typed, or that of the machine of that name which a disk is attached to; UsageError otherwise."""
    if is_arm_id(text):
        own = ArmId(text)
        if own.type != _MACHINES or _odd(own) is not None:
            hint = "write `/subscriptions/…/virtualMachines/NAME`; instances of a scale set have no disks of their own to swap"
            raise UsageError(f"`--machine` is not the id of a virtual machine: '{text}'", hint=hint)
        return own
    said, names = f"/{lower(text)}", draft.world.names
    known = {one.key: one for disk in draft.world.disks.values() for one in disk.machines if one.type == _MACHINES}
    found = [
        one
        for one in known.values()
        if f"/{lower(names.group(one))}/{lower(one.name)}".endswith(said) or lower(names.of(one)) == lower(text)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"'{text}' names {len(found)} virtual machines: {names.listed(found)}"
        raise UsageError(message, hint="pass more of the name, or the machine's id", code=disk_codes.DISK_AMBIGUOUS)
    message = f"'{text}': no disk in the manifest's subscriptions is attached to a virtual machine of this name"
    raise UsageError(message, hint="pass the machine's id", code=error_codes.NO_SUCH_MACHINE)


def _fits(draft: Draft, machine: Machine, wish: Wish) -> bool:
    """Whether the copies can be attached to the machine, and all its names are plain; a finding says why not."""
    address = addresses.resource(machine.id)
    if wish.subscription and wish.subscription != machine.id.subscription:
        message = "a disk of another subscription can't be attached to this machine"
        draft.decisions.refuse(address, codes.RESTORE_IMPOSSIBLE, message, hint="choose a group of its subscription")
        return False
    every = machine.attached or ()
    told = (*(_odd(one.disk) for one in every if one.disk), *(_odd_name(one.name) for one in every))
    odd = next((name for name in told if name is not None), None)
    if odd is not None:
        message = f"could not tell which disks the virtual machine has: '{odd}' is not a name that Azure gives"
        draft.decisions.refuse(address, NOT_KNOWN, message)
    return odd is None


def _odd(own: ArmId) -> str | None:
    """What in an id is no plain name; None: nothing."""
    if not _PLAIN_GROUP.fullmatch(own.group):
        return own.group
    return next((name for name in (own.subscription, own.name) if _odd_name(name) is not None), None)


def _odd_name(name: str) -> str | None:
    return None if _PLAIN.fullmatch(name) else name


def _held(draft: Draft, machine: Machine, *, partly: bool) -> dict[Attachment, list[Instance]]:
    """The disks of a machine that vaults of the manifest protect, with their instances; empty where that isn't enough."""
    every = sorted(machine.attached or (), key=lambda one: -1 if one.lun is None else one.lun)
    held = {one: own for one in every if one.disk and (own := draft.world.held.get(one.disk.key))}
    lacking = [one for one in every if one not in held]
    address = addresses.resource(machine.id)
    told = ", ".join(_told(draft, one) for one in lacking)
    is_or_are = "is" if len(lacking) == 1 else "are"
    if not held:
        message = f"none of its {counted(len(every), 'disk')} is protected by a vault that was read: {told}"
        hint = "name the manifest that protects them, or protect them: a backup needs recovery points before the damage"
        draft.decisions.refuse(address, codes.NOTHING_TO_RESTORE, message, hint=hint)
    elif lacking and not partly:
        message = f"{len(lacking)} of its {len(every)} disks {is_or_are} not protected by a vault that was read: {told}"
        draft.decisions.refuse(address, codes.MACHINE_PARTLY, message)
        return {}
    elif lacking:
        message = f"without a copy, because {len(lacking)} of its {len(every)} disks {is_or_are} not protected: {told}"
        draft.decisions.note(codes.MACHINE_LEFT, message, address=address)
    return held


def _told(draft: Draft, one: Attachment) -> str:
    """A disk without a live backup instance, for a sentence."""
    if one.disk is None:
        return f"{one.name} (not a managed disk)"
    name = draft.world.names.of(one.disk)
    deleted = draft.world.deleted.get(one.disk.key)
    return f"{name} (its backup instance is soft-deleted)" if deleted else name


def _points(draft: Draft, disks: Iterable[ArmId], before: datetime | None) -> _Points | None:
    """The recovery points of each disk that are older than requested; None: not known yet, or a finding says what lacks."""
    asked = {disk: [(one, points_of(draft.questions, one)) for one in draft.world.held[disk.key]] for disk in disks}
    if any(points is None for own in asked.values() for _, points in own):
        return None
    found = {
        disk.key: [(one, point) for one, points in own for point in points or () if not before or point.taken < before]
        for disk, own in asked.items()
    }
    for disk in asked:
        if not found[disk.key]:
            message = "it has no recovery point that is older than requested" if before else "it has no recovery point"
            draft.decisions.refuse(addresses.resource(disk), codes.NOTHING_TO_RESTORE, message)
    return found if all(found.values()) else None


def _moment(draft: Draft, machine: Machine, points: _Points, longest: timedelta) -> Moment | None:
    """The moment to go back to; None, with a finding, where no recovery points of all disks are close enough."""
    times = {key: [point.taken for _, point in own] for key, own in points.items()}
    found = newest(times, longest)
    address = addresses.resource(machine.id)
    if found is not None:
        what = f"recovery points of {counted(len(points), 'disk')}"
        message = f"{what} as of {to_the_second(found.at)}; {counted(_seconds(found.spread), 'second')} from the first to the last"
        draft.decisions.note(codes.MACHINE_MOMENT, message, address=address)
        return found
    last, near = next(moments(times), None), closest(times)
    allowed = counted(_seconds(longest), "second")
    message = f"no recovery points of its {counted(len(points), 'disk')} are within {allowed}"
    if last is None or near is None:
        draft.decisions.refuse(address, codes.SPREAD_TOO_WIDE, f"{message}, nor is there a moment when all have one")
        return None
    told = f"the newest are {counted(_seconds(last.spread), 'second')} apart, as of {to_the_second(last.at)}"
    hint = f"pass `--max-spread {_seconds(last.spread)}s` to take the newest"
    if near != last:
        told = (
            f"{told}; the closest are {counted(_seconds(near.spread), 'second')} apart, as of {to_the_second(near.at)}"
        )
        hint = f"{hint}, or `--max-spread {_seconds(near.spread)}s` to take the closest, if the disks may be that far apart"
    draft.decisions.refuse(address, codes.SPREAD_TOO_WIDE, f"{message}; {told}", hint=hint)
    return None


def _seconds(span: timedelta) -> int:
    """Whole seconds, rounded up: what is said to be enough is enough."""
    return -int(-span.total_seconds() // 1)


def _sources(
    draft: Draft, held: Iterable[Attachment], points: _Points, moment: Moment, shared: Wish
) -> Iterator[tuple[Attachment, Source, Wish]]:
    """What each copy is made from, and what it must be; nothing for a disk that has to be asked for first."""
    ending = f"-r{moment.at:%Y%m%d%H%M%S}"
    for one in held:
        if one.disk is None:
            continue
        own, point = next(row for row in points[one.disk.key] if row[1].taken == moment.taken[one.disk.key])
        wish = replace(
            shared,
            disk=one.disk.text,
            name=f"{one.disk.name[: _LONGEST - len(ending)]}{ending}",
            point=point.id.key,
            before=None,
            alike=_OS_ALIKE if one.lun is None else _DATA_ALIKE,
        )
        source = source_of(draft, wish, [own], addresses.resource(one.disk))
        if source is not None:
            yield one, source, wish
