"""Telling cases, as the terminal shows them: the same bytes whatever order Python's hashes come in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = sorted(case.name for case in HERE.iterdir() if (case / "manifest.yaml").exists())


@pytest.fixture(scope="module", params=["0", "4711"])
def rendered(request: pytest.FixtureRequest) -> dict[str, str]:
    """Every case's plan, made by a Python with its own seed of hashes."""
    done = subprocess.run(
        [sys.executable, str(HERE / "render.py")],
        env=os.environ | {"PYTHONHASHSEED": request.param, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_plan_reads_like_this(rendered: dict[str, str], case: str) -> None:
    assert rendered[case] == (HERE / case / "plan.txt").read_text(encoding="utf-8")
