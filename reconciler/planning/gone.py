"""Disks that no longer exist in Azure: the instances that they leave, and what `whenGone` does about them.

A list doesn't prove absence, so each disk is read by id; of very many only some, as long as nothing is done about them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from sys import maxsize

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import DISKS, KEPT_POINTS
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.known import No, Yes
from reconciler.model.manifest import EXPIRE, REPORT
from reconciler.model.names import instance_name
from reconciler.model.policy_reading import content_of
from reconciler.model.protection import Health, health_of, is_active
from reconciler.model.resources import NEVER, Instance, RecoveryPoint
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING, Questions
from reconciler.planning.takers import Taker, when_gone
from reconciler.planning.world import World

MASS_PERCENT = 10
MASS_FROM = 5
_MOST_READ = 100
"""How many unlisted disks, and their recovery points, are read by id, as long as nothing is done about them."""
_FEW = 5
_START_WINDOW = timedelta(hours=2)
_LONGEST_INTERVAL = 24


class Verdict(Enum):
    """What becomes of an instance whose disk is gone."""

    TELL = auto()
    ACT = auto()
    DONE = auto()
    PENDING = auto()


@dataclass(frozen=True, slots=True)
class Gone:
    """An instance whose disk is gone; not `is_read`: too many disks are unlisted to read this one by id."""

    instance: Instance
    disk: ArmId
    takers: tuple[Taker, ...]
    is_read: bool = True

    @property
    def address(self) -> Address:
        """The disk's address."""
        return addresses.disk(self.disk)

    @property
    def place(self) -> Place | None:
        """The entry that names the disk, or the first whose selector could have matched it."""
        return self.takers[0].place if self.takers else None


@dataclass(slots=True)
class Absences:
    """What was found out about instances whose disks aren't listed, by lower-cased instance id.

    `undecided`: not known yet, or a finding says why not; the disk of an instance that is in neither exists. `masses` are
    the vaults that lack so many disks at once that `whenGone` needs a gate to act: how many, and of how many.
    """

    gone: dict[str, Gone] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)
    masses: dict[ArmId, tuple[int, int]] = field(default_factory=dict)


def absences(draft: Draft, claimed: Collection[str]) -> Absences:
    """Look for unlisted disks of active instances that aren't declared (`claimed`, lower-cased ids) or `removed`."""
    accounted = {*claimed, *draft.world.removals.of}
    lacking = sorted(_lacking(draft.world, accounted), key=lambda one: (_is_done(one), one.instance.id.key))
    found = Absences(masses=_masses(draft.world, lacking))
    listed, pending = _listed(draft, lacking)
    for one in lacking:
        if one.disk.subscription in pending:
            found.undecided.add(one.instance.id.key)
        elif one.disk.key not in listed and one.address not in draft.decisions.refused:
            _look(draft, found, one)
    return found


def _look(draft: Draft, found: Absences, one: Gone) -> None:
    key = one.instance.id.key
    acts = when_gone(one.takers)[0] != REPORT and not _is_done(one)
    is_needed = acts and (one.instance.vault not in found.masses or draft.world.forces("mass-gone"))
    if not may_read(draft.questions, one.disk, is_needed=is_needed):
        _assume(draft, found, one)
        return
    presence = draft.questions.presence(one.disk, one.address, one.place)
    if isinstance(presence, No):
        found.gone[key] = one
    elif presence is None:
        found.undecided.add(key)
    elif one.disk.subscription in draft.world.reach.disk_subscriptions:
        draft.questions.contradicted.add(one.disk.subscription)
        draft.decisions.refuse(one.address, codes.LIST_INCOMPLETE, "the disk exists, but Azure's list lacks it")
        found.undecided.add(key)


def _assume(draft: Draft, found: Absences, one: Gone) -> None:
    """Judge a disk that wasn't read because too many are unlisted: gone, unless one that was read exists after all."""
    if one.disk.subscription in draft.questions.contradicted:
        message = "Azure's list lacks the disk; it also lacks disks that exist, so the list proves nothing"
        draft.decisions.refuse(one.address, codes.LIST_INCOMPLETE, message)
        found.undecided.add(one.instance.id.key)
    else:
        found.gone[one.instance.id.key] = replace(one, is_read=False)


