"""Durations mean the same however they are written."""

from __future__ import annotations

import pytest

from reconciler.base.durations import (
    Length,
    days,
    hours,
    iso,
    iso_hours,
    length,
    longest_days,
    may_be_less,
    short,
    shortest_days,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("7d", 7), ("8w", 56), ("P7D", 7), ("P12W", 84), ("P84D", 84), ("P1Y", 365), ("P1Y1D", 366), ("168h", 7),
        ("PT168H", 7), ("P1DT24H", 2), ("36h", None), ("PT1H", None), ("P1M", None), ("P1Y2M", None), ("7", None),
        ("P", None), ("PT", None), ("seven days", None), ("P-7D", None), ("", None), ("0d", 0), ("P0.5D", None),
        ("P7D ", None), ("\u0667d", None), ("P" + "9" * 400 + "D", None),
    ],
)  # fmt: skip
def test_whole_days(text: str, length: int | None) -> None:
    assert days(text) == length


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("7d", "P7D"),
        ("8w", "P8W"),
        ("P8W", "P8W"),
        ("168h", "P7D"),
        ("P1Y", "P365D"),
        ("1y", "P365D"),
        ("5h", None),
        ("6M", "P6M"),
        ("P6M", "P6M"),
    ],
)
def test_what_goes_to_azure_keeps_weeks(text: str, written: str | None) -> None:
    assert iso(text) == written


def test_intervals_of_schedules() -> None:
    assert [hours("4h"), hours("PT12H"), hours("P1D")] == [4, 12, 24]
    assert [iso_hours(4), iso_hours(24)] == ["PT4H", "P1D"]


@pytest.mark.parametrize(
    ("text", "normal", "shown"),
    [
        ("6M", "P6M", "6M"), ("P6M", "P6M", "6M"), ("P06M", "P6M", "6M"), ("P1M10D", "P1M10D", "P1M10D"),
        ("P1M1W3D", "P1M10D", "P1M10D"), ("P1Y6M", "P6M365D", "P6M365D"), ("P0M7D", 7, "7d"), ("P12M", "P12M", "12M"),
        ("P180D", 180, "180d"), ("26w", 182, "182d"), ("1y", 365, "365d"), ("P1Y", 365, "365d"),
    ],
)  # fmt: skip
def test_months_are_no_number_of_days(text: str, normal: Length, shown: str) -> None:
    assert length(text) == normal
    assert short(normal) == shown
    assert length(shown) == normal


@pytest.mark.parametrize(
    "text", ["6m", "M", "PM", "P6", "P1MT12H", "P0.5M", "P-1M", "6 M", "1.5M", "\u0666M", "", "P6M "]
)
def test_other_texts_are_no_months(text: str) -> None:
    assert length(text) is None


def test_a_month_has_28_to_31_days() -> None:
    assert (shortest_days("P6M"), longest_days("P6M"), longest_days("P1M10D"), longest_days(30)) == (168, 186, 41, 30)


@pytest.mark.parametrize(
    ("one", "other", "less"),
    [
        ("P6M", 180, True), (180, "P6M", True), ("P6M", "P6M", False), ("P6M", 168, False), ("P6M", 186, True),
        (186, "P6M", False), (6, 7, True), (7, 6, False), ("P12M", 365, True),
    ],
)  # fmt: skip
def test_a_retention_that_may_be_shorter_is_told(one: Length, other: Length, less: bool) -> None:
    assert may_be_less(one, other) is less
