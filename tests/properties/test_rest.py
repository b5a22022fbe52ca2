"""The main property: whatever was there before, after a successful apply there is nothing left to do."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from generated import Case, cases
from hypothesis import assume, given
from hypothesis import strategies as st
from stage import Stage, failures
from switching import covering
from trying import GATES, LAG, cured, examples, prepared, told

from reconciler.azure.fields import location

pytestmark = pytest.mark.long

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
EXAMPLES, BY_HAND, SPOILT, STRANGE = (150, 60, 30, 100) if LONG else (50, 25, 15, 40)
"""How many cases each test tries: in the long run three times as many."""
LEAST_SHARE = 0.8


def check_rest(stage: Stage, case: Case) -> None:
    """After success: no changes, and a second apply that writes nothing."""
    plan = stage.plan(case.manifest, force=GATES)
    assert (plan.changes, plan.errors, plan.waits) == ((), (), ()), told(plan)
    stage.forget()
    again = stage.carry_out(plan)
    assert again.ok, failures(again)
    assert stage.writes() == []


@pytest.mark.timeout(3600 if LONG else 600)
def test_an_apply_is_followed_by_rest(tmp_path: Path) -> None:
    tally: Counter[str] = Counter()

    @examples(EXAMPLES)
    @given(cases())
    def check(case: Case) -> None:
        with prepared(case, tmp_path) as stage:
            tally["cases"] += 1
            tally["exit 0"] += cured(stage, case)
            check_rest(stage, case)

    check()
    share = tally["exit 0"] / tally["cases"]
    print(f"exit 0 in {share:.0%} of {tally['cases']} cases")  # noqa: T201 - the measure is told
    assert share >= LEAST_SHARE


@pytest.mark.timeout(3600 if LONG else 600)
def test_what_stands_in_the_way_fails_the_run_and_no_longer_once_it_is_gone(tmp_path: Path) -> None:
    failed = Counter[bool]()

    @examples(SPOILT)
    @given(cases(spoilt=True))
    def check(case: Case) -> None:
        with prepared(case, tmp_path) as stage:
            failed[not cured(stage, case)] += 1
            check_rest(stage, case)

    check()
    assert failed[True] >= failed[False], "a lock over what is as declared already stands in nobody's way"


@pytest.mark.timeout(3600 if LONG else 600)
def test_what_was_made_by_hand_as_declared_is_left_as_it_is(tmp_path: Path) -> None:
    @examples(BY_HAND)
    @given(cases(by_hand=True))
    def check(case: Case) -> None:
        with prepared(case, tmp_path) as stage:
            plan = stage.plan(case.manifest)
            assert (plan.changes, plan.errors, plan.closed_gates) == ((), (), ()), told(plan)
            outcome = stage.carry_out(plan)
            assert outcome.ok, failures(outcome)
            assert stage.writes() == []

    check()


@pytest.mark.timeout(3600 if LONG else 600)
def test_so_it_is_however_azure_behaves(tmp_path: Path) -> None:
    """Under rows of settings that cover all pairs; where Azure takes AlwaysOn alone, other vaults can't be declared.

    Nor can snapshots of another region where Azure refuses those.
    """
    rows = [row for row in covering() if row["secure_by_default"] != "everywhere"]

    @examples(STRANGE)
    @given(cases(), st.sampled_from(rows))
    def check(case: Case, row: dict[str, Any]) -> None:
        assume(row["snapshot_group_elsewhere"] != "refused" or not has_snapshots_elsewhere(case))
        with prepared(case, tmp_path, **row) as stage:
            cured(stage, case)
            stage.wait(LAG)
            check_rest(stage, case)

    check()


def has_snapshots_elsewhere(case: Case) -> bool:
    """Whether a vault and so its disks lie elsewhere than the snapshot resource groups."""
    groups = {group["location"] for group in case.manifest["snapshotResourceGroups"]}
    return any(location(vault["location"]) not in groups for vault in case.manifest["vaults"])
