"""The Azure DevOps samples, run: pull request, merge, nightly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pipelines import AzurePipelines, Done, Machine

pytestmark = [pytest.mark.external, pytest.mark.usefixtures("tools")]
MARKER = "<!-- reconciler-pipeline:comment -->"
COMMENT_LIMIT = 150_000


def planned(machine: Machine, threads: list[Any] | None = None) -> Done:
    machine.answers = [("/threads?", {"value": threads or []})]
    agent = AzurePipelines(machine, SYSTEM_PULLREQUEST_PULLREQUESTID="12")
    done = agent.job("backup-plan.yml", "plan")
    assert done.code or {"plan.json", "plan.md"} <= set(agent.kept["backup-plan-1"])
    return done


def approving(description: str, **more: Any) -> list[Any]:
    status = {"id": 2, "context": {"genre": "reconciler", "name": "plan"}, "state": "succeeded", **more}
    older = {**status, "id": 1, "description": "checksum " + "1" * 64}
    return [
        ("pullrequestquery", {"results": [{"c0ffee": [{"pullRequestId": 12}]}]}),
        ("pullRequests/12/statuses", {"value": [{**status, "description": description}, older]}),
    ]


def applied(machine: Machine) -> Done:
    agent = AzurePipelines(machine)
    done = agent.job("backup-apply.yml", "apply")
    assert done.code or {"apply.json", "apply.md", "audit.jsonl"} <= set(agent.kept["backup-apply-1"])
    return done


def test_a_pull_request_gets_one_comment_and_a_recorded_checksum(machine: Callable[..., Machine]) -> None:
    one = machine()
    done = planned(one)
    assert done.code == 0, done.text
    (thread,) = one.sent("-X POST", "pullRequests/12/threads")
    (comment,) = json.loads(thread["body"])["comments"]
    assert comment["content"].startswith(
        f"{MARKER}\n<!-- reconciler:plan:quickstart -->\n## Plan of quickstart: changes"
    )
    assert len(comment["content"]) <= COMMENT_LIMIT
    (status,) = one.sent("-X POST", "pullRequests/12/statuses")
    checksum = done.values["checksum"]
    assert json.loads(status["body"])["description"] == f"checksum {checksum}"
    one.forget()
    planned(one, [{"id": 8, "comments": [{"content": comment["content"]}]}, {"id": 9, "comments": []}])
    assert one.sent("-X PATCH", "pullRequests/12/threads/8/comments/1")
    assert not one.sent("-X POST", "/threads")
    one.answers = approving(f"checksum {checksum}")
    done = applied(one)
    assert done.code == 0, done.text
    assert "Apply complete!" in done.text


def test_a_wrong_manifest_is_marked_and_nothing_is_recorded(machine: Callable[..., Machine]) -> None:
    one = machine()
    (one.checkout / "backup" / "backup.yaml").write_text("apiVersion: reconciler/v1\nnonsense: 1\n")
    done = planned(one)
    assert done.code == 1
    assert "##vso[task.logissue type=error;sourcepath=backup/backup.yaml;linenumber=2;columnnumber=1;code=" in done.text
    (thread,) = one.sent("-X POST", "/threads")
    assert "ended without a plan" in thread["body"]
    assert not one.sent("-X POST", "/statuses")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (approving("checksum " + "0" * 64), "stale"),
        (approving("checksum 0; touch owned"), "no recorded plan"),
        (approving("checksum " + "0" * 64, state="failed"), "no recorded plan"),
        ([("pullrequestquery", {"results": [{}]})], "nobody approved"),
    ],
    ids=["moved", "no checksum", "not succeeded", "no pull request"],
)
def test_without_an_approved_plan_nothing_is_applied(
    machine: Callable[..., Machine], answers: list[Any], said: str
) -> None:
    one = machine()
    one.answers = answers
    done = applied(one)
    assert done.code == 1
    assert said in done.text.lower()
    assert "Apply complete" not in done.text
    assert not (one.checkout / "owned").exists()


def test_a_night_adds_what_is_new_and_leaves_the_rest(machine: Callable[..., Machine]) -> None:
    done = AzurePipelines(machine()).job("backup-nightly.yml", "additions")
    assert done.code == 0, done.text
    assert "##vso[task.logissue type=warning]" in done.text


def test_drift_keeps_one_work_item(machine: Callable[..., Machine]) -> None:
    one = machine()
    one.answers = [("wiql", {"workItems": []})]
    agent = AzurePipelines(one)
    done = agent.job("backup-nightly.yml", "drift")
    assert done.code == 2, done.text
    assert {"drift.json", "status.json"} <= set(agent.kept["backup-drift-1"])
    (query,) = one.sent("wiql")
    assert "[System.Tags] CONTAINS 'backup-drift' AND [System.State] <> 'Done'" in json.loads(query["body"])["query"]
    (made,) = one.sent("-X POST", "workitems/$Issue")
    fields = {row["path"]: row["value"] for row in json.loads(made["body"])}
    assert fields["/fields/System.Title"] == "Backup drift"
    assert not re.search(r"<(?!/?pre>)", fields["/fields/System.Description"])
    one.forget()
    one.answers = [("wiql", {"workItems": [{"id": 5}, {"id": 6}]})]
    AzurePipelines(one).job("backup-nightly.yml", "drift")
    assert one.sent("-X PATCH", "workitems/5")
    assert not one.sent("-X POST", "workitems/$Issue")


def test_a_clean_night_closes_the_work_item(machine: Callable[..., Machine]) -> None:
    one = machine()
    one.answers = approving(f"checksum {planned(one).values['checksum']}")
    assert applied(one).code == 0
    one.forget()
    one.answers = [("wiql", {"workItems": [{"id": 5}]})]
    assert AzurePipelines(one).job("backup-nightly.yml", "drift").code == 0
    (closed,) = one.sent("-X PATCH", "workitems/5")
    assert json.loads(closed["body"])[0] == {"op": "add", "path": "/fields/System.State", "value": "Done"}
