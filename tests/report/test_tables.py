"""Tables on screens of several widths: what people see, golden; and what holds for any table.

`REWRITE_GOLDEN=1 make test T=tests/report/test_tables.py` writes the screens anew. Read the diff.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from forty import COVERAGE, DISKS, JOBS, LISTINGS, NAMES, STATUS
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reconciler.model.errors import UsageError
from reconciler.model.short_names import apart
from reconciler.report import coverage, jobs, recovery_points, status
from reconciler.report.columns import Cell, Heading, Table, View, cells, named, none, unknown
from reconciler.report.grid import table_lines
from reconciler.report.listing import listing_markdown, listing_text
from reconciler.report.style import Style

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (80, 120, 200)
TABLES = {
    "status": status.COLUMNS, "coverage": coverage.COLUMNS, "jobs": jobs.COLUMNS, "points": recovery_points.COLUMNS,
}  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LISTINGS)
def test_screens(name: str, width: int) -> None:
    shown = listing_text(LISTINGS[name], style=Style(width=width), root="samples")
    golden = SCREENS / f"{name}-{width}.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
    assert max(map(cell_len, shown.splitlines())) <= width


def test_every_screen_is_one_of_these() -> None:
    assert {path.name for path in SCREENS.iterdir()} == {f"{name}-{width}.txt" for name in LISTINGS for width in WIDTHS}


@pytest.mark.parametrize("name", LISTINGS)
def test_colours_say_nothing_alone(name: str) -> None:
    plain, coloured = (listing_text(LISTINGS[name], style=Style(colour=colour)) for colour in (False, True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured != plain


@pytest.mark.parametrize("name", LISTINGS)
def test_a_stream_without_marks_gets_others(name: str) -> None:
    shown = listing_text(LISTINGS[name], style=Style(ascii=True))
    assert not re.search("[✓✗]", shown)
    assert len(shown.splitlines()) == len(listing_text(LISTINGS[name]).splitlines())


@pytest.mark.parametrize("width", [40, *WIDTHS])
def test_every_row_of_status_is_told_apart(width: int) -> None:
    lines = listing_text(LISTINGS["status"], style=Style(width=width)).partition("\n\n")[2].partition("\n\n")[0]
    _, *rows = re.split(r"\n(?=\S)", lines)
    assert len(set(rows)) == len(rows) == len(DISKS)


def test_what_is_wrong_comes_first() -> None:
    (table,) = LISTINGS["status"].tables
    assert [row[0].text for row in table.rows][:9] == [
        "gone", "failing", "late", "late", "late", "late", "unprotected", "unknown", "ok",
    ]  # fmt: skip
    assert [row[0].text for row in LISTINGS["coverage"].tables[-1].rows] == [*["uncovered"] * 3, "unknown", "excluded"]


def test_disks_are_named_as_far_as_it_takes_and_so_may_be_typed() -> None:
    names = {one.key: NAMES.of(one) for one in DISKS}
    shown = apart(names)
    assert [shown[DISKS[at].key] for at in (0, 2, 14, 28)] == [
        "payments/payments-westus/data", "sql-001", "payments-westeurope/data", "data/payments-westus/data",
    ]  # fmt: skip
    for key, short in shown.items():
        assert [other for other, name in names.items() if f"/{name}".endswith(f"/{short}")] == [key]


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES)
def test_columns_have_names_for_the_command_line_and_one_way_to_drop(columns: tuple[Heading, ...]) -> None:
    drops = [one.drops for one in columns if one.drops]
    assert sorted(drops) == list(range(1, len(drops) + 1))
    for one in columns:
        assert re.fullmatch("[a-z]+(-[a-z]+)*", one.option)
        assert named(one.name.upper().replace(" ", "_"), columns, "--columns") == one.option
        assert one.meaning


def test_sorting_is_by_value_and_what_has_none_is_last() -> None:
    (table,) = LISTINGS["status"].tables
    ages = [row.age for row in STATUS.rows if row.age is not None]
    for is_reversed in (False, True):
        view = View(("age",), "age", is_reversed)
        rows = view.ordered(table.columns, table.rows)
        at = view.chosen(table.columns)[0]
        assert [row[at].order for row in rows] == [*sorted(ages, reverse=is_reversed), *[None] * 2]
        assert {row[at].text for row in rows[-2:]} == {"-", "unknown"}


def test_texts_sort_as_people_count() -> None:
    columns = (Heading("disk"),)
    rows = [cells("disk-10"), cells("Disk-9"), cells(none()), cells("disk-2"), cells(unknown())]
    told = [row[0].text for row in View(sort="disk").ordered(columns, rows)]
    assert told == ["disk-2", "Disk-9", "disk-10", "-", "unknown"]


def test_a_column_that_there_is_not_has_a_hint_with_similar_ones() -> None:
    with pytest.raises(UsageError) as error:
        named("polcy", status.COLUMNS, "--columns")
    assert error.value.message == "Unknown column for `--columns`: 'polcy'"
    assert error.value.hint == (
        "did you mean policy? The columns are state, disk, age, promised, policy, newest, vault, last-job, protection,"
        " last-drill, snapshots, group, subscription"
    )


def test_asked_columns_are_shown_however_wide_in_their_order_in_both_forms() -> None:
    view = View(("subscription", "disk", "last-job"))
    shown = listing_text(LISTINGS["status"], style=Style(width=40), view=view).splitlines()
    assert shown[2].split() == ["subscription", "disk", "last", "job"]
    assert "More with" not in "".join(shown)
    assert "| subscription | disk | last job |\n" in listing_markdown(LISTINGS["status"], view=view)
    assert "| title |" not in listing_markdown(LISTINGS["coverage"], view=view)


def test_what_no_row_has_takes_no_room() -> None:
    assert not any(job.tag for job in JOBS)
    for shown in (listing_text(LISTINGS["jobs"], style=Style(width=400)), listing_markdown(LISTINGS["jobs"])):
        assert "retention rule" not in shown
    assert "retention rule" in listing_text(LISTINGS["jobs"], view=View(("disk", "retention-rule")))


def test_the_summary_counts_every_disk_once() -> None:
    (table,) = LISTINGS["status-summary"].tables
    *parts, total = table.rows
    numbers = [[int(cell.text) for cell in row[1:]] for row in (*parts, total)]
    assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]
    assert numbers[-1][0] == len(DISKS) == sum(numbers[-1][1:])


def test_counts_by_group_use_short_names() -> None:
    groups = next(table for table in LISTINGS["coverage"].tables if table.title == "By resource group")
    assert {row[0].text for row in groups.rows} == {
        "payments/payments-westus", "payments/payments-westeurope", "data/payments-westus",
    }  # fmt: skip
    assert sum(int(cell.text) for row in groups.rows for cell in row[1:]) == len(COVERAGE.rows)


WORDS = st.sampled_from(
    ["a", "b-c", "é", "中中", "payments", "data-001", "a-name-that-is-long", "中-中-中-中-中", "x" * 30]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
NAMED = st.lists(WORDS, min_size=1, max_size=3).map("/".join)
COLUMNS = (
    Heading("state", is_state=True),
    Heading("disk", tells_apart=1, is_name=True),
    Heading("why", is_text=True, drops=1),
    Heading("count", is_number=True, drops=2),
    Heading("job", drops=3, tells_apart=2),
)
ROWS = st.lists(
    st.tuples(WORDS, NAMED, TEXTS, st.integers(0, 10**6).map(str), WORDS), min_size=1, max_size=5, unique_by=lambda one: one[1::3]
)  # fmt: skip


def _shown(rows: list[tuple[str, ...]], width: int) -> list[list[str]]:
    """The lines of the heading and of each row."""
    made = tuple(cells(Cell(row[0], tone="good"), *row[1:]) for row in rows)
    lines = list(table_lines([Table("", COLUMNS, made)], Style(width=width), View()))
    body = lines[: lines.index("")]
    starts = [0, *(at for at, line in enumerate(body) if line.startswith("✓ "))]
    return [body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True)]


def _whole(rows: list[tuple[str, ...]]) -> set[str]:
    """Whatever may stand in a line: whole words, and of names as many of their parts as fit."""
    found = {word for row in rows for text in row for word in text.split()}
    for _, name, *_rest in rows:
        parts = re.split(r"(?<=/)", name)
        found |= {"".join(parts[a:b]) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1)}
    return found


@given(ROWS, st.integers(40, 200))
def test_no_cell_breaks_in_mid_word_and_every_row_is_told_apart(rows: list[tuple[str, ...]], width: int) -> None:
    _, *shown = _shown(rows, width)
    assert len(shown) == len(rows)
    words = [" ".join(lines).split() for lines in shown]
    for row, seen in zip(rows, words, strict=True):
        assert set(seen) <= {"✓", *_whole([row])}
        assert len("".join(seen)) >= len(f"✓{row[0]}{row[1]}")
    assert len(set(map(" ".join, words))) == len(rows)


@given(ROWS, st.integers(40, 200))
def test_a_table_is_wider_than_the_screen_only_once_all_has_dropped_that_may(
    rows: list[tuple[str, ...]], width: int
) -> None:
    heading, *lines = (line for lines in _shown(rows, width) for line in lines)
    if max(map(cell_len, (heading, *lines))) > width:
        assert not {"why", "count"} & set(heading.split())


def test_ages_of_days_and_hours_sort_together() -> None:
    view = View(sort="age", is_reversed=True)
    (table,) = LISTINGS["status"].tables
    first = view.ordered(table.columns, table.rows)[0]
    assert first[2] == Cell("2 days", timedelta(days=2))
