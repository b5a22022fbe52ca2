"""Scheduled backups as sketches: what is special about one's job, recovery point and snapshot.

What hundreds of backups have in common is in a table of its own, under the key with which their sketches begin.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.compute.snapshots import SNAPSHOTS
from reconciler.sandbox.dataprotection.jobs import bodies as job_bodies
from reconciler.sandbox.dataprotection.namespace import JOBS, RECOVERY_POINTS, vault_of
from reconciler.sandbox.dataprotection.recovery_points import bodies as point_bodies
from reconciler.sandbox.tables import Record, Sketch
from reconciler.sandbox.world import World, draws

LEDGER = "ledger of scheduled backups"


class Run(NamedTuple):
    """A scheduled backup: 32 hexadecimal digits of its own, when it begins and ends, when its recovery point goes, its retention tag."""

    own: str
    begins: float
    ends: float
    expires: float
    tag: str


def common(world: World, instance: Record) -> str:
    """The key of what the backups of an instance have in common from now on."""
    facts = point_bodies.facts(world, instance)
    key = blake2b("\0".join(map(str, facts.values())).encode(), digest_size=8).hexdigest()
    table = world.table(LEDGER)
    if key not in table:
        table[key] = facts
    return key


def _job_name(own: str) -> str:
    return f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:]}"


def write_job(world: World, key: str, run: Run, error: dict[str, Any] | None = None) -> None:
    """Keep the job of a run; it ends badly when there is an error."""
    vault = lower(vault_of(world.table(LEDGER)[key]["instance"]))
    world.table(JOBS).keep(f"{vault}/backupjobs/{_job_name(run.own)}", [key, run.begins, run.ends, run.tag, error])


def write_point(world: World, key: str, run: Run) -> None:
    """Keep the recovery point of a run, and its snapshot where there is a group for it."""
    facts = world.table(LEDGER)[key]
    address = f"{lower(facts['instance'])}/recoverypoints/{run.own}"
    world.table(RECOVERY_POINTS).keep(address, [key, run.begins, run.expires, run.tag])
    world.table(SNAPSHOTS).keep(lower(point_bodies.snapshot_id(facts["group"], run.own)), [key, run.begins])


def erase_point(world: World, point: str) -> None:
    """Take a recovery point away, sketch or record, with its snapshot."""
    table = world.table(RECOVERY_POINTS)
    kept = table.kept()[point]
    snapshot = (
        point_bodies.snapshot_id(world.table(LEDGER)[kept[0]]["group"], name_of(point))
        if isinstance(kept, list)
        else kept.get("_snapshot", "")
    )
    del table[point]
    snapshots = world.table(SNAPSHOTS)
    if lower(snapshot) in snapshots:
        del snapshots[lower(snapshot)]


@draws(JOBS)
def job(world: World, key: str, sketch: Sketch) -> Record:
    """The job of a scheduled backup, as it is at this moment."""
    shared, begins, ends, tag, error = sketch
    facts, name = world.table(LEDGER)[shared], name_of(key)
    record = job_bodies.begun(world, facts, name, tag=tag, by_user=False, began=begins)
    if world.timestamp < ends:
        return record
    return job_bodies.ended(world, record, ends, error=error, point="" if error else name.replace("-", ""))


@draws(RECOVERY_POINTS)
def point(world: World, key: str, sketch: Sketch) -> Record:
    """The recovery point of a scheduled backup."""
    shared, created, expires, tag = sketch
    name = name_of(key)
    store = str(UUID(bytes=blake2b(name.encode(), digest_size=16).digest(), version=4))
    return point_bodies.point(
        world, world.table(LEDGER)[shared], name, store=store, created=created, expires=expires, tag=tag
    )


@draws(SNAPSHOTS)
def snapshot(world: World, key: str, sketch: Sketch) -> Record:
    """The snapshot of a scheduled backup."""
    shared, created = sketch
    name = name_of(key).removeprefix(lower(point_bodies.PREFIX))
    return point_bodies.snapshot(world, world.table(LEDGER)[shared], name, created)


def expiry_of(kept: Record | Sketch) -> tuple[float, float]:
    """When the snapshot of a recovery point, sketch or record, was created, and when it goes."""
    if isinstance(kept, list):
        return kept[1], kept[2]
    return float(kept.get("_created", 0.0)), float(kept.get("_expires", math.inf))


def began(kept: Record | Sketch) -> float:
    """When a job, sketch or record, began."""
    return float(kept[1] if isinstance(kept, list) else kept.get("_began", 0.0))
