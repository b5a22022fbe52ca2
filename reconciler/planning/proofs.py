"""Proofs that a restore works: when a drill last restored a disk, as a tag of its backup instance tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.estate import Instance
from reconciler.findings import Finding
from reconciler.manifest.model import DrillSpec
from reconciler.planning import protection
from reconciler.planning.codes import CODES
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.naming import PROVEN_TAG, tag_of
from reconciler.planning.selection import matcher
from reconciler.plurals import counted

_HOURS = 48


@dataclass(frozen=True, slots=True)
class Candidate:
    """A disk that a drill may choose, with the instance that has its recovery points."""

    wanted: DesiredDisk
    instance: Instance


def stamp(now: datetime) -> str:
    """A moment as the tag and every document hold it: UTC, whole seconds."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def proven_at(tags: Mapping[str, str]) -> datetime | None:
    """When a drill last restored the disk of the instance with these tags; None: never, or nobody can read it."""
    try:
        found = datetime.fromisoformat(tag_of(tags, PROVEN_TAG))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def age(length: timedelta) -> str:
    """A length of time for a person: `31 hours`, `12 days`."""
    hours = int(length.total_seconds() // 3600)
    count, word = (hours, "hour") if hours < _HOURS else (hours // 24, "day")
    return counted(count, word)


def candidates(draft: Draft, drill: DrillSpec, desired: Iterable[DesiredDisk]) -> list[Candidate]:
    """The protected disks that a drill may choose, by id; those without an instance have nothing to restore."""
    around = draft.surroundings
    takes = (lambda _: True) if drill.select is None else matcher(drill.select, around)
    leaves = [matcher(exclusion.selector, around) for exclusion in drill.exclude]
    found = [
        Candidate(wanted, min(here, key=protection.preference))
        for wanted in desired
        if wanted.rule.protection == "protected"
        and takes(wanted.disk)
        and not any(leaves_out(wanted.disk) for leaves_out in leaves)
        and (here := [one for one in draft.held.get(wanted.disk.id.key, ()) if one.vault == wanted.vault.id])
    ]
    return sorted(found, key=lambda one: one.wanted.disk.id.key)


def complaints(draft: Draft, desired: list[DesiredDisk]) -> Iterator[Finding]:
    """A finding for each drill whose newest success is older than the manifest allows, or that never had one."""
    now = draft.now
    for drill in draft.manifest.drills:
        chosen = candidates(draft, drill, desired) if drill.max_age_hours is not None else []
        if not chosen or drill.max_age_hours is None:
            continue
        address, most = f"drill/{drill.name}", timedelta(hours=drill.max_age_hours)
        last = max((found for one in chosen if (found := proven_at(one.instance.tags))), default=None)
        if last is None:
            message = f"the drill {drill.name} has never restored a disk; it has {counted(len(chosen), 'disk')} to choose from"
            yield CODES["never-proven"].at(message, address=address, place=drill.place)
        elif now - last > most:
            message = f"the drill {drill.name} last proved a restore {age(now - last)} ago, {age(most)} are allowed"
            yield CODES["drill-late"].at(message, address=address, place=drill.place)


def compare(draft: Draft, desired: list[DesiredDisk]) -> None:
    """Tell which drills are late; a shard can't, since it doesn't see all the disks of a drill."""
    if not draft.options.shard.is_whole:
        return
    draft.findings += complaints(draft, desired)