def may_read(questions: Questions, disk: ArmId, *, is_needed: bool) -> bool:
    """Whether this plan reads an unlisted disk; it reads only a limited number that aren't needed."""
    return questions.fits("gone", disk, maxsize if is_needed else _MOST_READ)


def _lacking(world: World, accounted: Collection[str]) -> Iterator[Gone]:
    """Active instances whose disks aren't listed: ours, and unmarked ones that an entry could have created."""
    for instance in world.estate.instances.values():
        disk = instance.disk
        if disk is None or not is_active(instance) or disk.key in world.disks or disk.key in accounted:
            continue
        owner = world.owner(instance.tags)
        takers = world.takers.of(disk) if owner in {"ours", ""} else ()
        if owner == "ours" or any(world.takers.puts_into(taker, instance.vault) for taker in takers):
            yield Gone(instance, disk, takers)


def _masses(world: World, lacking: Iterable[Gone]) -> dict[ArmId, tuple[int, int]]:
    missing = Counter(one.instance.vault for one in lacking if not _is_done(one))
    held = Counter(one.vault for one in world.estate.instances.values() if one.disk and is_active(one))
    return {
        vault: (count, held[vault])
        for vault, count in sorted(missing.items())
        if count >= MASS_FROM and count * 100 > MASS_PERCENT * held[vault]
    }


def _listed(draft: Draft, lacking: Iterable[Gone]) -> tuple[set[str], set[str]]:
    """The disks of unlisted subscriptions in which many disks are missing, and the subscriptions still to list."""
    asked = Counter(one.disk.subscription for one in lacking)
    found, pending = set[str](), set[str]()
    for subscription, count in sorted(asked.items()):
        if count > _FEW and subscription not in draft.world.reach.disk_subscriptions:
            match draft.questions.answer(DISKS(subscription_id(subscription))):
                case Yes(keys):
                    found |= keys
                case answer if answer is PENDING:
                    pending.add(subscription)
    return found, pending


def verdict(draft: Draft, one: Gone) -> Verdict:
    """What `whenGone` does about an instance now; the disk is at most as long gone as its newest recovery point is old."""
    word, hours = when_gone(one.takers)
    if word == REPORT:
        return Verdict.TELL
    if _is_done(one):
        return Verdict.DONE
    if not (one.is_read and _may_act(draft, one)):
        return Verdict.TELL
    points = known_points(draft.questions, one.instance)
    if points is None:
        return Verdict.PENDING
    return Verdict.ACT if points and draft.world.now >= _due(draft.world, one.instance, points, hours) else Verdict.TELL


def _may_act(draft: Draft, one: Gone) -> bool:
    """Whether the instance is ours to change: it bears our mark, or its disk is named by id."""
    is_ours = draft.world.owner(one.instance.tags) == "ours" or any(taker.by_id for taker in one.takers)
    return is_ours and not draft.world.manifest.hands_over_to and not draft.decisions.ignores(one.address, "protection")


def _is_done(one: Gone) -> bool:
    """Whether the instance is as `whenGone` leaves it; a stopped one always is."""
    health = health_of(one.instance)
    return health is Health.STOPPED or (health is Health.SUSPENDED and when_gone(one.takers)[0] == EXPIRE)


def is_left(world: World, instance: Instance) -> bool:
    """Whether an instance is as `whenGone` leaves it, and its disk isn't listed."""
    disk = instance.disk
    return disk is not None and disk.key not in world.disks and _is_done(Gone(instance, disk, world.takers.of(disk)))


def known_points(questions: Questions, instance: Instance) -> tuple[RecoveryPoint, ...] | None:
    """The instance's recovery points, newest first, none if they can't be told; None until they were asked for."""
    match questions.answer(KEPT_POINTS(instance.id)):
        case Yes(points):
            return tuple(points)
        case answer if answer is PENDING:
            return None
    return ()


def _due(world: World, instance: Instance, points: tuple[RecoveryPoint, ...], hours: int) -> datetime:
    """When `whenGone` acts: never before the schedule would have made the next recovery point."""
    policy = world.estate.policies.get(instance.policy.key) if instance.policy else None
    content = content_of(policy) if policy else None
    interval = content.interval_hours if content else _LONGEST_INTERVAL
    return points[0].taken + max(timedelta(hours=hours), timedelta(hours=interval) + _START_WINDOW)


