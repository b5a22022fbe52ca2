"""Recovery points as a listing and data: by disk, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.plurals import counted
from reconciler.model.results.recovery_points import DiskPoints, Point
from reconciler.report.columns import Cell, Heading, Table, cells, none, unknown
from reconciler.report.documents import Document, head, stamp
from reconciler.report.listing import Listing

COLUMNS = (
    Heading("taken", "when it was taken"),
    Heading("type", "its type, in Azure's words", drops=3),
    Heading("retention rule", "the rule that says how long it is kept", drops=2),
    Heading("expires", "when it expires", drops=1),
    Heading("recovery point", "its name", tells_apart=1),
)
"""What `recovery-points` shows of each."""


def _table(found: DiskPoints) -> Table:
    rows = tuple(map(_cells, found.points))
    return Table(found.name or found.target.disk.text, COLUMNS, rows, _remark(found), is_asked=True)


def _cells(point: Point) -> tuple[Cell, ...]:
    return cells(
        f"{point.taken:%Y-%m-%d %H:%M:%S}",
        point.kind or none(),
        point.retention_rule or none(),
        f"{point.expires:%Y-%m-%d %H:%M}" if point.expires else unknown(),
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


def points_document(found: Sequence[DiskPoints], *, manifest: str) -> Document:
    """Every disk with its recovery points as data; `count` includes those left out."""
    return {
        **head(manifest),
        "disks": [
            {
                "disk": row.target.disk.text,
                "name": row.name,
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
