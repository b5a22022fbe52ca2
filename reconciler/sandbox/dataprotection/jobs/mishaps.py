"""What makes jobs fail: whatever keeps a disk from being protected, and failures that a test or a person ordered."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.dataprotection.errors import MISSING_PERMISSIONS, facing
from reconciler.sandbox.dataprotection.permissions import disk_of
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

MISHAPS = "mishaps of jobs"


def ask_for(world: World, disk: str, code: str, times: int) -> None:
    """Let the next so many backups of a disk fail with a code; none, for zero."""
    table, key = world.table(MISHAPS), lower(disk).rstrip("/")
    if times:
        table[key] = {"code": code, "times": times}
    else:
        table.pop(key, None)


def next_for(world: World, instance: Record) -> dict[str, Any] | None:
    """The error that was asked for the next backup of an instance's disk; None when none was."""
    table = world.table(MISHAPS)
    if not table:
        return None
    key = lower(disk_of(instance["properties"]))
    asked = table.get(key)
    if asked is None:
        return None
    ask_for(world, key, asked["code"], asked["times"] - 1)
    return in_job(facing(asked["code"], nulls=False))


def in_job(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """A problem as a job tells it: a missing permission stands below in `details`, with the reason (recorded traffic)."""
    if error is None or error["code"] != MISSING_PERMISSIONS:
        return error
    return {**facing(error["code"]), "details": [error]}
