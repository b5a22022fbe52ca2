from __future__ import annotations

import pytest

from reconciler.model.findings import Finding, Place, Severity
from reconciler.report.caret import diagnostic, diagnostics
from reconciler.report.style import Style

SOURCE = "name: walkthrough\nvaults:\n  - nam: TestBkpVault\n"


def finding(place: Place | None, hint: str = "did you mean `name`?") -> Finding:
    return Finding("unknown-key", Severity.ERROR, "a vault has no key `nam`", hint, place=place)


def test_a_diagnostic_shows_place_line_caret_and_hint() -> None:
    assert diagnostic(finding(Place("backup.yaml", 3, 5)), {"backup.yaml": SOURCE}) == (
        "error[unknown-key]: a vault has no key `nam`\n"
        " --> backup.yaml:3:5\n"
        "  |\n"
        "3 |   - nam: TestBkpVault\n"
        "  |     ^^^\n"
        "hint: did you mean `name`?\n"
    )


@pytest.mark.parametrize(
    ("line", "place", "shown", "carets"),
    [
        ("a: b", Place("f", 1, 4), "a: b", "   ^"),
        ("a: bcd", Place("f", 1, 4, 6), "a: bcd", "   ^^"),
        ("\tkey: 1", Place("f", 1, 2), "    key: 1", "    ^^^"),
        ("磁盘: x", Place("f", 1, 1), "磁盘: x", "^^^^"),
        ("a\u0301b: x", Place("f", 1, 1), "a\u0301b: x", "^^"),
        ("k: a\x1b[0m", Place("f", 1, 4), r"k: a\x1b[0m", "   ^^^^^^^^"),
        ("k: '13:00 x' # y", Place("f", 1, 4), "k: '13:00 x' # y", "   ^^^^^^^^^"),
        ("k:", Place("f", 1, 40), "k:", "  ^"),
        ("::error::x", Place("f", 1, 1), r"\::error::x", "^^^^^^^^^^"),
    ],
)
def test_carets_stand_under_what_is_meant(line: str, place: Place, shown: str, carets: str) -> None:
    lines = diagnostic(finding(place, hint=""), {"f": line}).splitlines()
    assert lines[3:] == [f"1 | {shown}", f"  | {carets}"]


def test_a_very_long_line_is_cut_around_the_caret() -> None:
    lines = diagnostic(finding(Place("f", 1, 5001)), {"f": "x" * 5000 + "yz"}).splitlines()
    assert all(len(line) < 200 for line in lines)
    assert lines[4].count("^") == 2


@pytest.mark.parametrize("place", [None, Place("other.yaml", 3, 1), Place("f", 99, 1)])
def test_without_a_known_line_there_is_no_excerpt(place: Place | None) -> None:
    assert " |" not in diagnostic(finding(place), {"f": SOURCE})


def test_a_line_that_holds_a_secret_is_not_shown() -> None:
    assert "hunter2" not in diagnostic(finding(Place("f", 1, 1)), {"f": "password: hunter2"})


@pytest.mark.parametrize(
    ("root", "file", "shown"),
    [
        ("samples/quickstart", "backup.yaml", "samples/quickstart/backup.yaml:3:5"),
        ("samples/quickstart", "../common/p.yaml", "samples/common/p.yaml:3:5"),
        (".", "backup.yaml", "backup.yaml:3:5"),
        ("", "backup.yaml", "backup.yaml:3:5"),
    ],
)
def test_places_lie_below_the_folder_that_was_named(root: str, file: str, shown: str) -> None:
    assert f" --> {shown}\n" in diagnostic(finding(Place(file, 3, 5)), {}, root=root)


def test_colour_is_only_added_to_the_words() -> None:
    coloured = diagnostics((finding(None),), {}, style=Style(colour=True))
    assert coloured.replace("\x1b[1;31m", "").replace("\x1b[36m", "").replace("\x1b[0m", "") == diagnostics(
        (finding(None),), {}
    )
    assert "\x1b[" in coloured
