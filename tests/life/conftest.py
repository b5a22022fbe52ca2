"""A copy of the project that a test adds something to, and runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installed import AZURE, environment
from reference import REPOSITORY

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
Done = subprocess.CompletedProcess[str]


class Project:
    """The copy, with the quickstart beside it in which its commands run; `touched` are the files that differ."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.estate = folder / "quickstart"
        self.touched: set[str] = set()
        for part in ("reconciler", "schemas", "samples"):
            shutil.copytree(REPOSITORY / part, folder / part, ignore=shutil.ignore_patterns("*.estate.state.json*"))
        shutil.copytree(folder / "samples" / "quickstart", self.estate)

    def add(self, files: Path) -> None:
        """Lay a folder of new files over the copy: none of them is there yet."""
        for file in sorted(path for path in files.rglob("*") if path.is_file() and path.suffix in {".py", ".json"}):
            name = file.relative_to(files).as_posix()
            assert not (self.folder / name).exists(), name
            shutil.copy(file, self.folder / name)
            self.touched.add(name)

    def insert(self, name: str, before: str, text: str, *, within: str = "") -> None:
        """Write `text` before the first line that begins with `before`, behind the text `within`."""
        whole = (self.folder / name).read_text(encoding="utf-8")
        start = whole.index(within)
        place = re.compile(rf"^{re.escape(before)}", re.MULTILINE).search(whole, start)
        assert place, f"{name} has no {before!r}"
        (self.folder / name).write_text(whole[: place.start()] + text + whole[place.start() :], encoding="utf-8")
        self.touched.add(name)

    def declare(self, before: str, after: str) -> None:
        """Write something else into the manifest."""
        path = self.estate / "backup.yaml"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run the copy's `reconciler` on the quickstart; what it printed, once it has ended with that code."""
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.estate,
            env=environment({"PYTHONPATH": str(self.folder)}),
            text=True,
            encoding="utf-8",
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def applied(self) -> None:
        """Plan, apply, and see that nothing is left to do."""
        assert "7 to add" in self.run("plan", ".", *AZURE, "--detailed-exitcode", code=2)
        self.run("apply", ".", *AZURE, "--auto-approve")
        assert "No changes." in self.run("plan", ".", *AZURE, "--detailed-exitcode")

    def exported(self) -> str:
        """The manifest that `export` makes of what was applied."""
        return self.run("export", SUBSCRIPTION, *AZURE)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy."""
    return Project(tmp_path)
