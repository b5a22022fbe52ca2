"""Whether the entries of `removed` permit to delete now: their day, their counts, and what each finding says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from reconciler.base.plurals import counted
from reconciler.model.codes import disks as disk_codes
from reconciler.model.known import NOT_KNOWN
from reconciler.model.manifest import Removed
from reconciler.model.protection import Health, health_of, is_active
from reconciler.model.resources import Instance
from reconciler.model.selectors import Confirmation
from reconciler.planning.draft import Draft
from reconciler.planning.loss import together

ANNOUNCED = timedelta(days=30)
"""How long ahead a deletion is announced."""


@dataclass(slots=True)
class Tally:
    """The instances that an entry takes: `live` ones, how many are deleted already, and how many are on hold."""

    entry: Removed
    live: list[Instance] = field(default_factory=list)
    done: int = 0
    held: int = 0

    def count(self, instance: Instance, *, is_held: bool) -> None:
        """Count an instance; one that Azure is deleting, or has soft-deleted, is done."""
        if instance.deleted or health_of(instance) is Health.LEAVING:
            self.done += 1
        elif is_held:
            self.held += 1
        else:
            self.live.append(instance)


def permitting(draft: Draft, tallies: Iterable[Tally]) -> list[Removed]:
    """The entries that let their instances be deleted now; the findings say why the others don't."""
    return [tally.entry for tally in tallies if _permits(draft, tally)]


def _permits(draft: Draft, tally: Tally) -> bool:
    entry = tally.entry
    if entry.data == "retain" or not tally.live:
        return False
    if entry.after is not None and not _has_come(draft, tally, entry.after):
        return False
    if entry.confirm is None and entry.after is None and entry.select is None:
        return True
    if any(map(is_active, tally.live)):
        return False  # their protection stops first: until then Azure may add recovery points
    return _confirmed(draft, tally, entry.confirm)


def _has_come(draft: Draft, tally: Tally, after: date) -> bool:
    """Whether the day has come by Azure's clock; before it, the deletion is announced."""
    today, place = draft.world.today, tally.entry.place
    if today is None:
        message = f"could not tell whether {after} has come: Azure's answers had no time; nothing is deleted"
        draft.decisions.note(NOT_KNOWN, message, place=place)
        return False
    if today >= after:
        return True
    if tally.entry.confirm is not None:
        message = f"`confirm` is set before {after}, the first day on which anything may be deleted; nothing is deleted"
        draft.decisions.note(disk_codes.CONFIRM_EARLY, message, place=place)
    elif after - today <= ANNOUNCED and (what := together(draft, tally.live)):
        message = f"{what.told} may be deleted from {after} on; reason: {tally.entry.reason}"
        draft.decisions.note(disk_codes.DELETION_AHEAD, message, place=place)
    return False


def _confirmed(draft: Draft, tally: Tally, confirm: Confirmation | None) -> bool:
    """Whether exactly that was confirmed, or what is left of it where some of it is deleted already."""
    entry, what = tally.entry, together(draft, tally.live)
    if what is None:
        return False
    if confirm is None:
        since = f" since {entry.after}" if entry.after else ""
        message = f"{what.told} may be deleted{since}, but this is not confirmed; reason: {entry.reason}"
        hint = "" if what.points is None else _to_delete(len(tally.live), what.points)
        draft.decisions.note(disk_codes.DELETION_UNCONFIRMED, message, place=entry.place, hint=hint)
    elif what.points is None:
        draft.decisions.note(disk_codes.CONFIRM_UNCOUNTED, f"nothing is deleted: {what.told}", place=entry.place)
    elif not draft.world.options.shard.is_whole:
        message = "nothing is deleted: with `--shard`, what a `confirm` is about can't be counted"
        hint = "run `apply` once without `--shard`"
        draft.decisions.note(disk_codes.CONFIRM_UNCOUNTED, message, place=entry.place, hint=hint)
    elif _fits(confirm, tally, what.points, is_again=draft.world.options.is_again):
        return True
    else:
        _tell_difference(draft, tally, confirm, what.points)
    return False


def _fits(confirm: Confirmation, tally: Tally, points: int, *, is_again: bool) -> bool:
    """Whether these are the numbers that were confirmed.

    The recovery points of what is deleted already can't be counted; there may be no more of them than were confirmed. In
    another look of the same run, instances may be missing from all lists for a while.
    """
    live = len(tally.live)
    if is_again:
        return live + tally.done <= confirm.instances and points <= confirm.points
    if (live, points) == (confirm.instances, confirm.points):
        return True
    return bool(tally.done) and live + tally.done == confirm.instances and points <= confirm.points


def _tell_difference(draft: Draft, tally: Tally, confirm: Confirmation, points: int) -> None:
    has = _numbers(len(tally.live), points)
    more = f", and {tally.done} deleted before" if tally.done else ""
    more += f"; {counted(tally.held, 'other')} on hold" if tally.held else ""
    message = (
        f"nothing is deleted: `confirm` says {_numbers(confirm.instances, confirm.points)}, but Azure has {has}{more}"
    )
    hint = f"check what changed; {_to_delete(len(tally.live), points)}"
    draft.decisions.note(disk_codes.CONFIRM_DIFFERS, message, place=tally.entry.place, hint=hint)


def _numbers(instances: int, points: int) -> str:
    return f"{counted(instances, 'backup instance')} with {counted(points, 'recovery point')}"


def _to_delete(instances: int, points: int) -> str:
    said = f"`confirm: {{instances: {instances}, points: {points}}}`"
    return f"to delete, commit {said}, then pass `--allow-delete` with the number that the next plan shows"


def tallied(instances: Iterable[tuple[Removed, Instance, bool]]) -> list[Tally]:
    """The tally of each entry, from its instances and whether each is on hold."""
    found: dict[int, Tally] = {}
    for entry, instance, is_held in instances:
        found.setdefault(id(entry), Tally(entry)).count(instance, is_held=is_held)
    return list(found.values())
