"""The GitHub samples and the composite action, run: pull request, merge, nightly."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pipelines import Done, GitHub, Machine

pytestmark = [pytest.mark.external, pytest.mark.usefixtures("tools")]
MERGE, HEAD = "c0ffee", "beef"
PULL = {"number": 12, "pull_request": {"number": 12, "head": {"sha": HEAD}}}
MARKER = "<!-- reconciler-action:comment:backup -->"


def bodies(machine: Machine, *parts: str) -> list[str]:
    """The body of each call with these texts."""
    found = [[one for one in call["arguments"] if one.startswith("body=")] for call in machine.sent(*parts)]
    return [one[0].removeprefix("body=") for one in found if one]


def planned(machine: Machine, **answers: Any) -> tuple[GitHub, Done]:
    """What the pull request's job did; by the way its marks are held to what a runner obeys."""
    machine.answers = [("issues/12/comments?", answers.get("comments", []))]
    runner = GitHub(machine, "pull_request", PULL)
    return runner, runner.job("backup-plan.yml", "plan")


def approving(checksum: str, *, by: str = "github-actions[bot]", context: str = "reconciler: backup") -> list[Any]:
    status = {"context": context, "state": "success", "creator": {"login": by}, "description": f"checksum {checksum}"}
    pull = {"merged_at": "2026-01-01", "merge_commit_sha": MERGE, "head": {"sha": HEAD}}
    return [(f"commits/{MERGE}/pulls", [pull]), (f"commits/{HEAD}/statuses", [status])]


def applied(machine: Machine) -> Done:
    return GitHub(machine, "push", {}, MERGE).job("backup-apply.yml", "apply")


def test_a_pull_request_gets_one_comment_and_a_recorded_checksum(machine: Callable[..., Machine]) -> None:
    one = machine()
    runner, done = planned(one)
    assert done.code == 0, done.text
    (body,) = bodies(one, "POST", "repos/example/infra/issues/12/comments")
    assert body.startswith(f"{MARKER}\n<!-- reconciler:plan:quickstart -->\n## Plan of quickstart: changes")
    assert "commit `beef` · [backup](https://github.com/example/infra/actions/runs/17)" in body
    assert "## Plan of quickstart: changes" in runner.summary
    assert runner.kept == {"reconciler-plan-backup": ["report.json", "report.md", "report.sarif", "report.xml"]}
    assert body.endswith("\n<sub>[All reports](https://github.com/example/infra/actions/runs/17/artifacts/1)</sub>\n")
    (status,) = one.sent("POST", f"repos/example/infra/statuses/{HEAD}")
    checksum = done.values["checksum"]
    assert {f"description=checksum {checksum}", "context=reconciler: backup"} <= set(status["arguments"])
    one.forget()
    ours = {"id": 99, "user": {"type": "Bot"}, "body": body}
    forged = {"id": 1, "user": {"type": "User"}, "body": body}
    _, done = planned(one, comments=[forged, ours])
    assert bodies(one, "PATCH", "issues/comments/99")
    assert not one.sent("POST", "issues/12/comments")


def test_a_manifest_that_is_wrong_is_told_in_the_comment_and_nothing_is_recorded(
    machine: Callable[..., Machine],
) -> None:
    one = machine()
    (one.checkout / "backup" / "backup.yaml").write_text("apiVersion: reconciler/v1\nnonsense: 1\n")
    _, done = planned(one)
    assert done.code == 1
    assert "::error file=backup/backup.yaml,line=2" in done.text
    (body,) = bodies(one, "POST", "issues/12/comments")
    assert "ended without a report" in body
    assert not one.sent("statuses")


def test_a_merge_applies_the_plan_that_was_approved(machine: Callable[..., Machine]) -> None:
    one = machine()
    _, done = planned(one)
    one.answers = approving(done.values["checksum"])
    done = applied(one)
    assert done.code == 0, done.text
    assert "Apply complete!" in done.text
    assert (one.checkout / "audit.jsonl").read_text()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (approving("0" * 64), "stale"),
        (approving("1; touch owned"), "no recorded plan"),
        (approving("0" * 64, by="mallory"), "no recorded plan"),
        (approving("0" * 64, context="reconciler: other"), "no recorded plan"),
        ([("pulls", [])], "nobody approved"),
        ([("pulls", [{"merged_at": "x", "merge_commit_sha": "other", "head": {"sha": HEAD}}])], "nobody approved"),
    ],
    ids=["moved", "no checksum", "not by the workflow", "other manifest", "no pull request", "other commit"],
)
def test_without_an_approved_plan_nothing_is_applied(
    machine: Callable[..., Machine], answers: list[Any], said: str
) -> None:
    one = machine()
    one.answers = answers
    done = applied(one)
    assert done.code == 1
    assert said in done.text.lower() or said in done.text
    assert not (one.checkout / "owned").exists()
    assert "Apply complete" not in done.text


