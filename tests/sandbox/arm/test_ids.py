"""Comparing without case as .NET does: letter by letter, and never into ASCII."""

from __future__ import annotations

import pytest

from reconciler.sandbox.arm.ids import lower, upper


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("rg-größe", "RG-GRÖßE", True),
        ("ΟΜΆΣ", "ομάς", True),
        ("Straße", "STRASSE", False),
        ("\u212aelvin", "kelvin", False),
        ("\u0131d", "Id", False),
        ("\u0130", "i", False),
        ("x\u017f", "xS", False),
    ],
)
def test_what_is_one_name(one: str, other: str, same: bool) -> None:
    assert (lower(one) == lower(other)) == same
    assert len(lower(one)) == len(one)


@pytest.mark.parametrize("text", ["rg-größe", "ομάς", "\u0131\u0130\u017f\u212a", "ǆ", "plain", "日本", "ﬁ"])
def test_capitals_are_found_again(text: str) -> None:
    for beyond in (True, False):
        assert lower(upper(text, beyond_ascii=beyond)) == lower(text)
