"""Every row of what the sandbox was checked against names a test that exists, and every switch says why."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from reference import GENERATE

HERE = Path(__file__).parent
DATA = GENERATE.held_against()
ROWS = [*DATA.RECORDINGS, *DATA.CLIENTS, *DATA.DESCRIPTIONS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.test.rpartition("::")[2])
def test_there_is_a_test_that_holds_the_sandbox_to_it(row: tuple[str, ...]) -> None:
    file, _, name = row[-1].partition("::")
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_row_stands_twice() -> None:
    assert len(set(ROWS)) == len(ROWS)


def test_the_page_tells_every_row_and_switch() -> None:
    page = GENERATE.pages()["conformance.md"]
    for row in DATA.RECORDINGS:
        assert f"`{row.file}`" in page
        assert GENERATE.cell(row.shows) in page
    for name in GENERATE.SWITCHES:
        assert f"| `{name}` |" in page
