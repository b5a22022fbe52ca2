"""Whether an instance's backups are those of its disk: a name can be used again, and a disk can get another id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from reconciler.model.addresses import Address
from reconciler.model.codes import disks as disk_codes
from reconciler.model.estate import SOURCE, TRACE, Trace
from reconciler.model.ids import ArmId
from reconciler.model.known import Unsure, Yes
from reconciler.model.resources import Disk, Instance
from reconciler.planning.backups import protected_since
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.provenance import Claim, is_made_by
from reconciler.planning.questions import PENDING, Questions

_RECENT = timedelta(days=2)
_MOST_TRACED = 100


def replaced(draft: Draft, desired: Iterable[DesiredDisk]) -> dict[Address, str]:
    """Messages, by address, about disks whose instance has the backups of another disk of the same name.

    A disk that was created before it was protected is the one that was backed up, so only newer ones are asked about.
    """
    found: dict[Address, str] = {}
    traced = 0
    for wanted in desired:
        instance = draft.world.instance(wanted.disk.id, wanted.vault.id)
        if instance is None or not _may_be_another(wanted.disk, instance, draft.world.now):
            continue
        match draft.questions.answer(SOURCE(wanted.disk.id)):
            case Yes(source) if source != wanted.disk.unique_id:
                traced += 1
                if traced > _MOST_TRACED or not _is_restored(draft.questions, wanted, instance):
                    made = f"{wanted.disk.created:%Y-%m-%d %H:%M} UTC" if wanted.disk.created else "later"
                    found[wanted.address] = (
                        f"another disk has this name now: it was created {made}, after the one whose backups these are"
                    )
            case Unsure() as doubt:
                what = f"which disk the backups of {wanted.disk.id.name} are from"
                draft.decisions.note_unsure(doubt, what, address=wanted.address)
    return found


def compare(draft: Draft, desired: Iterable[DesiredDisk]) -> None:
    """Add a finding for each disk that was replaced by another of the same name."""
    known = {wanted.address: wanted for wanted in desired}
    for address, message in replaced(draft, known.values()).items():
        draft.decisions.note(disk_codes.DISK_REPLACED, message, address=address, place=known[address].place)


def is_unproven(draft: Draft, disk: Disk | None, instance: Instance) -> bool:
    """Whether nothing shows that an instance's backups are those of this disk: it may be newer, and no snapshot tells."""
    if disk is None or not disk.unique_id:
        return True
    return _may_be_another(disk, instance, draft.world.now) and not isinstance(
        draft.questions.answer(SOURCE(disk.id)), Yes
    )


def new_id(draft: Draft, disk: ArmId) -> ArmId | None:
    """The other id under which a missing disk still exists, as far as lists show; None: there is none, or not known."""
    match draft.questions.answer(SOURCE(disk)):
        case Yes(source):
            return next(
                (one.id for one in draft.world.disks.values() if one.unique_id == source and one.id != disk), None
            )
    return None


def _may_be_another(disk: Disk, instance: Instance, now: datetime) -> bool:
    """Whether a disk may have been created after its instance began to protect one of that name.

    If that time isn't known, two days ago is assumed, since backups are made at least daily.
    """
    if not disk.unique_id:
        return False
    return disk.created is None or disk.created > (protected_since(instance, (), now) or now - _RECENT)


def _is_restored(questions: Questions, wanted: DesiredDisk, instance: Instance) -> bool:
    """Whether the disk was restored from its own backups, or it isn't known yet."""
    answer = questions.answer(TRACE(wanted.disk.id, instance.id.text))
    match answer:
        case Yes(Trace() as trace):
            return is_made_by(trace, Claim.of(instance))
    return answer is PENDING
