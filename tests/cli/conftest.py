from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import warm

import reconciler
from reconciler.cli.output import Output

Run = Callable[..., subprocess.CompletedProcess[str]]
HIDDEN = ("RECONCILER_", "AZURE_", "NO_COLOR", "PYTEST_", "GITHUB_", "TF_BUILD")


@pytest.fixture
def command(tmp_path: Path) -> Run:
    """The installed command as a subprocess, in an empty folder."""

    def run(*arguments: str, stdin: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        environment["PYTHONPATH"] = str(Path(reconciler.__file__).parents[1])
        environment |= options.pop("environment", {})
        folder = options.pop("cwd", tmp_path)
        if not stdin and warm.fits(environment, options):
            return warm.run(folder, arguments, environment)
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            input=stdin,
            text=True,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            timeout=300,
            check=False,
            cwd=folder,
            env=environment,
            **options,
        )

    return run


@pytest.fixture
def output() -> Output:
    return Output()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that commands run in, with the quickstart's files."""
    for name in ("backup.yaml", "azure.estate.yaml"):
        shutil.copy(Path(__file__).parents[2] / "samples" / "quickstart" / name, tmp_path)
    return tmp_path
