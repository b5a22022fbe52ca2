"""Copies of the project's samples."""

from __future__ import annotations

import shutil
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"


def copied(sample: str, to: Path) -> Path:
    """A copy of a sample, without what a sandbox has kept beside it: the README's first block leaves its state there."""
    left = shutil.ignore_patterns("*.state.json", "*.lock", "*.state.json.*")
    return Path(shutil.copytree(SAMPLES / sample, to, ignore=left, dirs_exist_ok=True))
