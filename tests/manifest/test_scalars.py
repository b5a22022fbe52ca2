"""Plain scalars mean what the YAML 1.2 core schema says."""

from __future__ import annotations

import math

import pytest

from reconciler.base.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13:00", "13:00"), ("12:30:00", "12:30:00"), ("no", "no"), ("On", "On"), ("yes", "yes"), ("y", "y"),
        ("017", 17), ("0o17", 15), ("0x1F", 31), ("-7", -7), ("+3", 3), ("1_000", "1_000"), ("0b1", "0b1"),
        ("1.10", 1.1), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("-", "-"), (".", "."), ("1.2.3", "1.2.3"),
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"),
        ("true", True), ("False", False), ("tRUE", "tRUE"), ("2027-03-31", "2027-03-31"),
        (".inf", math.inf), ("-.INF", -math.inf), ("\u0663", "\u0663"), ("<<", "<<"), ("=", "="),
    ],
)  # fmt: skip
def test_a_plain_scalar_resolves_as_in_the_core_schema(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number_and_endless_digits_do_no_harm() -> None:
    assert math.isnan(float(resolve(".nan") or 0))
    assert resolve("9" * 5000) == math.inf
