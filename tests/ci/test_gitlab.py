"""The GitLab sample, run: merge request, merge, nightly."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pipelines import Done, GitLab, Machine

pytestmark = [pytest.mark.external, pytest.mark.usefixtures("tools")]
MERGED = "Merge branch 'a' into 'main'\n\nSome title\n\nSee merge request example/infra!12"
TOKEN = {"ISSUE_TOKEN": "t"}
STORED = "jobs/artifacts/refs%2Fmerge-requests%2F12%2Fhead/raw/checksum.txt?job=plan"


def applied(machine: Machine, message: str = MERGED) -> Done:
    return GitLab(machine, CI_COMMIT_MESSAGE=message).job("apply")


def test_a_merge_request_gets_widgets_and_its_plan_is_what_is_applied(machine: Callable[..., Machine]) -> None:
    one = machine()
    assert GitLab(one).job("validate").code == 0
    assert json.loads((one.checkout / "quality.json").read_text()) == []
    done = GitLab(one).job("plan")
    assert done.code == 0, done.text
    assert json.loads((one.checkout / "counts.json").read_text()) == {"create": 7, "update": 0, "delete": 0}
    assert GitLab(one).kept("plan") == ["plan.md", "plan.json", "checksum.txt"]
    assert "<testsuites" in (one.checkout / "plan.xml").read_text()
    assert "[job](https://gitlab.example.com/-/jobs/8)" in (one.checkout / "plan.md").read_text()
    checksum = (one.checkout / "checksum.txt").read_text()
    one.answers = [(STORED, checksum)]
    done = applied(one)
    assert done.code == 0, done.text
    assert "Apply complete!" in done.text
    assert GitLab(one).kept("apply") == ["apply.md", "apply.json", "audit.jsonl"]


@pytest.mark.parametrize(
    ("stored", "message", "said"),
    [
        ("0" * 64, MERGED, "stale"),
        ("0; touch owned", MERGED, "no recorded plan"),
        (None, MERGED, ""),
        ("0" * 64, "A direct push", "nobody approved"),
    ],
    ids=["moved", "no checksum", "no artefact", "no merge request"],
)
def test_without_an_approved_plan_nothing_is_applied(
    machine: Callable[..., Machine], stored: str | None, message: str, said: str
) -> None:
    one = machine()
    one.answers = [(STORED, stored)]
    done = applied(one, message)
    assert done.code != 0
    assert said in done.text.lower()
    assert "Apply complete" not in done.text
    assert not (one.checkout / "owned").exists()


def test_a_night_adds_what_is_new_and_leaves_the_rest(machine: Callable[..., Machine]) -> None:
    done = GitLab(machine()).job("additions")
    assert done.code == 2, done.text
    assert "changes are left for somebody to approve" in done.text


def test_drift_keeps_one_issue_where_a_token_lets_it(machine: Callable[..., Machine]) -> None:
    one = machine()
    assert GitLab(one).job("drift").code == 2
    assert GitLab(one).kept("drift") == ["report.md", "drift.json", "status.json"]
    assert not one.calls, "without a token the failed pipeline is the message"
    for found, expected in (([], "--request POST"), ([{"iid": 4}, {"iid": 5}], "--request PUT")):
        one.forget()
        one.answers = [("issues?", found)]
        assert GitLab(one, **TOKEN).job("drift").code == 2
        (call,) = one.sent(expected)
        assert "## Drift of quickstart: found" in " ".join(call["arguments"])
    assert "/issues/4" in " ".join(call["arguments"])
