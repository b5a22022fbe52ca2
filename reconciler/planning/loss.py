"""What the deletion of a backup instance costs, in words: recovery points, and until when it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.estate import KEPT_POINTS
from reconciler.model.known import Unsure, Yes
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.planning.draft import Draft


def cost(draft: Draft, instance: Instance, *, softly: bool) -> str:
    """What is lost with an instance, for a sentence; empty while that is still asked for.

    `softly`: the vault keeps what is deleted for a while, as the vault is after this plan.
    """
    match draft.questions.answer(KEPT_POINTS(instance.id)):
        case Yes(points):
            lost = _points(points)
        case Unsure(because):
            lost = f"could not tell how many recovery points it has: {because}"
        case _:
            return ""
    return f"{lost}{_size(draft, instance)}; {_way_back(draft, instance, softly=softly)}"


class Together(NamedTuple):
    """Several instances in words, and the number of their recovery points (None: it can't be told)."""

    told: str
    points: int | None


def together(draft: Draft, instances: Sequence[Instance]) -> Together | None:
    """What is lost with all these instances; None while that is still asked for."""
    every: list[RecoveryPoint] = []
    answers = [draft.questions.answer(KEPT_POINTS(one.id)) for one in instances]
    for answer in answers:
        match answer:
            case Yes(points):
                every += points
            case Unsure(because):
                what = f"could not count the recovery points of {counted(len(instances), 'backup instance')}: {because}"
                return Together(what, None)
            case _:
                return None
    of = _of([one.taken for one in every])
    told = f"{counted(len(instances), 'backup instance')} with {counted(len(every), 'recovery point')}{of}"
    return Together(f"{told}{_sizes(draft, instances)}", len(every))


def is_kept_when_deleted(draft: Draft, instance: Instance) -> bool:
    """Whether its vault has soft delete on, also after this plan: vaults are changed before instances."""
    vault = draft.world.estate.vaults.get(instance.vault.key)
    names = (spec.name for spec in draft.world.manifest.vaults.values() if spec.id == instance.vault)
    change = draft.decisions.changes.get(addresses.vault(next(names, "")))
    turned_off = change and any((field.path, field.after) == ("softDelete.state", "Off") for field in change.fields)
    return vault is not None and vault.keeps_deleted and not turned_off


def _size(draft: Draft, instance: Instance) -> str:
    """The size of its disk; Azure tells no size of recovery points, which hold only what changed."""
    disk = draft.world.disks.get(instance.disk.key) if instance.disk else None
    return f" (of a disk of {disk.size_gb:,} GiB)" if disk and disk.size_gb else ""


def _sizes(draft: Draft, instances: Iterable[Instance]) -> str:
    disks = [draft.world.disks.get(one.disk.key) for one in instances if one.disk]
    known = [disk.size_gb for disk in disks if disk and disk.size_gb]
    unknown = f"; the size of {len(disks) - len(known)} is unknown" if len(known) < len(disks) else ""
    return f" (disks of {sum(known):,} GiB in total{unknown})" if known else ""


def _of(times: Sequence[datetime]) -> str:
    """The days from the first to the last of some times."""
    days = sorted({f"{one:%Y-%m-%d}" for one in times})
    if not days:
        return ""
    return f" of {days[0]}" if days[0] == days[-1] else f" from {days[0]} to {days[-1]}"


def _points(points: Sequence[RecoveryPoint]) -> str:
    if not points:
        return "Azure lists no recovery points for it"
    newest, oldest = points[0].taken, points[-1].taken
    if len(points) == 1:
        return f"its only recovery point, of {newest:%Y-%m-%d %H:%M} UTC, is lost"
    return f"{counted(len(points), 'recovery point')} from {oldest:%Y-%m-%d} to {newest:%Y-%m-%d %H:%M} UTC are lost"


def _way_back(draft: Draft, instance: Instance, *, softly: bool) -> str:
    vault = draft.world.estate.vaults.get(instance.vault.key)
    days = vault.soft_delete_retention_days if vault else None
    until = draft.world.now + timedelta(days=days) if days else None
    if not softly:
        return "it can't be undeleted, since soft delete is off in its vault"
    return (
        f"it can be undeleted for {days:g} days, until {until:%Y-%m-%d} if it is deleted today"
        if days and until
        else "its vault doesn't say for how long it can be undeleted"
    )
