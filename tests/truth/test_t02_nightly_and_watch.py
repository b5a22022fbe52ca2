"""Backups that fail every night are told by whatever runs every night: `watch` and the samples of the pipelines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from arm import disk, estate
from installed import ESTATE, put_files, run
from manifests import manifest
from pipelines import REPOSITORY, SAMPLES, loaded

DISK = "*/disks/PSTestDisk"


def sandbox(folder: Path, verb: str, *arguments: str) -> None:
    done = run(folder, "sandbox", verb, ESTATE, *arguments)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def applied(tmp_path: Path) -> Path:
    """The walkthrough's disk, protected for two days, with backups that came."""
    put_files(tmp_path, manifest(), estate(disk("PSTestDisk")))
    assert run(tmp_path, "apply", "backup.yaml", "--sandbox", ESTATE, "--auto-approve").returncode == 0
    sandbox(tmp_path, "advance", "2d")
    return tmp_path


def watched(folder: Path) -> dict[str, Any]:
    """The one round of a watch."""
    done = run(folder, "watch", "backup.yaml", "--sandbox", ESTATE, "--times", "1", "--listen", "none")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (found,) = [line for line in lines if line["event"] == "round"]
    return dict(found)


def test_a_watch_of_backups_that_came_is_clean(applied: Path) -> None:
    assert (watched(applied)["result"], watched(applied)["status"]) == ("clean", {"ok": 1})


def test_a_watch_of_backups_that_fail_is_not(applied: Path) -> None:
    sandbox(applied, "fail", DISK, "--code", "UserErrorNotEnoughPermissionOnDisk", "--times", "9")
    sandbox(applied, "advance", "1d")
    assert run(applied, "drift", "backup.yaml", "--sandbox", ESTATE).returncode == 0
    found = watched(applied)
    assert (found["result"], found["status"]) == ("unhealthy", {"failing": 1})


def test_a_watch_of_backups_that_stopped_coming_is_not(applied: Path) -> None:
    sandbox(applied, "switch", "scheduled_backups=off")
    sandbox(applied, "advance", "1d")
    found = watched(applied)
    assert (found["result"], found["status"]) == ("unhealthy", {"late": 1})


def scripts(value: Any) -> str:
    """All text of a pipeline in which commands may stand."""
    if isinstance(value, dict):
        return "\n".join(map(scripts, value.values()))
    return "\n".join(map(scripts, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    ("file", "job"),
    [
        (SAMPLES / "github" / "backup-nightly.yml", "drift"),
        (SAMPLES / "azure-devops" / "backup-nightly.yml", "drift"),
        (SAMPLES / "gitlab" / ".gitlab-ci.yml", "drift"),
    ],
    ids=["github", "azure-devops", "gitlab"],
)
def test_every_nightly_sample_looks_at_status_in_the_job_of_the_issue(file: Path, job: str) -> None:
    document = loaded(file)
    jobs = document.get("jobs", document)
    found = jobs[job] if isinstance(jobs, dict) else next(one for one in jobs if one["job"] == job)
    text = scripts(found)
    assert "reconciler status" in text or "drift status" in text


def test_the_action_knows_status() -> None:
    assert "status" in loaded(REPOSITORY / "action.yml")["inputs"]["command"]["description"]
    assert "status | coverage" in (REPOSITORY / "actions" / "run.sh").read_text(encoding="utf-8")
