from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.outcome import Outcome, Result, Status
from reconciler.findings import Finding, Severity
from reconciler.plan.model import Action, Kind


def result(status: Status = Status.DONE, action: Action | None = Action.ADD) -> Result:
    return Result("disk/d", Kind.DISK, action, status)


ERROR = Finding("unsupported", Severity.ERROR, "no")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(()), True),
        (Outcome((result(),)), True),
        (Outcome((result(Status.FAILED),)), False),
        (Outcome((result(Status.SKIPPED),)), False),
        (Outcome((result(Status.IN_PROGRESS),)), False),
        (Outcome((result(Status.IN_PROGRESS, None),)), False),
        (Outcome((result(),), interrupted="SIGINT"), False),
        (Outcome((result(),), errors=(ERROR,)), False),
        (Outcome((result(),), warnings=(ERROR,)), True),
    ],
)
def test_only_what_is_all_done_is_ok(outcome: Any, expected: bool) -> None:
    assert outcome.ok is expected


def test_counts_are_of_what_is_done_and_waits_count_nowhere() -> None:
    rows = (
        result(),
        result(Status.FAILED),
        result(action=Action.CHANGE),
        result(action=Action.DESTROY),
        result(action=Action.DESTROY),
        result(action=None),
    )
    outcome = Outcome(rows)
    assert (outcome.added, outcome.changed, outcome.destroyed) == (1, 1, 2)
    assert outcome.with_status(Status.FAILED) == (rows[1],)
