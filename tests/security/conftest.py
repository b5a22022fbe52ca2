"""What `docs/security.md` promises, and trials that hold it to that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "faults"))
sys.path.insert(0, str(Path(__file__).parent))

from arm import APPS, disk, estate, group  # noqa: E402
from manifests import manifest  # noqa: E402
from trial import Trial  # noqa: E402


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """The walkthrough's case before the real command line, with room for faults in between."""
    opened = Trial(tmp_path / "trial", estate(group(APPS, "diskrg"), disk("PSTestDisk")), manifest(), (), monkeypatch)
    try:
        yield opened
    finally:
        opened.__exit__()


@pytest.fixture
def reconciler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """The command line in this process: exit code, and everything that it said."""
    from reconciler.cli import main

    def run(*arguments: Any) -> tuple[int, str]:
        code = main.run([str(one) for one in arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run
