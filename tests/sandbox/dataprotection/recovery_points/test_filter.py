"""Recovery points of a time, as the Azure CLI asks for them."""

from __future__ import annotations

from math import inf

import pytest

from reconciler.sandbox.arm.messages import ArmError
from reconciler.sandbox.dataprotection.recovery_points.routes import period


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (-inf, inf)),
        ("startDate eq '1970-01-01T00:01:00.0000000Z'", (60.0, inf)),
        ("endDate eq '1970-01-01T00:02:00'", (-inf, 120.0)),
        ("startDate eq '1970-01-01T00:01:00Z' AND endDate eq '1970-01-01T00:02:00Z'", (60.0, 120.0)),
    ],
)
def test_a_filter_lets_a_time_through(text: str, found: tuple[float, float]) -> None:
    assert period(text) == found


@pytest.mark.parametrize("text", ["name eq 'x'", "startDate eq 'soon'", "startDate", "startDate eq '' and"])
def test_other_filters_are_refused(text: str) -> None:
    with pytest.raises(ArmError, match="BMSUserErrorInvalidInput"):
        period(text)
