"""The table of mutations stays complete: each row has one, of a line that is still there, and tests that bear its name."""

from __future__ import annotations

import re
from pathlib import Path

from mutations import BEGIN, MUTATIONS, OTHERS, README, TOP

ROWS = [f"F{number:02}" for number in range(1, 67)]


def test_every_row_has_a_mutation_of_a_line_that_is_there() -> None:
    assert [one.row for one in MUTATIONS] == ROWS
    for one in (*MUTATIONS, *OTHERS):
        assert (TOP / "reconciler" / one.file).read_text(encoding="utf-8").count(one.old) == 1, one


def test_every_row_has_tests_that_bear_its_name() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"def test_((?:f\d\d_)+)", text))
    assert {row.upper() for names in named for row in names.strip("_").split("_")} == set(ROWS)


def test_the_readme_tells_who_noticed_each() -> None:
    table = README.read_text(encoding="utf-8").partition(BEGIN)[2]
    others = sorted(one.row for one in OTHERS)
    assert re.findall(r"^\| ([A-Z]\d\d.*?) \|", table, re.MULTILINE) == sorted([*ROWS, *others])
    assert "**nothing**" not in table
