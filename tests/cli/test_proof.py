"""`reconciler export`, `coverage` and `status` as they are installed, on the quickstart's estate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from arm import PLATFORM, disk_id
from installed import AZURE, ESTATE, run


@pytest.fixture(scope="module")
def folder(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("quickstart")
    for name in ("backup.yaml", ESTATE):
        shutil.copy(samples / "quickstart" / name, tmp_path / name)
    assert run(tmp_path, "apply", "backup.yaml", *AZURE, "--auto-approve").returncode == 0
    return tmp_path


def test_as_the_readme_says(folder: Path) -> None:
    done = run(folder, "export", f"/subscriptions/{PLATFORM}", "--by", "tag", "backup", *AZURE)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "exported.yaml").write_text(done.stdout, encoding="utf-8")
    planned = run(folder, "plan", "exported.yaml", *AZURE, "--detailed-exitcode")
    assert planned.returncode == 0
    assert planned.stdout.splitlines()[-2] == "Plan: 0 to add, 1 to change, 0 to destroy.", (
        "the mark of what was applied"
    )
    told = run(folder, "export", PLATFORM, "--format", "json", *AZURE)
    assert json.loads(told.stdout)["disk_count"] == 1


@pytest.mark.parametrize("wrong", [["export", "nowhere"], ["coverage", "backup.yaml", "--fail-on", "nothing"]])
def test_usage(folder: Path, wrong: list[str]) -> None:
    done = run(folder, *wrong, *AZURE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[usage]" in done.stderr or "Usage" in done.stderr


def test_coverage_fails_on_what_it_is_told_to(folder: Path) -> None:
    told = run(folder, "coverage", "backup.yaml", "--format", "json", "--fail-on", "uncovered", *AZURE)
    assert (told.returncode, json.loads(told.stdout)["summary"]["uncovered"]) == (0, 0)
    assert run(folder, "status", "backup.yaml", *AZURE).returncode == 0
    disk = disk_id("new")
    put = run(folder, "sandbox", "put", ESTATE, disk, '{"location": "westus", "properties": {}}')
    assert put.returncode == 0, put.stderr
    done = run(folder, "coverage", "backup.yaml", "--fail-on", "uncovered", *AZURE)
    assert done.returncode == 2
    assert done.stdout.endswith("Coverage: 1 of 2 disks covered, 0 excluded, 1 uncovered.\n")
