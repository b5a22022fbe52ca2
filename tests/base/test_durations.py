"""Durations mean the same however they are written."""

from __future__ import annotations

import pytest

from reconciler.base.durations import days, hours, iso, iso_hours


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
    ("text", "written"), [("7d", "P7D"), ("8w", "P8W"), ("P8W", "P8W"), ("168h", "P7D"), ("P1Y", "P365D"), ("5h", None)]
)
def test_what_goes_to_azure_keeps_weeks(text: str, written: str | None) -> None:
    assert iso(text) == written


def test_intervals_of_schedules() -> None:
    assert [hours("4h"), hours("PT12H"), hours("P1D")] == [4, 12, 24]
    assert [iso_hours(4), iso_hours(24)] == ["PT4H", "P1D"]
