"""Coverage as text, Markdown and data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.base.escape import code, markdown, plain
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact
from reconciler.model.ids import lower
from reconciler.model.resources import Disk
from reconciler.model.results.coverage import COVERED, EXCLUDED, UNCOVERED, UNKNOWN, Coverage, Covered, by_key
from reconciler.report.caret import location
from reconciler.report.documents import Document, finding_document, head, place_document
from reconciler.report.markdown import cut
from reconciler.report.style import Style
from reconciler.report.tables import Table, table_markdown, table_text
from reconciler.report.terminal import findings_text

STATES = (UNCOVERED, EXCLUDED, COVERED)
_SIZES = ((128, "up to 128 GB"), (512, "up to 512 GB"), (1024, "up to 1 TB"), (4096, "up to 4 TB"))
_TELLING = {UNCOVERED: "Uncovered", UNKNOWN: "Unknown", EXCLUDED: "Excluded"}


def _states(coverage: Coverage) -> tuple[str, ...]:
    """The columns of tables: what isn't known has one where there is any."""
    return (*STATES[::-1], *((UNKNOWN,) if coverage.count(UNKNOWN) else ()))


def _size(disk: Disk) -> str:
    if disk.size_gb is None:
        return "unknown"
    return next((name for most, name in _SIZES if disk.size_gb <= most), "over 4 TB")


def _tag(name: str) -> Callable[[Disk], str]:
    def value(disk: Disk) -> str:
        have = {lower(key): text for key, text in disk.tags.items()}
        return have.get(lower(name), "(none)")

    return value


def breakdowns(coverage: Coverage, tags: tuple[str, ...]) -> dict[str, dict[str, dict[str, int]]]:
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


def summary(coverage: Coverage) -> str:
    """`Coverage: 50 of 60 disks covered, 4 excluded, 6 uncovered.`"""
    counts = f"{coverage.count(EXCLUDED)} excluded, {coverage.count(UNCOVERED)} uncovered"
    if coverage.count(UNKNOWN):
        counts += f", {coverage.count(UNKNOWN)} unknown"
    return f"Coverage: {coverage.count(COVERED)} of {counted(len(coverage.rows), 'disk')} covered, {counts}."


def _tables(coverage: Coverage, tags: tuple[str, ...]) -> Iterator[Table]:
    for title, counts in breakdowns(coverage, tags).items():
        columns = _states(coverage)
        rows = tuple((key, *(str(states.get(state, 0)) for state in columns)) for key, states in counts.items())
        yield Table(f"By {title}", (title, *columns), rows)


def _rows(coverage: Coverage, state: str) -> list[Covered]:
    return [row for row in coverage.rows if row.state == state]


def coverage_text(coverage: Coverage, *, tags: tuple[str, ...] = (), style: Style | None = None, root: str = "") -> str:
    """The tables, then every disk that isn't covered, then findings; `root` stands before names of files."""
    style = style or Style()
    lines = [table_text(table) for table in _tables(coverage, tags)]
    for state, title in _TELLING.items():
        rows = _rows(coverage, state)
        lines += [style.bold(f"{title}:")] if rows else []
        for row in rows:
            rule = f" [{row.rule}]" if row.rule else ""
            lines.append(f"  {plain(row.disk.id)}{rule}: {plain(row.reason)}")
            lines += [f"    --> {location(row.place, root)}"] if row.place else []
        lines += [""] if rows else []
    lines += findings_text(coverage.findings, style=style, root=root)
    lines += [f"Not looked at: {plain(one)}" for one in coverage.skipped]
    told = summary(coverage)
    lines.append(style.bold(told) if coverage.count(UNCOVERED) else style.good(told))
    return "\n".join(lines) + "\n"


def coverage_markdown(coverage: Coverage, *, tags: tuple[str, ...] = (), root: str = "") -> str:
    """The same as Markdown, cut at what a comment on a pull request takes; the summary comes first."""
    parts = [f"## Coverage of {markdown(coverage.manifest)}\n\n**{summary(coverage)}**\n"]
    parts += [f"\nNot looked at: {markdown(one)}\n" for one in coverage.skipped]
    for state, title in _TELLING.items():
        rows = _rows(coverage, state)
        parts += [f"\n### {title} ({len(rows)})\n\n"] if rows else []
        for row in rows:
            rule = f" {code(row.rule)}" if row.rule else ""
            place = f" ({code(location(row.place, root))})" if row.place else ""
            parts.append(f"- {code(row.disk.id)}{rule}: {markdown(row.reason)}{place}\n")
    parts += ["\n### Findings\n\n"] if coverage.findings else []
    parts += [f"- {code(one.code)} {code(one.address)}: {markdown(one.message)}\n" for one in coverage.findings]
    parts += [table_markdown(table) for table in _tables(coverage, tags)]
    return cut(parts)


def coverage_document(coverage: Coverage, *, tool_version: str, tags: tuple[str, ...] = ()) -> Document:
    """Every disk with its state, the counts, the findings, and what wasn't looked at."""
    counts = breakdowns(coverage, tags)
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
