"""What is known of the versions of Azure's API, and what is said where nobody knows."""

from __future__ import annotations

import pytest

from reconciler.model.api_versions import ALWAYS_ON, DEFAULT, FORM, VERSIONS, doubt, has


def test_versions_are_in_order_and_the_default_is_one_of_them() -> None:
    assert list(VERSIONS) == sorted(VERSIONS)
    assert all(map(FORM.fullmatch, VERSIONS))
    assert doubt(DEFAULT) == ""


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2025-07-01", False),
        ("2025-09-01", True),
        ("2026-07-01", True),
        ("2025-08-31-preview", False),
        ("2031-01-01", True),
    ],
)
def test_what_a_version_changed_holds_for_those_after_it(version: str, expected: bool) -> None:
    assert has(version, ALWAYS_ON) is expected


@pytest.mark.parametrize(
    ("version", "word"), [("2026-07-01", "no public source"), ("2027-01-01", "not one that"), ("2024-04-01", "")]
)
def test_a_doubt_says_why(version: str, word: str) -> None:
    assert word in doubt(version)
    assert bool(doubt(version)) is bool(word)
