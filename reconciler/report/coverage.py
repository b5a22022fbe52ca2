"""Coverage as a listing and data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.ids import lower
from reconciler.model.resources import Disk
from reconciler.model.results.coverage import COVERED, EXCLUDED, UNCOVERED, UNKNOWN, Coverage, by_key
from reconciler.report.documents import Document, finding_document, head, place_document
from reconciler.report.listing import Item, Listing, Table

_STATES = (COVERED, EXCLUDED, UNCOVERED)
_SIZES = ((128, "up to 128 GB"), (512, "up to 512 GB"), (1024, "up to 1 TB"), (4096, "up to 4 TB"))


def _states(coverage: Coverage) -> tuple[str, ...]:
    """The columns of the tables; unknown has one only if there are any such disks."""
    return (*_STATES, *((UNKNOWN,) if coverage.count(UNKNOWN) else ()))


def _size(disk: Disk) -> str:
    if disk.size_gb is None:
        return "unknown"
    return next((name for most, name in _SIZES if disk.size_gb <= most), "over 4 TB")


def _tag(name: str) -> Callable[[Disk], str]:
    def value(disk: Disk) -> str:
        have = {lower(key): text for key, text in disk.tags.items()}
        return have.get(lower(name), "(none)")

    return value


def _breakdowns(coverage: Coverage, tags: tuple[str, ...]) -> dict[str, dict[str, dict[str, int]]]:
    """Counts of the states by subscription, resource group, SKU, size and each of the tags."""
    keys: dict[str, Callable[[Disk], str]] = {
        "subscription": lambda disk: disk.id.subscription,
        "resource group": lambda disk: f"{disk.id.subscription}/{lower(disk.id.group)}",
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


def _tables(coverage: Coverage, tags: tuple[str, ...]) -> Iterator[Table]:
    for title, counts in _breakdowns(coverage, tags).items():
        columns = _states(coverage)
        rows = tuple((key, *(str(states.get(state, 0)) for state in columns)) for key, states in counts.items())
        yield Table(f"By {title}", (title, *columns), rows)


def _items(coverage: Coverage, state: str) -> list[Item]:
    rows = (row for row in coverage.rows if row.state == state)
    return [Item(row.disk.id.text, row.reason, rule=row.rule, place=row.place) for row in rows]


def coverage_listing(coverage: Coverage, *, tags: tuple[str, ...] = ()) -> Listing:
    """Counts by subscription, group, SKU, size and each of the tags, and every disk that isn't covered."""
    return Listing(
        f"Coverage of {coverage.manifest}",
        _summary(coverage),
        tuple(_tables(coverage, tags)) if coverage.rows else (),
        {state.capitalize(): _items(coverage, state) for state in (UNCOVERED, UNKNOWN, EXCLUDED)},
        coverage.findings,
        coverage.skipped,
        is_well=not coverage.count(UNCOVERED),
    )


def coverage_document(coverage: Coverage, *, tool_version: str, tags: tuple[str, ...] = ()) -> Document:
    """Every disk with its state, the counts, the findings, and what was not read."""
    counts = _breakdowns(coverage, tags)
    return {
        **head(tool_version, coverage.manifest),
        "summary": {"disks": len(coverage.rows), **{state: coverage.count(state) for state in _states(coverage)}},
        "by": {
            title.replace(" ", "_", 1).lower() if title[:4] != "tag " else title: rows for title, rows in counts.items()
        },
        "disks": [
            {
                "disk": row.disk.id.text,
                "state": row.state,
                "reason": redact(row.reason),
                "rule": row.rule,
                "instance": row.instance.text if row.instance else None,
                "place": place_document(row.place),
            }
            for row in coverage.rows
        ],
        "findings": [finding_document(finding) for finding in coverage.findings],
        "skipped": list(coverage.skipped),
    }
