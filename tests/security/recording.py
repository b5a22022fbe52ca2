"""A pytest plugin that writes down which permissions each shipped role was asked for, in all stories of a run."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
from stage import Stage

_ASKED: defaultdict[str, set[str]] = defaultdict(set)


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    close = Stage.__exit__

    def closed(stage: Stage, *raised: object) -> None:
        world = stage.sandbox.world
        names = {row["objectId"]: row["name"] for row in world.callers}
        for caller, action in world.asked:
            if caller in names:
                _ASKED[names[caller]].add(action)
        close(stage, *raised)

    monkeypatch.setattr(Stage, "__exit__", closed)


def pytest_sessionfinish() -> None:
    """Write it to the file that the environment names."""
    asked = {name: sorted(actions) for name, actions in _ASKED.items()}
    Path(os.environ["ASKED_RIGHTS"]).write_text(json.dumps(asked), encoding="utf-8")
