"""The recovery points of disks, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.fields import each, id_of, moment, pick, text_at
from reconciler.azure.reads import together
from reconciler.base.clock import Clock
from reconciler.model.manifest import Manifest
from reconciler.model.resources import Instance, Target
from reconciler.model.results.recovery_points import DiskPoints, Point
from reconciler.verbs.targets import find


async def recovery_points(
    azure: Azure, clock: Clock, manifest: Manifest, named: Sequence[str] = (), *, most: int | None = None
) -> tuple[DiskPoints, ...]:
    """The recovery points of each disk, at most `most` of each; ReadIncomplete when a list can't be read to the end."""
    targets = await find(azure, clock, manifest, named)
    return tuple(
        await together(*(_of(azure, target, targets.estate.names.of(target.disk), most) for target in targets.disks))
    )


async def _of(azure: Azure, target: Target, name: str, most: int | None) -> DiskPoints:
    lists = await together(*(_listed(azure, instance) for instance in target.instances))
    found = {point.id.key: point for points in lists for point in points}
    ordered = sorted(found.values(), key=lambda point: (point.taken, point.id.key), reverse=True)
    return DiskPoints(target, tuple(ordered[:most]), len(ordered), name)


async def _listed(azure: Azure, instance: Instance) -> list[Point]:
    rows = await azure.list(f"{instance.id}/recoveryPoints")
    return each(rows, _projected, f"A recovery point of {instance.id}")


def _projected(body: Mapping[str, Any]) -> Point:
    properties = pick(body, "properties") or {}
    taken = moment(pick(properties, "recoveryPointTime"))
    if taken is None:
        raise ValueError("it has no time")
    return Point(
        id=id_of(body),
        taken=taken,
        expires=moment(pick(properties, "expiryTime")),
        kind=text_at(properties, "recoveryPointType"),
        retention_rule=text_at(properties, "retentionTagName"),
        state=text_at(properties, "recoveryPointState"),
    )
