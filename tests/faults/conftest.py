"""Opens trials, and holds each of them to the five invariants when its test is over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from arm import APPS, disk, estate, group  # noqa: E402
from trial import Trial  # noqa: E402


@pytest.fixture
def trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Trial]]:
    """Opens a trial of a manifest on an estate; at the end every trial must keep the five invariants."""
    opened: list[Trial] = []

    def open_one(estate: Mapping[str, Any], said: Mapping[str, Any], *flags: str) -> Trial:
        trial = Trial(tmp_path / f"trial-{len(opened) + 1}", estate, said, flags, monkeypatch)
        opened.append(trial)
        return trial

    try:
        yield open_one
        for trial in opened:
            trial.settle()
    finally:
        for trial in opened:
            trial.__exit__()


@pytest.fixture
def quickstart(trials: Callable[..., Trial]) -> Trial:
    """The walkthrough's case: one disk in another subscription, and nothing of backup yet."""
    from manifests import manifest

    return trials(estate(group(APPS, "diskrg"), disk("PSTestDisk")), manifest())
