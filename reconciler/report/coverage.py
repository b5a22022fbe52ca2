"""Coverage as a listing and data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.ids import lower
from reconciler.model.resources import Disk
from reconciler.model.results.coverage import COVERED, EXCLUDED, UNCOVERED, UNKNOWN, Coverage, Covered, by_key
from reconciler.model.short_names import apart
from reconciler.report.caret import location
from reconciler.report.columns import NAMED, Cell, Heading, Table, cells, none, unknown
from reconciler.report.documents import Document, finding_document, head, place_document
from reconciler.report.listing import Listing

COLUMNS = (
    Heading("state", "whether it is excluded, uncovered or unknown", is_state=True),
    Heading("disk", f"the disk, {NAMED}", tells_apart=1, is_name=True),
    Heading("why", "why no backup covers it, with the code of the support rule that prevents it", is_text=True),
    Heading("place", "where the manifest says so", drops=1),
    Heading("sku", "its SKU", drops=2),
    Heading("size", "its size", drops=3, is_number=True),
    Heading("location", "its region", drops=4),
    Heading("group", "its resource group", drops=5),
    Heading("subscription", "its subscription, by its name or else its id", drops=6),
)
"""What `coverage` shows of each disk that isn't covered."""

_RANKS = {UNCOVERED: 0, UNKNOWN: 1, EXCLUDED: 2}
_TONES = {UNCOVERED: "bad", UNKNOWN: "doubt", EXCLUDED: "idle"}
_STATES = (COVERED, EXCLUDED, UNCOVERED)
_SIZES = ((128, "up to 128 GB"), (512, "up to 512 GB"), (1024, "up to 1 TB"), (4096, "up to 4 TB"))
_LARGER = "over 4 TB"


def _states(coverage: Coverage) -> tuple[str, ...]:
    """The columns of the tables; unknown has one only if there are any such disks."""
    return (*_STATES, *((UNKNOWN,) if coverage.count(UNKNOWN) else ()))


def _size(disk: Disk) -> str:
    if disk.size_gb is None:
        return "unknown"
    return next((name for most, name in _SIZES if disk.size_gb <= most), _LARGER)


def _rank(size: str) -> int:
    """Where a size stands in a table: the least first, and the unknown one last."""
    known = [*(name for _, name in _SIZES), _LARGER]
    return known.index(size) if size in known else len(known)


def _tag(name: str) -> Callable[[Disk], str]:
    def value(disk: Disk) -> str:
        have = {lower(key): text for key, text in disk.tags.items()}
        return have.get(lower(name), "(none)")

    return value


def _breakdowns(coverage: Coverage, tags: tuple[str, ...]) -> dict[str, dict[str, dict[str, int]]]:
    """Counts of the states by subscription, resource group, SKU, size and each of the tags."""
    keys: dict[str, Callable[[Disk], str]] = {
        "subscription": lambda disk: disk.id.subscription,
        "resource group": _group,
        "SKU": lambda disk: disk.sku or "unknown",
        "size": _size,
        **{f"tag {tag}": _tag(tag) for tag in tags},
    }
    return {
        title: by_key(coverage.rows, {row.disk.id.key: key(row.disk) for row in coverage.rows})
        for title, key in keys.items()
    }


def _summary(coverage: Coverage) -> str:
    """The summary: `Coverage: 50 of 60 disks covered, 4 excluded, 6 uncovered.`"""
    counts = f"{coverage.count(EXCLUDED)} excluded, {coverage.count(UNCOVERED)} uncovered"
    if coverage.count(UNKNOWN):
        counts += f", {coverage.count(UNKNOWN)} unknown"
    return f"Coverage: {coverage.count(COVERED)} of {counted(len(coverage.rows), 'disk')} covered, {counts}."


def _counts(coverage: Coverage, tags: tuple[str, ...]) -> Iterator[Table]:
    """A table for each breakdown, all of them as wide as the widest."""
    states = _states(coverage)
    for title, counts in _breakdowns(coverage, tags).items():
        shown = _shown(coverage, title)
        columns = (Heading(title), *(Heading(state, is_number=True) for state in states))
        ordered = sorted(counts, key=_rank) if title == "size" else counts
        rows = (cells(shown(key), *(_number(counts[key].get(state, 0)) for state in states)) for key in ordered)
        yield Table(f"By {title}", columns, tuple(rows))


def _number(count: int) -> Cell:
    return Cell(str(count), tone="" if count else "dim")


def _shown(coverage: Coverage, title: str) -> Callable[[str], str]:
    """How the keys of a breakdown are shown: subscriptions by their names, and groups below these."""
    names = coverage.names
    groups = {_group(row.disk): names.group(row.disk.id) for row in coverage.rows} if title == "resource group" else {}
    return names.subscription if title == "subscription" else lambda key: groups.get(key, key)


def _group(disk: Disk) -> str:
    return f"{disk.id.subscription}/{lower(disk.id.group)}"


def _disks(coverage: Coverage, root: str) -> Iterator[Table]:
    """The disks that aren't covered, those first that should be."""
    shown = apart({row.disk.id.key: coverage.names.of(row.disk.id) for row in coverage.rows})
    rows = [row for state in (UNCOVERED, UNKNOWN, EXCLUDED) for row in coverage.rows if row.state == state]
    if rows:
        made = tuple(_cells(row, shown[row.disk.id.key], coverage, root) for row in rows)
        yield Table("Not covered", COLUMNS, made, is_asked=True)


def _cells(row: Covered, shown: str, coverage: Coverage, root: str) -> tuple[Cell, ...]:
    disk, names = row.disk, coverage.names
    return cells(
        Cell(row.state, _RANKS[row.state], _TONES[row.state]),
        shown,
        f"{row.reason} [{row.rule}]" if row.rule else row.reason or none(),
        location(row.place, root) if row.place else none(),
        disk.sku or unknown(),
        Cell(f"{disk.size_gb} GB", disk.size_gb) if disk.size_gb is not None else unknown(),
        disk.location or unknown(),
        names.own_group(disk.id),
        names.subscription(disk.id.subscription),
    )


def coverage_listing(coverage: Coverage, *, tags: tuple[str, ...] = (), root: str = "") -> Listing:
    """Counts by subscription, group, SKU, size and each of the tags, and every disk that isn't covered."""
    return Listing(
        f"Coverage of {coverage.manifest}",
        _summary(coverage),
        (*_counts(coverage, tags), *_disks(coverage, root)) if coverage.rows else (),
        {},
        coverage.findings,
        coverage.skipped,
        is_well=not coverage.count(UNCOVERED),
        names=coverage.names,
    )


def coverage_document(coverage: Coverage, *, tags: tuple[str, ...] = ()) -> Document:
    """Every disk with its state, the counts, the findings, and what was not read."""
    counts = _breakdowns(coverage, tags)
    return {
        **head(coverage.manifest),
        "summary": {"disks": len(coverage.rows), **{state: coverage.count(state) for state in _states(coverage)}},
        "by": {
            title.replace(" ", "_", 1).lower() if title[:4] != "tag " else title: rows for title, rows in counts.items()
        },
        "disks": [
            {
                "disk": row.disk.id.text,
                "name": coverage.names.of(row.disk.id),
                "state": row.state,
                "reason": redact(row.reason),
                "rule": row.rule,
                "instance": row.instance.text if row.instance else None,
                "place": place_document(row.place),
            }
            for row in coverage.rows
        ],
        "findings": [finding_document(finding, coverage.names) for finding in coverage.findings],
        "skipped": list(coverage.skipped),
    }
