"""Recovery points as a listing and data: by disk, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.plurals import counted
from reconciler.model.results.recovery_points import DiskPoints, Point
from reconciler.report.documents import Document, head, stamp
from reconciler.report.listing import Listing, Table

_HEADINGS = ("taken", "type", "retention rule", "expires", "recovery point")


def _table(found: DiskPoints) -> Table:
    return Table(found.target.disk.text, _HEADINGS, tuple(map(_cells, found.points)), _remark(found))


def _cells(point: Point) -> tuple[str, ...]:
    return (
        f"{point.taken:%Y-%m-%d %H:%M:%S}",
        point.kind or "-",
        point.retention_rule or "-",
        f"{point.expires:%Y-%m-%d %H:%M}" if point.expires else "-",
        point.id.name,
    )


def _remark(found: DiskPoints) -> str:
    if not found.target.instances:
        return "it has no backup instance"
    if not found.found:
        return "no recovery points yet"
    left = found.found - len(found.points)
    return f"{counted(left, 'older one is', 'older ones are')} left out" if left else ""


def points_listing(found: Sequence[DiskPoints]) -> Listing:
    """A table for each disk."""
    count = counted(sum(row.found for row in found), "recovery point")
    summary = f"{count} of {counted(len(found), 'disk')}; times in UTC."
    return Listing("Recovery points", summary, tuple(map(_table, found)))


def points_document(found: Sequence[DiskPoints], *, tool_version: str, manifest: str) -> Document:
    """Every disk with its recovery points as data; `count` includes those left out."""
    return {
        **head(tool_version, manifest),
        "disks": [
            {
                "disk": row.target.disk.text,
                "instances": [instance.id.text for instance in row.target.instances],
                "count": row.found,
                "recovery_points": [
                    {
                        "id": point.id.text,
                        "taken": stamp(point.taken),
                        "expires": stamp(point.expires),
                        "type": point.kind,
                        "retention_rule": point.retention_rule,
                        "state": point.state,
                    }
                    for point in row.points
                ],
            }
            for row in found
        ],
    }