def test_drift_keeps_one_issue(machine: Callable[..., Machine]) -> None:
    one = machine()
    one.answers = [("issues?", [])]
    runner = GitHub(one, "schedule", {})
    assert runner.job("backup-nightly.yml", "drift").code == 2
    (body,) = bodies(one, "POST", "repos/example/infra/issues")
    assert body.startswith("<!-- reconciler-action:issue:backup -->\n")
    assert "## Drift of quickstart: found" in body
    assert "## Status of quickstart" in body
    (checksum,) = re.findall(r"^reconciler apply backup --checksum ([0-9a-f]{64})", body, re.MULTILINE)
    link = "https://github.com/example/infra/actions/workflows/backup-apply.yml"
    assert f"run [backup-apply.yml]({link}) with the checksum `{checksum}`." in body
    assert {"drift.json", "status.json", "report.md"} <= set(runner.kept["reconciler-drift-status-backup"])
    one.forget()
    others = [{"number": 3, "body": None}, {"number": 4, "body": body, "pull_request": {}}]
    one.answers = [("issues?", [*others, {"number": 7, "body": body}])]
    assert runner.job("backup-nightly.yml", "drift").code == 2
    assert bodies(one, "PATCH", "repos/example/infra/issues/7")
    assert not one.sent("POST")
    one.answers = []
    _, done = planned(one)
    assert done.values["checksum"] == checksum, "what the issue names is what a plan approves"
    one.answers = approving(checksum)
    assert applied(one).code == 0
    one.forget()
    one.answers = [("issues?", [*others, {"number": 7, "body": body}])]
    assert runner.job("backup-nightly.yml", "drift").code == 0
    (closed,) = one.sent("PATCH", "state=closed")
    assert "repos/example/infra/issues/7" in closed["arguments"]


def test_a_night_adds_what_is_new_and_leaves_the_rest(machine: Callable[..., Machine]) -> None:
    one = machine()
    runner = GitHub(one, "schedule", {})
    done = runner.job("backup-nightly.yml", "additions")
    assert done.code == 0, done.text
    assert done.values["exit-code"] == "2"
    assert "::warning::Something is left for somebody to approve." in done.text
    assert "changes are left for somebody to approve" in done.text
    audit = one.checkout / "audit.jsonl"
    assert not audit.exists() or not audit.read_text()
    _, plan = planned(one)
    one.answers = approving(plan.values["checksum"])
    assert applied(one).code == 0
    assert GitHub(one, "schedule", {}).job("backup-nightly.yml", "additions").code == 0


def test_a_look_that_fails_is_no_clean_night(machine: Callable[..., Machine]) -> None:
    one = machine()
    one.answers = [("issues?", [])]
    (one.checkout / "backup" / "backup.yaml").write_text("nonsense: 1\n")
    assert GitHub(one, "schedule", {}).job("backup-nightly.yml", "drift").code == 1
    (body,) = bodies(one, "POST", "repos/example/infra/issues")
    assert "`drift` ended without a report" in body
    assert "`status` ended without a report" in body


def test_shards_are_approved_and_applied_one_by_one(machine: Callable[..., Machine]) -> None:
    one = machine()
    runner = GitHub(one, "pull_request", PULL)
    one.answers = [("issues/12/comments?", [])]
    done = runner.job("backup-shards.yml", "plan", {"shard": "1/4"})
    assert done.code == 0, done.text
    (status,) = one.sent("POST", "statuses")
    assert "context=reconciler: backup 1/4" in status["arguments"]
    assert list(runner.kept) == ["reconciler-plan-backup-1-4"], "shards of one run overwrite nothing of each other"
    one.answers = approving(done.values["checksum"], context="reconciler: backup 1/4")
    done = GitHub(one, "push", {}, MERGE).job("backup-shards.yml", "apply", {"shard": "1/4"})
    assert done.code == 0, done.text


# Limits and hostile text


