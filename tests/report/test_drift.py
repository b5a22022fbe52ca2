from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Plan
from reconciler.model.results.drift import DEFAULT_FAIL_ON, Drift


def finding(drift: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding("x", severity, "x", drift=drift)


@pytest.mark.parametrize(
    ("findings", "fail_on", "code"),
    [
        ((), DEFAULT_FAIL_ON, 0),
        ((finding("orphaned"),), DEFAULT_FAIL_ON, 2),
        ((finding("orphaned"),), ("unhealthy",), 0),
        ((finding("in-progress"),), DEFAULT_FAIL_ON, 0),
        ((finding("in-progress"),), ("in-progress",), 2),
        ((finding("unhealthy", Severity.ERROR),), DEFAULT_FAIL_ON, 2),
        ((finding("out-of-reach"),), DEFAULT_FAIL_ON, 1),
        ((finding("out-of-reach"), finding("orphaned")), DEFAULT_FAIL_ON, 1),
        ((finding("", Severity.ERROR),), DEFAULT_FAIL_ON, 1),
        ((finding(""),), DEFAULT_FAIL_ON, 0),
    ],
)
def test_the_exit_code_follows_from_the_counted_classes(
    clean: Plan, findings: tuple[Finding, ...], fail_on: tuple[str, ...], code: int
) -> None:
    drift = Drift(replace(clean, findings=findings), fail_on)
    assert drift.exit_code == code
    assert ("Azure matches" in drift.summary) == (code == 0 and not {one.drift for one in findings} - {""})


def test_what_is_under_way_is_no_drift_and_no_match_either(clean: Plan) -> None:
    drift = Drift(replace(clean, findings=(finding("in-progress"), finding("in-progress"))), DEFAULT_FAIL_ON)
    assert drift.summary == ("No drift so far. Azure is still working on 2 objects; run `drift` again when it is done.")


def test_a_change_of_no_known_class_counts_as_differs(plan: Plan) -> None:
    odd = tuple(replace(change, drift="") for change in plan.changes)
    assert Drift(replace(plan, changes=odd)).count("differs") == 3
