"""Texts of a simulated run, marked below their first line."""

from __future__ import annotations

import pytest

from reconciler.report.simulated import SIMULATED, marked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 jobs.\n", f"0 jobs.\n{SIMULATED}\n"),
        ("No changes.\nChecksum: 0\n", f"No changes.\n{SIMULATED}\nChecksum: 0\n"),
        ("disk/a\n  state:  ok\n", f"disk/a\n{SIMULATED}\n  state:  ok\n"),
        (
            "  info[x] disk/a: it is\n      protected\n      hint: wait\n\nDone.\n",
            f"  info[x] disk/a: it is\n      protected\n      hint: wait\n{SIMULATED}\n\nDone.\n",
        ),
        ("  info[x] disk/a: it is\n      protected\n", f"  info[x] disk/a: it is\n      protected\n{SIMULATED}\n"),
    ],
    ids=["one line", "two lines", "a table", "a wrapped finding", "nothing else"],
)
def test_the_mark_is_below_the_first_line_and_splits_no_wrapped_line(text: str, expected: str) -> None:
    assert marked(text, "text") == expected
