"""Opens trials, and holds each of them to the five invariants when its test is over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from arm import APPS, disk, estate, group
from trial import Trial

_HAS_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_HAS_FAILED] = item.stash.get(_HAS_FAILED, False) or report.failed
    return report


@pytest.fixture
def trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Trial]]:
    """Opens a trial of a manifest on an estate; at the end every trial must keep the five invariants."""
    opened: list[Trial] = []

    def open_one(estate: Mapping[str, Any], said: Mapping[str, Any], *flags: str) -> Trial:
        trial = Trial(tmp_path / f"trial-{len(opened) + 1}", estate, said, flags, monkeypatch)
        opened.append(trial)
        return trial

    try:
        yield open_one
        for trial in opened:
            if not request.node.stash.get(_HAS_FAILED, False):
                trial.settle()
    finally:
        for trial in opened:
            trial.__exit__()


@pytest.fixture
def quickstart(trials: Callable[..., Trial]) -> Trial:
    """The walkthrough's case: one disk in another subscription, and nothing of backup yet."""
    from manifests import manifest

    return trials(estate(group(APPS, "diskrg"), disk("PSTestDisk")), manifest())