def outlook(draft: Draft, one: Gone) -> str:
    """What becomes of the instance's recovery points, and when; follows the sentence that the disk is gone."""
    if not one.is_read:
        return "; it isn't listed, and was not checked by id, because too many others aren't listed either"
    points = known_points(draft.questions, one.instance)
    if points is None:
        return ""
    word, hours = when_gone(one.takers)
    acts = f", and `whenGone: {word}` counts from the newest"
    if points:
        acts = f"; `whenGone: {word}` acts from {_moment(_due(draft.world, one.instance, points, hours))} on"
    return _expiry(points) + (acts if word != REPORT and _may_act(draft, one) else "")


def _expiry(points: tuple[RecoveryPoint, ...]) -> str:
    if not points:
        return "; it has no known recovery point"
    if len(points) == 1:
        return f"; its only recovery point, of {_moment(points[0].taken)}, is kept"
    expires = points[1].expires
    when = f"expires at {_moment(expires)}" if expires else "expires at an unknown time"
    when = "never expires" if expires == NEVER else when
    return f"; of its {counted(len(points), 'recovery point')} the second newest {when}, the newest is kept"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def lost(draft: Draft) -> Iterator[tuple[Instance, ArmId, Place]]:
    """Instances of missing disks that somebody soft-deleted although `whenGone` keeps their recovery points.

    Each comes with the disk, and the place of the entry.
    """
    removed = draft.world.removals.of
    for _, instance in sorted(draft.world.estate.deleted_instances.items()):
        disk = instance.disk
        if disk is None or disk.key in removed or disk.key in draft.world.disks or disk.key in draft.world.held:
            continue
        if _is_kept(draft.world, instance, disk) and isinstance(
            draft.questions.presence(disk, addresses.disk(disk)), No
        ):
            yield instance, disk, draft.world.takers.of(disk)[0].place


def _is_kept(world: World, instance: Instance, disk: ArmId) -> bool:
    """Whether `whenGone` applies to a soft-deleted instance: it has our mark or our name, or its disk is named by id."""
    takers, owner = world.takers.of(disk), world.owner(instance.tags)
    if when_gone(takers)[0] == REPORT or owner not in {"ours", ""}:
        return False
    is_own = owner == "ours" or lower(instance.id.name) == lower(instance_name(disk))
    return is_own or any(taker.by_id for taker in takers)


def refuse_named(draft: Draft, disk: ArmId, place: Place) -> None:
    """Refuse a disk that is named by id and gone, unless `whenGone` acts on its instances or has acted."""
    takers = draft.world.takers.of(disk)
    held = [one for one in draft.world.held.get(disk.key, ()) if draft.world.owner(one.tags) in {"ours", ""}]
    left = [Gone(instance, disk, takers) for instance in held]
    verdicts = {verdict(draft, one) for one in left}
    if verdicts and Verdict.TELL not in verdicts:
        if verdicts == {Verdict.DONE}:
            draft.decisions.settled[disk.key] = (held[0], place)
        return
    if not held and any(_is_kept(draft.world, one, disk) for one in draft.world.deleted.get(disk.key, ())):
        return
    told = next((outlook(draft, one) for one in left if is_active(one.instance)), "")
    refuse_missing(draft, disk, place, "the disk doesn't exist in Azure", told)


def refuse_missing(draft: Draft, disk: ArmId, place: Place, message: str, told: str = "") -> None:
    """Add the error that a disk which is named by id doesn't exist, with what is `told` about its recovery points."""
    hint = "correct the id; if the disk is permanently gone, list it under `removed`"
    if when_gone(draft.world.takers.of(disk))[0] == REPORT:
        hint += ", or declare `whenGone` in its entry"
    address = addresses.disk(disk)
    draft.decisions.refuse_untold(address, message)
    draft.decisions.note(disk_codes.DISK_GONE.as_error, message + told, address=address, place=place, hint=hint)
    draft.decisions.cannot_protect(disk, message + told, place, is_gone=True)
