"""The page's long tables: rows of plain text; the template shows the first ones, the script the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.results.outcome import Result, Status
from reconciler.report.caret import location
from reconciler.report.page.model import STATES, DiskRow, Page

Text = Callable[[object], str]
Cell = str | list[str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its number from 0, its title, the style of its cells, and the choices for its filter."""

    number: int
    title: str
    kind: str = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LongTable:
    """A table with its id, its title, its columns and the text of every cell."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]


def _columns(*said: tuple[str, str, tuple[str, ...]]) -> tuple[Column, ...]:
    return tuple(Column(number, *one) for number, one in enumerate(said))


def finding_table(page: Page, text: Text) -> LongTable:
    """The table of findings, with severity, code, message, hint and place."""
    columns = _columns(
        ("severity", "badge", ("error", "warning", "info")),
        ("code", "code", ()),
        ("message and hint", "aside", ()),
        ("about", "text", ()),
    )
    rows: list[list[Cell]] = [
        [
            str(one.severity),
            one.code,
            [
                text(one.message),
                text(" ".join((one.hint, location(one.place, page.root) if one.place else ""))).strip(),
            ],
            text(one.address),
        ]
        for one in page.findings
    ]
    return LongTable("finding-rows", "All findings", columns, rows)


_ORDER = (Status.FAILED, Status.SKIPPED, Status.IN_PROGRESS, Status.DONE)


def result_table(page: Page, text: Text) -> LongTable:
    """The table of an apply's results, failed ones first."""
    columns = _columns(
        ("result", "badge", tuple(map(str, _ORDER))),
        ("change", "text", ()),
        ("about", "text", ()),
        ("reason and hint", "aside", ()),
    )
    results = page.outcome.results if page.outcome else ()
    rows = [_result(one, text) for status in _ORDER for one in results if one.status is status]
    return LongTable("result-rows", "Results", columns, rows)


def _result(result: Result, text: Text) -> list[Cell]:
    said = f"because {result.because}" if result.because else result.message
    code = f"{result.code}: " if result.code else ""
    change = str(result.action) if result.action else "wait"
    return [str(result.status), change, text(result.address), [text(f"{code}{said}"), text(result.hint)]]


def disk_table(page: Page, text: Text, hours: Callable[[float | None], str]) -> LongTable:
    """The table of disks, with state, vault and policy, newest recovery point, and when a restore last worked."""
    columns = _columns(
        ("disk", "disk", ()),
        ("state", "badge", tuple(STATES)),
        ("vault", "text", ()),
        ("policy", "text", ()),
        ("newest recovery point", "aside", ()),
        ("last proven", "text", ()),
        ("why", "text", ()),
    )
    rows = [_disk(row, text, hours) for row in page.disks or ()]
    return LongTable("disk-rows", "Every disk", columns, rows)


def _disk(row: DiskRow, text: Text, hours: Callable[[float | None], str]) -> list[Cell]:
    age = ""
    if row.newest:
        promise = f" of {hours(row.promise_hours)}" if row.promise_hours else ""
        age = f"{hours(row.age_hours)}{promise}"
    return [
        [text(row.name), text(row.group), text(row.id)],
        row.state,
        text(row.vault),
        text(row.policy),
        [text(row.newest[:16].replace("T", " ")), age],
        text(row.proven[:10]),
        text(row.note),
    ]
