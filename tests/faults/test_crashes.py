"""The process dies at any moment, once or twice: the next run ends what was begun, with nothing made twice or lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, disk, estate, group
from faults import Fault, Killed, killed_after, killed_before, lost_after
from manifests import manifest
from replaying import Story, attempt, calls_of, converges, killed_at, on_file
from stories import LONGER, REMOVED, instance_of
from trial import Trial

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(7200 if LONG else 600)]


def backed_up(trial: Trial) -> None:
    """The disk is protected and has a recovery point."""
    assert trial.apply().code == 0
    backup = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
    trial.ask("POST", f"{instance_of(trial)['id']}/backup", backup)
    trial.wait(900)


def from_nothing(_: Trial) -> dict[str, Any]:
    return {}


def a_roll(trial: Trial) -> dict[str, Any]:
    backed_up(trial)
    trial.said = manifest(policies=[LONGER])
    return {}


def a_prune(trial: Trial) -> dict[str, Any]:
    backed_up(trial)
    trial.said = manifest(disks=None)
    return {"prune": True, "force": frozenset({"empty"})}


def an_undelete(trial: Trial) -> dict[str, Any]:
    backed_up(trial)
    run = trial.apply("--allow-delete", "1", said=manifest(disks=None, removed=REMOVED))
    assert run.code == 0, run.text
    trial.said = manifest(policies=[LONGER])
    return {}


STORIES: dict[str, Callable[[Trial], dict[str, Any]]] = {
    "quickstart": from_nothing,
    "policy roll": a_roll,
    "prune": a_prune,
    "undelete and resume": an_undelete,
}


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story told up to the run that is going to be killed."""
    return told(request.param, tmp_path, monkeypatch)


def told(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    with on_file(
        folder / "before", estate(group(APPS, "diskrg"), disk("PSTestDisk")), manifest(), monkeypatch
    ) as trial:
        options = STORIES[name](trial)
        kept = folder / "kept"
        kept.mkdir()
        return Story.told(kept, trial, monkeypatch, **options)


def survives(story: Story, number: int, fault: Fault, *, writes: bool = False) -> None:
    with story.world() as trial:
        assert killed_at(trial, number, fault, story.options, writes=writes)
        converges(trial, story)


def test_f22_killed_before_and_after_every_call(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    clean = calls_of(story)
    points = len(clean.calls)
    for number in range(points):
        survives(story, number, killed_before)
    with story.world() as trial:  # the world behind the last call: nothing is left to do
        assert not killed_at(trial, points, killed_before, story.options)
        converges(trial, story)
    for number in range(len(clean.writes)):
        survives(story, number, killed_after, writes=True)
    with capsys.disabled():
        name = next(name for name in STORIES if name in os.environ["PYTEST_CURRENT_TEST"])
        print(  # noqa: T201 - how many there were is part of what is asked for
            f"\n{name}: {points + 1} kill points and {len(clean.writes)} lost answers to writes,"
            f" {points + 1 + len(clean.writes)} converged"
        )


def test_f22_the_answer_to_every_write_lost_and_nobody_killed(story: Story) -> None:
    clean = calls_of(story)
    for number in range(len(clean.writes)):
        with story.world() as trial:
            trial.inject("*", lost_after, skip=number, where=lambda asked: asked.is_write)
            run = attempt(trial, **story.options)
            assert run.outcome is not None
            assert run.outcome.ok, run.outcome
            trial.clear()
            converges(trial, story)


def test_f23_killed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every pair of points in the long run; else every pair of a spread of points that shifts along the calls."""
    story = told("quickstart", tmp_path, monkeypatch)
    points = range(len(calls_of(story).calls))
    pairs = [(one, two) for one, two in combinations_with_replacement(points, 2)]
    chosen = pairs if LONG else pairs[::47]
    for one, two in chosen:
        with story.world() as trial:
            assert killed_at(trial, one, killed_after, story.options)
            killed_at(trial, two, killed_before, story.options)
            converges(trial, story)
    with capsys.disabled():
        print(f"\nkilled twice: {len(chosen)} of {len(pairs)} pairs of points, all converged")  # noqa: T201


class Deadly:
    """A step of writing a file that kills the process, before it is done or in its middle."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: str, match: str) -> None:
        self.hits = 0
        opened, replace = Path.open, Path.replace

        def half(path: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
            file = opened(path, mode, *more, **options)
            if match in path.name and mode == "x":
                file.write = partial(cut, file.write)  # type: ignore[method-assign]
            return file

        def cut(write: Callable[[str], int], text: str) -> int:
            self.hits += 1
            write(text[: len(text) // 2])
            raise Killed

        def never(path: Path, target: Path) -> Path:
            if match not in path.name:
                return replace(path, target)
            self.hits += 1
            raise Killed

        monkeypatch.setattr(Path, where, half if where == "open" else never)


@pytest.mark.parametrize("where", ["open", "replace"])
@pytest.mark.parametrize("form", ["json", "md"])
def test_f23_killed_while_the_report_is_written(
    quickstart: Trial, monkeypatch: pytest.MonkeyPatch, where: str, form: str
) -> None:
    report = quickstart.folder / f"result.{form}"
    report.write_text("the old one", encoding="utf-8")
    with monkeypatch.context() as patched:
        deadly = Deadly(patched, where, "result")
        run = quickstart.apply("--report", str(report))
    assert deadly.hits == 1
    assert run.code == 130
    assert report.read_text(encoding="utf-8") == "the old one", "whole or not at all"
    again = quickstart.apply("--report", str(report))
    assert (again.code, again.writes) == (0, [])
    assert report.read_text(encoding="utf-8") != "the old one"


@pytest.mark.parametrize("where", ["open", "replace"])
def test_f23_killed_while_the_plan_is_written(quickstart: Trial, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    plan = quickstart.folder / "plan.json"
    assert quickstart.plan("--out", str(plan)).code == 0
    before = plan.read_bytes()
    with monkeypatch.context() as patched:
        deadly = Deadly(patched, where, "plan.json")
        run = quickstart.plan("--out", str(plan), said=manifest(policies=[LONGER]))
    assert (deadly.hits, run.code, run.writes) == (1, 130, [])
    assert plan.read_bytes() == before
    assert json.loads(before)["changes"]


def test_f22_recovery_points_are_there_to_be_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stories are held to would mean nothing if there were none."""
    for name in ("policy roll", "prune", "undelete and resume"):
        folder = tmp_path / name
        folder.mkdir()
        assert told(name, folder, monkeypatch).kept
