"""A restore of several disks dies at any call: the same command again brings all of them back, each restored once."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from arm import APPS, disk, disk_id, group
from faults import Asked, Fault, Killed, killed_after, killed_before, lost_after
from manifests import disk as entry
from manifests import manifest
from operating import RUN, back_up, planned, world
from replaying import Story, on_file, recovery_points
from stage import carried_out
from trial import Run, Trial

from reconciler.planning.recovering import Recovery, make
from reconciler.planning.restoring import Wish

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(7200 if LONG else 400)]
NAMES = ("a", "b", "c")
SAID = manifest(disks=[entry(name) for name in NAMES])
ASKED = Recovery(("a", "b", "c"), Wish(disk="", group="", run=RUN, resumes=True))


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Three disks with recovery points that are gone, and one that is not."""
    estate = world(*map(disk, (*NAMES, "bystander")), group(APPS, "diskrg"), switches={"propagation": "0"})
    del estate["restoreTargets"]
    with on_file(tmp_path / "before", estate, SAID, monkeypatch) as trial:
        assert trial.apply().code == 0
        trial.session.clock = trial.sandbox.time  # type: ignore[misc]
        back_up(trial, *NAMES)
        for name in NAMES:
            trial.sandbox.remove(disk_id(name))
        kept = tmp_path / "kept"
        kept.mkdir()
        return Story.told(kept, trial, monkeypatch)


def recover(trial: Trial) -> Run:
    """One run in a process of its own; Killed passes."""
    run = Run("restore", trial.folder)
    trial._current = run
    trial.weather.is_dead = False
    begun = len(trial.weather.calls)
    try:
        with trial._opened() as session:
            trial.session = session
            run.plan = planned(trial, trial.said, partial(make, asked=ASKED))
            run.outcome = carried_out(session, run.plan)
    finally:
        run.calls = trial.weather.calls[begun:]
    return run


def killed(trial: Trial, number: int, fault: Fault, *, writes: bool = False) -> bool:
    """Die at the request (or write) of that number, from 0; whether the run came so far."""
    injection = trial.inject("*", fault, skip=number, where=_write if writes else lambda _: True)
    with suppress(Killed):
        recover(trial)
    trial.clear()
    return bool(injection.hits)


def _write(asked: Asked) -> bool:
    return asked.is_write


def is_whole(trial: Trial, story: Story) -> None:
    """The next run ends it: every disk is there with our mark, restored once, and a third run writes nothing."""
    run = recover(trial)
    assert run.outcome is not None
    assert run.outcome.ok, run.outcome
    trial.sandbox.world.settle()
    for name in NAMES:
        assert trial.get(disk_id(name), version="2024-03-02")["tags"] == {"reconciler-restored": RUN}, name
    assert story.kept <= recovery_points(trial)
    again = recover(trial)
    assert again.outcome is not None
    assert (again.outcome.ok, again.writes) == (True, []), again.outcome
    begun = Counter(call.path for call in trial.weather.calls if call.kind == "POST restore" and call.status == 202)
    assert set(begun.values()) == {1}, "each is restored once"


def kill_points(run: Run) -> list[int]:
    """The number of every call; in the short run of polls that follow each other only the first."""
    asked = [(call.method, call.path) for call in run.calls]
    return [number for number, call in enumerate(asked) if LONG or not number or call != asked[number - 1]]


def clean_run(story: Story) -> Run:
    with story.world() as trial:
        run = recover(trial)
        assert run.outcome is not None
        assert run.outcome.ok, run.outcome
        return run


def test_f22_a_recovery_killed_at_every_call(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    clean = clean_run(story)
    points, writes = kill_points(clean), len(clean.writes)
    for number in points:
        with story.world() as trial:
            assert killed(trial, number, killed_before)
            is_whole(trial, story)
    for number in range(writes):
        with story.world() as trial:
            assert killed(trial, number, killed_after, writes=True)
            is_whole(trial, story)
    with capsys.disabled():
        print(f"\nrecovery: {len(points)} kill points and {writes} lost answers to writes, all ended")  # noqa: T201


def test_f22_the_answer_to_every_write_of_a_recovery_lost_and_nobody_killed(story: Story) -> None:
    for number in range(len(clean_run(story).writes)):
        with story.world() as trial:
            trial.inject("*", lost_after, skip=number, where=_write)
            is_whole(trial, story)


def test_f22_a_recovery_killed_twice_in_a_row(story: Story) -> None:
    for number in kill_points(clean_run(story))[:: 1 if LONG else 9]:
        with story.world() as trial:
            killed(trial, number, killed_after)
            killed(trial, number, killed_before)
            is_whole(trial, story)
