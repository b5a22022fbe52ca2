"""Scheduled backups: begun up to two hours after they are due, tagged, kept as long as their tag says, then gone.

An instance that is protected is backed up; while its protection is stopped nothing expires, else everything does but
the latest recovery point (Azure Backup's own docs). What was made and expired between two looks is never stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.dataprotection.backups import ledger, wakes
from reconciler.sandbox.dataprotection.errors import facing
from reconciler.sandbox.dataprotection.instances import requirements, states
from reconciler.sandbox.dataprotection.jobs import mishaps
from reconciler.sandbox.dataprotection.namespace import INSTANCES, JOBS, RECOVERY_POINTS, vault_of
from reconciler.sandbox.dataprotection.policies import schedules
from reconciler.sandbox.dataprotection.policies.schedules import Due, Schedule
from reconciler.sandbox.dataprotection.recovery_points import routes as recovery_points
from reconciler.sandbox.dataprotection.spelling import at, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event, routine

JOBS_KEPT = 60 * 86400.0
_LENGTH = (205.0, 228.0)
_ENDS = "dataprotection.scheduled-backup-ends"
_SWEPT = "dataprotection.jobs-swept"
_DAY = 86400.0
_LATEST_START = 0.8  # of the time until the next backup is due, so that none overtakes the one before
Error = dict[str, Any]


class _Begun(NamedTuple):
    """A backup that was due, when it began, and the local day that it counts for."""

    due: float
    begins: float
    day: int


@routine
def catch_up(world: World) -> None:
    """Let every backup happen that was due, and every recovery point and job go whose time is over."""
    for key, since in wakes.due(world):
        instance = world.table(INSTANCES).get(key)
        if instance is not None:
            following = _back_up(world, instance, since) if states.state_of(instance) in states.BACKED_UP else math.inf
            wakes.at(world, key, min(following, _expire(world, instance)))
    _sweep(world)


def _back_up(world: World, instance: Record, since: float) -> float:
    """Make the backups of one instance up to now; when the next one begins."""
    policy = world.find(text(instance, "properties", "policyInfo", "policyId"))
    schedule = schedules.schedule_of(at(policy, "properties"), as_written=world.switch("start_offset") == "wall-clock")
    is_disks = requirements.is_of_disk(instance["properties"])
    if schedule is None or not is_disks or not world.switch("scheduled_backups"):
        instance.pop("_due", None)
        return math.inf
    if "_due" not in instance:
        instance["_due"] = list(schedules.following(schedule, since))
    begun = list(_begun(world, instance, schedule))
    if begun:
        _write(world, instance, policy, begun)
    return _begins(world, instance, schedule, Due(*instance["_due"]))


def _begun(world: World, instance: Record, schedule: Schedule) -> Iterator[_Begun]:
    """The backups that have begun by now; what is due next is noted in the instance."""
    now, due = world.timestamp, Due(*instance["_due"])
    while (begins := _begins(world, instance, schedule, due)) <= now:
        yield _Begun(due.at, begins, due.day)
        due = schedules.following(schedule, due.at)
    instance["_due"] = list(due)


def _begins(world: World, instance: Record, schedule: Schedule, due: Due) -> float:
    """When a backup begins: late by what the switch says, but before the next one is due."""
    late = world.span("backup_start", instance["id"], f"start of {due.at}")
    return due.at + min(late, _LATEST_START * schedules.interval(schedule))


def _write(world: World, instance: Record, policy: Record | None, begun: list[_Begun]) -> None:
    now, shared = world.timestamp, ledger.common(world, instance)
    errors = _errors(world, instance, begun)
    tags = schedules.Tags(at(policy, "properties"), instance.setdefault("_tagged", {}))
    kept = {tag: recovery_points.kept_days(policy, tag) * _DAY for tag in tags.all()}
    latest: ledger.Run | None = None
    for one in begun:
        tag = tags.of(one.day)
        run = _run(world, instance, one, tag, one.begins + kept[tag])
        if run.ends > now:
            ledger.write_job(world, shared, run)
            world.after(run.ends - now, _ENDS, instance=instance["id"], shared=shared, run=list(run), day=one.day)
            continue
        error = errors[one.due] or mishaps.next_for(world, instance)
        if run.ends > now - JOBS_KEPT:
            ledger.write_job(world, shared, run, error)
        if not error:
            tags.given(one.day)
            latest = run
            if run.expires > now:
                ledger.write_point(world, shared, run)
    if latest and latest.expires <= now:
        ledger.write_point(world, shared, latest)


def _run(world: World, instance: Record, one: _Begun, tag: str, expires: float) -> ledger.Run:
    digest = world.digest(instance["id"], f"backup of {one.due}")
    low, high = _LENGTH
    ends = one.begins + low + (high - low) * digest[0] / 256
    return ledger.Run(digest.hex(), one.begins, ends, expires, tag)


def _errors(world: World, instance: Record, begun: list[_Begun]) -> dict[float, Error | None]:
    """What each backup fails with: only time has passed, so that where first and last agree, all do."""
    first, last = (_problem(world, instance, one.begins) for one in (begun[0], begun[-1]))
    if (first or {}).get("code") == (last or {}).get("code"):
        return dict.fromkeys((one.due for one in begun), last)
    return {one.due: _problem(world, instance, one.begins) for one in begun}


def _problem(world: World, instance: Record, moment: float) -> Error | None:
    vault = world.find(vault_of(instance["id"]))
    if vault is None:
        return facing("UserErrorGenericResourceNotFound")
    with world.at(moment):
        return mishaps.in_job(requirements.problem(world, vault, instance["properties"]))


@event(_ENDS)
def ends(world: World, **data: Any) -> None:
    """A scheduled backup that somebody could see running has come to its end."""
    instance, run = world.find(data["instance"]), ledger.Run(*data["run"])
    error: Error | None = facing("UserErrorGenericResourceNotFound")
    if instance is not None:
        error = _problem(world, instance, world.timestamp) or mishaps.next_for(world, instance)
    if error:
        ledger.write_job(world, data["shared"], run, error)
    if error or instance is None:
        return
    policy = world.find(text(instance, "properties", "policyInfo", "policyId"))
    schedules.Tags(at(policy, "properties"), instance.setdefault("_tagged", {})).given(data["day"])
    ledger.write_point(world, data["shared"], run)
    wakes.soon(world, instance["id"])


def _expire(world: World, instance: Record) -> float:
    """Remove what has expired, the latest recovery point excepted; when the next one does."""
    if states.state_of(instance) in states.AGELESS:
        return math.inf
    cleans = instance.get("_cleans", 0.0)
    table, now = world.table(RECOVERY_POINTS), world.timestamp
    found = [(*ledger.expiry_of(table.kept()[key]), key) for key in table.below(lower(instance["id"]))]
    latest = max(found, default=None)
    following = math.inf
    for entry in found:
        if entry is latest:
            continue
        if (expires := max(entry[1], cleans)) <= now:
            ledger.erase_point(world, entry[2])
        else:
            following = min(following, expires)
    return following


def _sweep(world: World) -> None:
    """Once a day, forget the jobs that are too old to be told of."""
    now = world.timestamp
    if now - world.scratch.setdefault(_SWEPT, now) < _DAY:
        return
    world.scratch[_SWEPT] = now
    table = world.table(JOBS)
    for key in [key for key, kept in table.kept().items() if ledger.began(kept) < now - JOBS_KEPT]:
        del table[key]
