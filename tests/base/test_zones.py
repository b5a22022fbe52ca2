"""Time zones by both their names."""

from __future__ import annotations

import pytest

from reconciler.base.zones import iana_zone, windows_zone, zone_names


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("UTC", "UTC"), ("utc", "UTC"), ("Etc/UTC", "UTC"), ("Coordinated Universal Time", "UTC"),
        ("Europe/Berlin", "W. Europe Standard Time"), ("europe/berlin", "W. Europe Standard Time"),
        ("Asia/Kolkata", "India Standard Time"), ("Asia/Calcutta", "India Standard Time"),
        ("Pacific Standard Time", "Pacific Standard Time"), ("pacific standard time", "Pacific Standard Time"),
        ("Mars/Olympus", None), ("", None),
    ],
)  # fmt: skip
def test_the_windows_name(name: str, windows: str | None) -> None:
    assert windows_zone(name) == windows


def test_the_iana_name() -> None:
    assert iana_zone("UTC") == "UTC"
    assert iana_zone("Coordinated Universal Time") == "UTC"
    assert iana_zone("India Standard Time") == "Asia/Calcutta"
    with pytest.raises(ValueError, match="not a Windows time zone"):
        iana_zone("Mars Standard Time")


def test_every_offered_name_is_one_that_is_known() -> None:
    assert all(windows_zone(name) for name in zone_names())
