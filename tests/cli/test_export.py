"""`reconciler export` as it is installed: from the quickstart's estate to a file that plans empty."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from arm import PLATFORM
from installed import AZURE, ESTATE, run


@pytest.fixture
def folder(samples: Path, tmp_path: Path) -> Path:
    for name in ("backup.yaml", ESTATE):
        shutil.copy(samples / "quickstart" / name, tmp_path / name)
    assert run(tmp_path, "apply", "backup.yaml", *AZURE, "--auto-approve").returncode == 0
    return tmp_path


def test_as_the_readme_says(folder: Path) -> None:
    done = run(folder, "export", f"/subscriptions/{PLATFORM}", "--by", "tag", "backup", *AZURE)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "exported.yaml").write_text(done.stdout, encoding="utf-8")
    assert run(folder, "validate", "exported.yaml").returncode == 0
    planned = run(folder, "plan", "exported.yaml", *AZURE, "--detailed-exitcode")
    assert (planned.returncode, planned.stdout.splitlines()[0]) == (0, "No changes. Azure matches the manifest.")
    told = run(folder, "export", PLATFORM, "--format", "json", *AZURE)
    assert json.loads(told.stdout)["disk_count"] == 1


@pytest.mark.parametrize("wrong", [["nowhere"], [], ["--by", "name", "x", PLATFORM]])
def test_usage(folder: Path, wrong: list[str]) -> None:
    done = run(folder, "export", *wrong, *AZURE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[usage]" in done.stderr or "Usage" in done.stderr
