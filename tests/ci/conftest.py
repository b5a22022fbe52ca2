from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from externals import program
from pipelines import REPOSITORY, Machine


@pytest.fixture
def tools() -> None:
    """Skips where the programs of the shell steps aren't there."""
    program("bash")
    program("jq")


@pytest.fixture
def machine(tmp_path: Path) -> Callable[[str], Machine]:
    """A machine whose checkout has a sample as its folder `backup`."""

    def made(sample: str = "quickstart") -> Machine:
        source = REPOSITORY / "samples" / sample
        estate = tmp_path / "azure.estate.yaml"
        shutil.copy(source / "azure.estate.yaml", estate)
        one = Machine(tmp_path / "machine", estate)
        ignored = shutil.ignore_patterns("*.estate*", "*.lock")
        shutil.copytree(source, one.checkout / "backup", ignore=ignored)
        return one

    return made
