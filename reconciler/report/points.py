"""Recovery points as text, Markdown and data: by disk, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.base.escape import markdown, plain
from reconciler.base.plurals import counted
from reconciler.model.results.points import DiskPoints, Point
from reconciler.report.documents import Document, head, stamp
from reconciler.report.markdown import cut
from reconciler.report.tables import Table, table_markdown, table_text

_HEADINGS = ("taken", "type", "retention rule", "expires", "recovery point")


def _table(found: DiskPoints) -> Table:
    return Table(found.target.disk.text, _HEADINGS, tuple(map(_cells, found.points)))


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


def summary(found: Sequence[DiskPoints]) -> str:
    """`42 recovery points of 1 disk; times in UTC.`"""
    count = sum(row.found for row in found)
    return f"{counted(count, 'recovery point')} of {counted(len(found), 'disk')}; times in UTC."


def points_text(found: Sequence[DiskPoints]) -> str:
    """A table for each disk that has any."""
    lines: list[str] = []
    for row in found:
        lines += [table_text(_table(row)).rstrip("\n")] if row.points else [f"{plain(row.target.disk)}:"]
        remark = _remark(row)
        lines += [f"  {remark}"] if remark else []
        lines.append("")
    return "\n".join([*lines, summary(found)]) + "\n"


def points_markdown(found: Sequence[DiskPoints]) -> str:
    """The same as Markdown."""
    parts = [f"## Recovery points\n\n**{summary(found)}**\n"]
    for row in found:
        if row.points:
            parts += table_markdown(_table(row)).splitlines(keepends=True)
        else:
            parts.append(f"\n### {markdown(row.target.disk.text)}\n")
        remark = _remark(row)
        parts += [f"\n{remark}\n"] if remark else []
    return cut(parts)


def points_document(found: Sequence[DiskPoints], *, tool_version: str, manifest: str) -> Document:
    """Every disk with its recovery points as data; `count` tells of those left out as well."""
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
