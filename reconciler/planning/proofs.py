"""Proofs that a restore works: when a drill last restored a disk, from a tag of its backup instance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from reconciler.base.durations import age, shown
from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.codes import disks as disk_codes
from reconciler.model.findings import Code, Finding
from reconciler.model.limits import CLOCKS_APART
from reconciler.model.manifest import DrillSpec
from reconciler.model.resources import Instance
from reconciler.model.tags import DRILL_FAILED_TAG, PROVEN_TAG, time_of
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.selection import matcher
from reconciler.planning.world import World

_SHOWN = 10
_FIRST = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A disk that a drill may restore, with the instance that has its recovery points (None: none in its vault)."""

    wanted: DesiredDisk
    instance: Instance | None

    def proven(self, now: datetime) -> datetime | None:
        """When a drill last restored it; None: never, as far as known, or a later drill has failed."""
        return proven_at(self.instance.tags, now) if self.instance else None

    def failed(self, now: datetime) -> datetime | None:
        """When a drill last found that it can't be restored, if no drill has restored it since."""
        return failed_at(self.instance.tags, now) if self.instance else None


def proven_at(tags: Mapping[str, str], now: datetime) -> datetime | None:
    """When a drill last restored the disk of the instance with these tags; None: never, or the time is impossible.

    A time in the future proves nothing, nor does one before Azure could restore disks, nor one before a drill that failed.
    """
    found = _possible(tags, PROVEN_TAG, now)
    return None if found is None or failed_at(tags, now) else found


def failed_at(tags: Mapping[str, str], now: datetime) -> datetime | None:
    """When a drill found that the disk can't be restored, unless a later one has restored it; None: never.

    If both have the same time, the failure counts.
    """
    found, proven = _possible(tags, DRILL_FAILED_TAG, now), _possible(tags, PROVEN_TAG, now)
    return None if found is None or (proven and proven > found) else found


def _possible(tags: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    found = time_of(tags, name)
    return found if found and _FIRST <= found <= now + CLOCKS_APART else None


def candidates(world: World, drill: DrillSpec, desired: Iterable[DesiredDisk]) -> list[Candidate]:
    """The declared disks that a drill may restore, in order of ids, even those without a recovery point."""
    around = world.surroundings
    takes = (lambda _: True) if drill.select is None else matcher(drill.select, around)
    leaves = [matcher(exclusion.selector, around) for exclusion in drill.exclude]
    found = [
        Candidate(wanted, world.instance(wanted.disk.id, wanted.vault.id))
        for wanted in desired
        if wanted.rule.protection == "protected"
        and takes(wanted.disk)
        and not any(leaves_out(wanted.disk) for leaves_out in leaves)
    ]
    return sorted(found, key=lambda one: one.wanted.disk.id.key)


def complaints(world: World, desired: list[DesiredDisk]) -> Iterator[Finding]:
    """A finding for each drill that has failed, whose proofs are older than the manifest allows, or that has none."""
    for drill in world.manifest.drills:
        for code, message in _told(world, drill, candidates(world, drill, desired)):
            yield code.at(f"the drill {message}", address=addresses.drill(drill.name), place=drill.place)


def _told(world: World, drill: DrillSpec, chosen: list[Candidate]) -> Iterator[tuple[Code, str]]:
    failed = [one for one in chosen if one.failed(world.now)]
    if failed:
        last = max(found for one in failed if (found := one.failed(world.now)))
        names = _names([one.wanted for one in failed])
        yield disk_codes.DRILL_FAILED, f"found that {names} can't be restored correctly, last on {shown(last)}"
    if drill.max_age_hours is not None and (len(failed) < len(chosen) or not chosen):
        others = [one for one in chosen if not one.failed(world.now)]
        rounds = ceil(len(chosen) / drill.size(len(chosen)))
        yield from _late(world, others, timedelta(hours=drill.max_age_hours), rounds)


def _late(world: World, chosen: list[Candidate], most: timedelta, rounds: int) -> Iterator[tuple[Code, str]]:
    """What is said of proofs that are older than `most`; it takes so many `rounds` until each disk has had its turn."""
    now = world.now
    last = max((found for one in chosen if (found := one.proven(now))), default=None)
    if not chosen:
        yield disk_codes.NEVER_PROVEN, "matches no disk, so it proves nothing"
    elif last is None:
        yield (
            disk_codes.NEVER_PROVEN,
            f"has never restored a disk; it has {counted(len(chosen), 'disk')} to choose from",
        )
    elif now - last > most:
        yield disk_codes.DRILL_LATE, f"last proved a restore {age(now - last)} ago; `maxAge` allows {age(most)}"
    else:
        yield from _overdue(world, chosen, most * rounds, in_turn=rounds > 1)


def _overdue(world: World, chosen: list[Candidate], most: timedelta, *, in_turn: bool) -> Iterator[tuple[Code, str]]:
    """Report disks that are overdue; `in_turn`: a run restores only a sample, so disks wait for their turn."""
    found = [(one.wanted, one.proven(world.now)) for one in chosen]
    late = [wanted for wanted, proven in found if proven and world.now - proven > most]
    never = [wanted for wanted, proven in found if not proven and not (in_turn and _may_be_new(world, wanted, most))]
    if late:
        yield disk_codes.DRILL_LATE, f"last restored {_names(late)} more than {age(most)} ago"
    if never:
        yield disk_codes.NEVER_PROVEN, f"has never restored {_names(never)}"


def _may_be_new(world: World, wanted: DesiredDisk, most: timedelta) -> bool:
    """Whether the disk may have been protected for no longer than `most`, judging by its own role assignment."""
    own = (row.created for row in world.estate.roles.values() if row.scope == wanted.disk.id and row.created)
    return world.now - min(own, default=world.now) <= most


def _names(disks: list[DesiredDisk]) -> str:
    names = [one.disk.id.name for one in disks]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def compare(draft: Draft, desired: list[DesiredDisk]) -> None:
    """Report which drills are late; a shard can't, since it doesn't see all disks of a drill."""
    if not draft.world.options.shard.is_whole:
        return
    draft.decisions.report(complaints(draft.world, desired))