def is_harmless(text: str) -> bool:
    """Whether a runner obeys nothing in it but the marks that the tool puts there."""
    own = re.compile(r"::(error|warning|notice) file=[\w./%-]+,line=\d+,col=\d+,title=[^:]*::")
    obeyed = [line for line in text.splitlines() if line.lstrip().startswith("::") and not own.match(line)]
    return not obeyed and "##vso[" not in text and "##[" not in text


def test_the_platform_teams_output_fits(machine: Callable[..., Machine]) -> None:
    one = machine("platform-team")
    runner, done = planned(one)
    assert done.code == 0, done.text[-3000:]
    (body,) = bodies(one, "POST", "issues/12/comments")
    assert len(body) <= 65_535
    assert "report.json" not in body, "nothing is left out"
    assert len(runner.summary.encode()) <= 1024 * 1024
    assert is_harmless(done.text)


def many_disks(one: Machine, estate: Path, count: int) -> None:
    from arm import disk
    from arm import estate as world
    from manifests import manifest, selecting
    from stage import as_yaml

    estate.write_text(as_yaml(world(*(disk(f"disk{number:04}", tags={"backup": "gold"}) for number in range(count)))))
    wide = {"mode": "manage", "scope": "resourceGroup"}
    said = manifest(disks=[selecting({"backup": "gold"})], roleAssignments=wide)
    (one.checkout / "backup" / "backup.yaml").write_text(as_yaml(said))


def test_two_thousand_changes_are_cut_at_a_boundary_and_counted(
    machine: Callable[..., Machine], tmp_path: Path
) -> None:
    one = machine()
    many_disks(one, tmp_path / "azure.estate.yaml", 2000)
    runner, done = planned(one)
    assert done.code == 0, done.text[-3000:]
    (body,) = bodies(one, "POST", "issues/12/comments")
    assert 60_000 < len(body) <= 65_535
    assert "2000 disks in " in body
    shown = len(re.findall(r"^\+ \S", body, re.MULTILINE))
    rest = r"^… and (\d+) more, see `report\.json` of \[backup\]\(https://github\.com/example/infra/actions/runs/17\)$"
    (left,) = re.findall(rest, body, re.MULTILINE)
    assert "report.json" in runner.kept["reconciler-plan-backup"]
    assert shown + int(left) == int(done.values["add"]) > 2000
    assert body.count("```") % 2 == 0
    assert len(runner.summary.encode()) <= 1024 * 1024


def test_an_issue_of_two_long_reports_still_fits(machine: Callable[..., Machine], tmp_path: Path) -> None:
    one = machine()
    many_disks(one, tmp_path / "azure.estate.yaml", 1000)
    one.answers = [("issues?", [])]
    runner = GitHub(one, "schedule", {})
    assert runner.job("backup-nightly.yml", "drift").code == 2
    (body,) = bodies(one, "POST", "repos/example/infra/issues")
    assert len(body) <= 65_535
    assert "## Drift of quickstart: found" in body
    assert "**The report of `status` is too long for this page**: see `status.md` of this run." in body
    assert "status.md" in runner.kept["reconciler-drift-status-backup"]


def test_a_hostile_estate_renders_harmlessly(machine: Callable[..., Machine]) -> None:
    one = machine()
    evil = "x ::error::y ##vso[task.complete]z </details><script>@team #12 ``` ](http://evil) ${{ secrets }} $(touch owned)"
    file = one.checkout / "backup" / "backup.yaml"
    text = file.read_text()
    assert "policies:" in text
    note = f'    tags: {{note: "{evil}\\n::error::injected\\n"}}\n'
    file.write_text(
        re.sub(
            r"^  - name: quickstart-?\w*\n|^  - name: .*\n",
            lambda found: found[0] + note,
            text,
            count=1,
            flags=re.MULTILINE,
        )
    )
    runner, done = planned(one)
    assert done.code == 0, done.text
    (body,) = bodies(one, "POST", "issues/12/comments")
    for shown in (body, runner.summary, done.text):
        assert is_harmless(shown)
        assert "touch owned" in shown, "it is shown"
    outside = re.sub(r"(`{3,})diff\n.*?\n\1\n", "", body, flags=re.DOTALL)
    assert "<script" not in outside
    assert not (one.checkout / "owned").exists()
    reports = next(one.temporary.glob("reports-*"))
    for report in ("report.md", "report.json", "report.sarif", "report.xml"):
        assert is_harmless((reports / report).read_text())
