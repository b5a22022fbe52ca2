"""Every sample validates without a warning, applies on the sandbox, and rests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stage import Stage, codes, failures

from reconciler.loading.files import load
from reconciler.sandbox.estate.reader import plain, read
from samples import copied


@pytest.fixture(params=["quickstart", "platform-team"])
def sample(request: pytest.FixtureRequest, samples: Path, tmp_path: Path) -> Path:
    return copied(request.param, tmp_path / request.param)


def estate_of(folder: Path) -> Any:
    """The estate of a sample, as data."""
    return plain(read(folder / "azure.estate.yaml")[1])


def test_it_validates_without_warnings(sample: Path) -> None:
    assert load(sample).warnings == ()


def test_it_applies_and_rests(sample: Path, on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate_of(sample))
    outcome = stage.apply(sample)
    assert outcome.ok, failures(outcome)
    plan = stage.plan(sample)
    assert (plan.changes, plan.errors, plan.closed_gates) == ((), (), ())
    assert stage.drift(sample).exit_code == 0
    stage.forget()
    assert stage.apply(sample).ok
    assert stage.writes() == []


def test_the_platform_teams_size(samples: Path, on_stage: Callable[..., Stage], tmp_path: Path) -> None:
    folder = copied("platform-team", tmp_path / "copy")
    manifest, stage = load(folder), on_stage(estate_of(folder))
    assert len(manifest.sources) > 3
    assert (len(manifest.vaults), len(manifest.policies), len(manifest.subscriptions)) == (3, 4, 3)
    assert len(stage.sandbox.ids("*/microsoft.compute/disks/*")) == 60
    plan = stage.plan(folder)
    assert {"ignored"} <= set(codes(plan))
    counted = Counter((str(change.kind), str(change.action)) for change in plan.changes)
    assert counted["disk", "add"] == 48
    assert counted["disk", "change"] == 1, "the removed one is stopped"
    used = {address.split("/")[2] for address in (c.address for c in plan.changes) if address.startswith("policy/")}
    assert used == {"gold", "silver", "bronze", "after-hours"}
