"""Whether disks without a backup instance are disks that have one under another id, because somebody moved them."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.addresses import Address
from reconciler.model.changes import Change
from reconciler.model.estate import SOURCE
from reconciler.model.ids import lower
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.resources import Disk, Instance
from reconciler.planning.backups import protected_since
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING

_UNTOLD = "could not tell whether the disk is one with backups under another id"
_MOVED = "the disk has backups under another id"


def moved(draft: Draft, held: Sequence[Instance], new: Sequence[Change]) -> dict[Address, str]:
    """Why the disks of these changes are, or may be, disks with backups which now have another id, by address.

    `held` are the instances of disks, soft-deleted ones too. Azure's lists show such a disk under both ids for a while, and
    then no longer under the one that it was protected with. A subscription that wasn't listed proves nothing: this caller
    may have no rights there, and then could never add anything.
    """
    known, listed = draft.world.disks, draft.world.estate.disk_subscriptions
    instances = {one.disk.key: one for one in held if one.disk}
    gone = {key: one for key, one in instances.items() if key not in known and _subscription(one) in listed}
    answers = {key: draft.questions.answer(SOURCE(one.disk)) for key, one in gone.items() if new and one.disk}
    backed_up = {known[key].unique_id for key in instances if key in known}
    sources = backed_up | {answer.value for answer in answers.values() if isinstance(answer, Yes)}
    unsure = [(one, answer) for key, one in gone.items() if isinstance(answer := answers.get(key), Unsure)]
    for one, answer in unsure[:1]:
        name = one.disk.name if one.disk else one.id.name
        what = f"whether a new disk is {name}, which is backed up and no longer has its id"
        draft.decisions.note_unsure(answer, what, address=new[0].address)
    traceless = [one for one in held if one.disk and isinstance(answers.get(one.disk.key), No)]
    found: dict[Address, str] = {}
    for change in new:
        disk_id = change.address.disk
        disk = known.get(disk_id.key) if disk_id else None
        is_untold = bool(unsure) or PENDING in answers.values() or (bool(gone) and (disk is None or not disk.unique_id))
        if is_untold or (disk and any(_may_be(draft, disk, one) for one in traceless)):
            found[change.address] = _UNTOLD
        elif disk and disk.unique_id in sources - {""}:
            found[change.address] = _MOVED
    return found


def _subscription(instance: Instance) -> str:
    return instance.disk.subscription if instance.disk else ""


def _may_be(draft: Draft, disk: Disk, instance: Instance) -> bool:
    """Whether a disk may be the one of an instance of which no snapshot tells: one that moves keeps its name and its age."""
    gone = instance.disk
    since = protected_since(instance, (), draft.world.now)
    is_later = disk.created is not None and since is not None and disk.created > since
    return gone is not None and lower(gone.name) == lower(disk.id.name) and not is_later
