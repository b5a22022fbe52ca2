from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.changes import Action, Change, FieldChange, Kind
from reconciler.model.findings import Finding
from reconciler.model.plan import Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.markdown import drift_markdown, outcome_markdown, plan_markdown


def test_a_plan_has_its_status_in_the_heading_and_a_diff(plan: Plan) -> None:
    text = plan_markdown(plan)
    assert text.startswith("<!-- reconciler:plan:walkthrough -->\n## Plan of walkthrough: refused\n")
    assert "**Plan: 1 to add, 1 to change, 1 to destroy.**" in text
    assert "<details><summary>Changes (3)</summary>\n\n```diff\n+ vault/TestBkpVault  (not there yet)\n" in text
    assert '!     policy: "diskBkpPolicy-11111111" -> "diskBkpPolicy-22222222"' in text
    assert "- `orphaned` `disk/old`: no longer named by the manifest" in text


def test_no_changes_says_so(clean: Plan) -> None:
    assert "## Plan of walkthrough: no changes" in plan_markdown(clean)


@pytest.mark.parametrize("limit", [3_000, 10_000, 65_000])
def test_long_reports_are_cut_between_items(plan: Plan, change: Change, orphan: Finding, limit: int) -> None:
    changes = tuple(replace(change, address=f"disk/{number}") for number in range(2_000))
    findings = tuple(replace(orphan, address=f"disk/{number}") for number in range(2_000))
    long = replace(plan, changes=changes, findings=findings)
    results = tuple(Result(one.address, Kind.DISK, Action.ADD, Status.FAILED, "x" * 50) for one in changes)
    for text in (
        plan_markdown(long, limit=limit),
        drift_markdown(Drift(long), limit=limit),
        outcome_markdown(Outcome(results), long, limit=limit),
    ):
        assert len(text) <= limit
        assert " more, see the artefact\n" in text
        assert text.count("```") % 2 == 0
        assert text.count("<details>") == text.count("</details>")


def test_hostile_text_stays_text(change: Change, clean: Plan) -> None:
    evil = "</details> ``` @team <img src=x>\n# owned"
    hostile = replace(change, address=evil, reason=evil, fields=(FieldChange(evil, evil, evil),))
    text = plan_markdown(replace(clean, changes=(hostile,)))
    opening = text.index("````diff\n")
    closing = text.index("\n````\n", opening)
    assert "</details>" in text[opening:closing]
    assert text[closing:].count("</details>") == 1
    outcome = outcome_markdown(Outcome((Result("disk/x", Kind.DISK, None, Status.FAILED, evil),)), clean)
    assert "@team" not in outcome
    assert "<img" not in outcome
    assert "\n# owned" not in outcome


def test_drift_and_outcome_name_their_status(plan: Plan, clean: Plan) -> None:
    assert "## Drift of walkthrough: found" in drift_markdown(Drift(plan))
    assert "### changed-outside (1)" in drift_markdown(Drift(plan))
    assert "## Drift of walkthrough: none" in drift_markdown(Drift(clean))
    assert "## Apply of walkthrough: complete" in outcome_markdown(Outcome(()), clean)
    skipped = Result("disk/x", Kind.DISK, None, Status.SKIPPED, because="the vault failed")
    assert "skipped (because the vault failed)" in outcome_markdown(Outcome((skipped,)), plan)
